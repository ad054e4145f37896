/* The way back: workers list settled tasks and ring, the owner arms the bell, waits, and reaps. Each completion comes once, each
 * worker's in order, and nobody waits for a ring that was lost: the explorer calls that a deadlock. */
#include <string.h>

#include "cases.h"
#include "core/region.h"
#include "core/state.h"
#include "owner/control.h"
#include "owner/reap.h"
#include "owner/recover.h"
#include "owner/submit.h"
#include "sched/completions.h"
#include "sched/settle.h"
#include "sched/steal.h"
#include "sched/worker.h"

enum { WORKERS = 2, EACH = 2, SLOTS = WORKERS * EACH };

static _Alignas(CACHE_LINE) unsigned char region[32 * 1024];
static filch_runtime *rt;
static int listed[WORKERS], reaped[WORKERS]; /* of each worker's completions */

static int32_t nothing(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    return FILCH_OK;
}
static const filch_kernel kernel = {"nothing", nothing, 0, 0, 0, FILCH_PARALLEL};
static const filch_kernel *const kernels[] = {&kernel};

static void setup_with(uint32_t slots)
{
    filch_options options = {WORKERS, slots, 0};
    EXPLORE_CHECK(region_bytes(&options) <= sizeof region);
    rt = region_init(region, &options, kernels, 1);
    memset(listed, 0, sizeof listed);
    memset(reaped, 0, sizeof reaped);
}
static void setup(void) { setup_with(SLOTS); }

/* Worker w settles slots EACH * w, EACH * w + 1 ... */
static void list(int w)
{
    for (int i = 0; i < EACH; i++) {
        completions_add(rt, (uint32_t)(EACH * w + i));
        listed[w]++;
        completions_try_notify(rt);
    }
}

static void reap_all(void)
{
    for (uint32_t slot; (slot = completions_take(rt)) != SLOT_NONE;) {
        int w = (int)slot / EACH;
        EXPLORE_CHECK((int)slot % EACH == reaped[w]);
        reaped[w]++;
        if (explore_variant) completions_collect(rt); /* behind what is not reaped yet */
    }
}

static void doorbell(int thread)
{
    if (thread) { list(thread - 1); return; }
    for (;;) {
        reap_all();
        if (reaped[0] + reaped[1] == SLOTS) return;
        if (completions_try_arm(rt)) futex_wait(&rt->doorbell, 1);
    }
}

static void check_all_reaped(void)
{
    reap_all();
    EXPLORE_CHECK(reaped[0] == EACH && reaped[1] == EACH);
}

/* A worker dies at any step: what it had listed comes, what it was listing comes or not. The owner looks again after a death. */
static bool rung(void) { return rt->doorbell.word == 0; }
static bool rung_or_died(void) { return rung() || explore_died() >= 0; }

static void death(int thread)
{
    if (thread) { list(thread - 1); return; }
    for (;;) {
        bool died = explore_died() >= 0;
        reap_all();
        if (reaped[0] + reaped[1] == SLOTS || (died && reaped[explore_died() == 1] == EACH)) return;
        if (completions_try_arm(rt)) explore_await(died ? rung : rung_or_died);
    }
}

static void check_death(void)
{
    reap_all();
    for (int w = 0; w < WORKERS; w++) {
        if (explore_died() == w + 1) EXPLORE_CHECK(reaped[w] == listed[w] || reaped[w] == listed[w] + 1);
        else EXPLORE_CHECK(reaped[w] == EACH);
    }
}

/* -- the injector has room again: its items are of cancelled tasks, and a worker must meet them first -- */
static bool over;
static void setup_room(void)
{
    setup_with(1);
    over = false;
}

static bool something_or_over(void) { return over || rt->injector[0].top.word != rt->injector[0].bottom.word; }

static void cancelled(void)
{
    filch_status why;
    uint64_t handle;
    while (!(handle = submit_task(rt, &(filch_submission){0, 0, 0, 0, 0, ""}, &why))) {
        EXPLORE_CHECK(why == FILCH_POOL_FULL);
        if (completions_try_arm(rt)) futex_wait(&rt->doorbell, 1);
    }
    EXPLORE_CHECK(control_try_cancel(rt, handle));
    while (!reap_next(rt)) {
        if (completions_try_arm(rt)) futex_wait(&rt->doorbell, 1);
    }
    EXPLORE_CHECK(reap_release(rt, handle) == FILCH_OK);
}

static void room(int thread)
{
    if (thread == 0) {
        for (int i = 0; i < 3; i++) cancelled();
        over = true;
        return;
    }
    filch_worker *w = &rt->workers[thread - 1];
    while (!over) {
        if (!steal_try_task(rt, w, true)) {
            explore_await(something_or_over);
            continue;
        }
        filch_slot *slot = w->slot;
        w->slot = 0;
        if (state_leave_is_last(slot, w->view.worker)) settle_closed(rt, w, slot);
    }
}

/* -- a worker dies with the only item of a task, and the injector, full of items of cancelled tasks, has no room for another -- */
static int settled;

static void setup_offer(void)
{
    setup_with(2);
    settled = 0;
}

static void reap_and_release(void)
{
    for (uint64_t handle; (handle = reap_next(rt)) != 0; settled++) EXPLORE_CHECK(reap_release(rt, handle) == FILCH_OK);
}

static void offer(int thread)
{
    if (thread) {
        worker_run(rt, (uint32_t)thread - 1);
        return;
    }
    filch_status why;
    int posts = 0;
    bool buried = false;
    for (int i = 0; i < 3; i++) {
        uint64_t handle = submit_task(rt, &(filch_submission){0, 0, 1, 0, 1, ""}, &why);
        posts += handle != 0;
        if (i) control_try_cancel(rt, handle);
        reap_and_release();
    }
    for (;;) {
        if (!buried && explore_died() >= 0) {
            recover_worker(rt, (uint32_t)explore_died() - 1);
            buried = true;
        }
        reap_and_release();
        if (settled == posts) break;
        if (completions_try_arm(rt)) explore_await(buried ? rung : rung_or_died);
    }
    control_stop(rt);
    if (!buried && explore_await_death() >= 0) recover_worker(rt, (uint32_t)explore_died() - 1);
}

#define FIRST_WORKER 2
#define BOTH_WORKERS 6
const explore_case completions_cases[] = {
    {{"completions: the doorbell", setup, 3, doorbell, check_all_reaped, 0}, 2, 3, 4, 0, 50000},
    {{"completions: a worker dies", setup, 3, death, check_death, BOTH_WORKERS}, 2, 2, 3, 1, 50000},
    {{"completions: space in the injector", setup_room, 3, room, 0, 0}, 0, 2, 3, 0, 50000},
    {{"completions: space for a lost item", setup_offer, 3, offer, 0, FIRST_WORKER}, 0, 1, 2, 1, 50000},
    {{0}, 0, 0, 0, 0, 0},
};
