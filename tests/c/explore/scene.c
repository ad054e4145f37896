#include "scene.h"

#include <string.h>

#include "core/range.h"
#include "core/region.h"
#include "core/slots.h"
#include "core/state.h"
#include "core/tree.h"
#include "owner/control.h"
#include "owner/reap.h"
#include "owner/recover.h"
#include "sched/worker.h"

static _Alignas(CACHE_LINE) unsigned char region[256 * 1024];
filch_runtime *scene;
scene_task scene_tasks[SCENE_TASKS];
int scene_posted, scene_settled;
bool scene_buried;

void scene_begin(const filch_kernel *const *kernels, uint32_t count, uint32_t workers, uint32_t slots)
{
    filch_options options = {workers, slots, 0};
    EXPLORE_CHECK(region_bytes(&options) <= sizeof region);
    scene = region_init(region, &options, kernels, count);
    memset(scene_tasks, 0, sizeof scene_tasks);
    for (int i = 0; i < SCENE_TASKS; i++) scene_tasks[i].status = SCENE_PENDING;
    scene_posted = scene_settled = 0;
    scene_buried = false;
    explore_clock_step = 0;
}

bool scene_try(const filch_submission *posting)
{
    filch_status why;
    uint64_t handle = submit_task(scene, posting, &why);
    if (!handle) EXPLORE_CHECK(why == FILCH_POOL_FULL);
    if (handle) scene_tasks[scene_posted++].handle = handle;
    return handle != 0;
}

static void reap_all(void)
{
    for (uint64_t handle; (handle = reap_next(scene)) != 0;) {
        int task = 0;
        while (task < scene_posted && scene_tasks[task].handle != handle) task++;
        EXPLORE_CHECK(task < scene_posted);
        EXPLORE_CHECK(scene_tasks[task].status == SCENE_PENDING);
        filch_slot *slot = state_find(scene, handle);
        EXPLORE_CHECK(slot != 0);
        scene_tasks[task].status = atom32_load(&slot->status) & 0xffff;
        scene_tasks[task].done = atom64_load(&slot->done);
        memcpy(scene_tasks[task].args, slot->args, sizeof slot->args);
        for (uint32_t row = 0; row <= scene->worker_count; row++) {
            EXPLORE_CHECK(!range_length(range_unpack(atom64_load(range_at(scene, row, handle_slot(handle))))));
        }
        EXPLORE_CHECK(reap_release(scene, handle) == FILCH_OK);
        scene_settled++;
    }
}

void scene_settle(int count)
{
    for (;;) {
        reap_all();
        if (scene_settled >= count) return;
        if (reap_try_arm(scene)) futex_wait(&scene->doorbell, 1);
    }
}

void scene_post(const filch_submission *posting)
{
    while (!scene_try(posting)) {
        reap_all();
        if (scene_try(posting)) return;
        if (reap_try_arm(scene)) futex_wait(&scene->doorbell, 1);
    }
}

static bool rung_or_died(void) { return scene->doorbell.word == 0 || explore_died() >= 0; }

static bool buried_or_over(void) { return scene_buried || scene->is_stopped.word; }

void scene_replace(void)
{
    int died = explore_await_death();
    if (died < 0) return;
    explore_await(buried_or_over);
    if (scene_buried) scene_work(died);
}

void scene_settle_and_bury(void)
{
    for (;;) {
        reap_all();
        if (scene_settled == scene_posted) return;
        if (!reap_try_arm(scene)) continue;
        if (!scene_buried) explore_await(rung_or_died);
        if (!scene_buried && explore_died() > 0) {
            recover_worker(scene, (uint32_t)explore_died() - 1);
            scene_buried = true;
        }
        if (scene_buried) futex_wait(&scene->doorbell, 1); /* as the host: it looks only when the bell rings */
    }
}

void scene_work(int thread)
{
    worker_adopt(scene, (uint32_t)thread - 1);
    worker_run(scene, (uint32_t)thread - 1);
}

void scene_end(void)
{
    EXPLORE_CHECK(scene_settled == scene_posted);
    control_stop(scene);
}

void scene_check(void)
{
    EXPLORE_CHECK(scene_settled == scene_posted);
    uint32_t free = 0;
    for (uint32_t link = (uint16_t)scene->free_slots.word; link && free <= scene->slot_count; free++) link = scene->links[link - 1].word;
    EXPLORE_CHECK(free == scene->slot_count && free == slots_free_count(scene));
    for (uint32_t i = 0; i < scene->slot_count; i++) EXPLORE_CHECK(!(scene->slots[i].state.word & STATE_IN_USE));
}
