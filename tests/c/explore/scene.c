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
int scene_posted, scene_completed;
bool scene_recovered;
static int recovered;           /* deaths */
static int replacing, replaced; /* the thread in scene_replace(), and the one in whose place */

void scene_begin(const filch_kernel *const *kernels, uint32_t count, uint32_t workers,
                 uint32_t slots)
{
    filch_options options = {.workers = workers, .slots = slots};
    scene_begin_waits(kernels, count, &options);
}

void scene_begin_waits(const filch_kernel *const *kernels, uint32_t count,
                       const filch_options *options)
{
    EXPLORE_CHECK(region_bytes(options) <= sizeof region);
    scene = region_init(region, options, kernels, count);
    atom32_init(&scene->tells_time, options->events != 0);
    memset(scene_tasks, 0, sizeof scene_tasks);
    for (int i = 0; i < SCENE_TASKS; i++) scene_tasks[i].status = SCENE_PENDING;
    scene_posted = scene_completed = 0;
    scene_recovered = false;
    recovered = replacing = replaced = 0;
    explore_clock_step = 0;
}

bool scene_try_post(const filch_submission *submission)
{
    filch_status why;
    uint64_t handle = submit_task(scene, submission, &why);
    if (!handle) EXPLORE_CHECK(why == FILCH_POOL_FULL);
    if (handle) scene_tasks[scene_posted++].handle = handle;
    return handle != 0;
}

void scene_try_reap(void)
{
    for (uint64_t handle; (handle = reap_next(scene)) != 0;) {
        int task = 0;
        while (task < scene_posted && scene_tasks[task].handle != handle) task++;
        EXPLORE_CHECK(task < scene_posted);
        EXPLORE_CHECK(scene_tasks[task].status == SCENE_PENDING);
        filch_slot *slot = state_find(scene, handle);
        EXPLORE_CHECK(slot != 0);
        uint32_t status = atom32_load(&slot->status) & 0xffff;
        scene_tasks[task].done = atom64_load(&slot->done);
        explore_touch(); /* fork functions may read the status */
        scene_tasks[task].status = status;
        memcpy(scene_tasks[task].args, slot->args, sizeof slot->args);
        for (uint32_t holder = 0; holder <= plan_worker_count(scene); holder++) {
            EXPLORE_CHECK(!range_length(
                range_unpack(atom64_load(range_at(scene, holder, handle_slot(handle))))));
        }
        EXPLORE_CHECK(reap_release(scene, handle) == FILCH_OK);
        scene_completed++;
    }
}

void scene_reap(int count)
{
    for (;;) {
        scene_try_reap();
        if (scene_completed >= count) return;
        if (reap_try_arm(scene)) futex_wait(&scene->doorbell, 1);
    }
}

void scene_post(const filch_submission *submission)
{
    while (!scene_try_post(submission)) {
        scene_try_reap();
        if (scene_try_post(submission)) return;
        if (reap_try_arm(scene)) futex_wait(&scene->doorbell, 1);
    }
}

static bool is_notified_or_died(void)
{
    return scene->doorbell.word == 0 || explore_death(recovered) >= 0;
}

static bool is_recovered_or_over(void) { return scene_recovered || scene->is_stopped.word; }

void scene_replace(void)
{
    int died = explore_await_death();
    if (died < 0) return;
    replacing = explore_self();
    replaced = died;
    explore_await(is_recovered_or_over);
    if (scene_recovered) scene_work(died);
}

void scene_reap_and_recover(void)
{
    for (;;) {
        scene_try_reap();
        if (scene_completed == scene_posted) return;
        if (!reap_try_arm(scene)) continue;
        if (scene_recovered && !recovered) recovered = 1; /* the scenario has done so itself */
        bool more = explore_may_die() || explore_death(recovered) >= 0;
        if (more || !scene_recovered) explore_await(is_notified_or_died);
        int died = explore_death(recovered);
        if (died > 0) {
            uint32_t worker = (uint32_t)(died == replacing ? replaced : died) - 1;
            /* otherwise a thread that was to replace a worker, and has not begun */
            if (worker < plan_worker_count(scene)) recover_worker(scene, worker);
            recovered++;
            scene_recovered = true;
        }
        more = explore_may_die() || explore_death(recovered) >= 0;
        /* As the host, which looks when it is notified. */
        if (scene_recovered && !more) futex_wait(&scene->doorbell, 1);
    }
}

void scene_work(int thread)
{
    worker_adopt(scene, (uint32_t)thread - 1);
    worker_run(scene, (uint32_t)thread - 1);
}

bool scene_has_worked(int thread)
{
    if (thread) scene_work(thread);
    return thread != 0;
}

void scene_end(void)
{
    EXPLORE_CHECK(scene_completed == scene_posted);
    control_stop(scene);
}

uint32_t scene_free_slots(void)
{
    uint32_t free = 0, link = (uint16_t)scene->free_slots.word;
    for (; link && free <= plan_slot_count(scene); free++) link = plan_links(scene)[link - 1].word;
    return free;
}

void scene_check(void)
{
    uint32_t free = scene_free_slots();
    EXPLORE_CHECK(scene_completed == scene_posted);
    EXPLORE_CHECK(free == plan_slot_count(scene) && free == slots_free_count(scene));
    for (uint32_t i = 0; i < plan_slot_count(scene); i++)
        EXPLORE_CHECK(!(plan_slots(scene)[i].state.word & STATE_IN_USE));
}
