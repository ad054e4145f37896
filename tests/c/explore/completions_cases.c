/* Completions: workers add completed tasks and notify; the owner arms the doorbell, waits, and
 * reaps. Each completion comes once, each worker's in order, and no notification is lost for which
 * the owner waits: the explorer would call that a deadlock. */
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
static int added[WORKERS], reaped[WORKERS]; /* of each worker's completions */

static int32_t nothing(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    return FILCH_OK;
}
static const filch_kernel kernel = {.name = "nothing", .chunk = nothing, .kind = FILCH_PARALLEL};
static const filch_kernel *const kernels[] = {&kernel};

static void setup_with(uint32_t slots)
{
    filch_options options = {.workers = WORKERS, .slots = slots};
    EXPLORE_CHECK(region_bytes(&options) <= sizeof region);
    rt = region_init(region, &options, kernels, 1);
    memset(added, 0, sizeof added);
    memset(reaped, 0, sizeof reaped);
}
static void setup(void) { setup_with(SLOTS); }

/* Worker w completes slots EACH * w, EACH * w + 1 ... */
static void add(int w)
{
    for (int i = 0; i < EACH; i++) {
        completions_add(rt, (uint32_t)(EACH * w + i));
        added[w]++;
        completions_try_notify(rt);
    }
}

static void reap_all(void)
{
    for (uint32_t slot; (slot = completions_take(rt)) != SLOT_NONE;) {
        int w = (int)slot / EACH;
        EXPLORE_CHECK((int)slot % EACH == reaped[w]);
        reaped[w]++;
        if (explore_variant) completions_collect(rt); /* behind those that are not reaped yet */
    }
}

static void doorbell(int thread)
{
    if (thread) {
        add(thread - 1);
        return;
    }
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

/* A worker dies at any step. The owner gets all completions that the worker had added, and perhaps
 * the one that the worker was adding. The owner looks again after a death. */
static bool is_notified(void) { return rt->doorbell.word == 0; }
static bool is_notified_or_died(void) { return is_notified() || explore_died() >= 0; }

static void death(int thread)
{
    if (thread) {
        add(thread - 1);
        return;
    }
    for (;;) {
        bool died = explore_died() >= 0;
        reap_all();
        if (reaped[0] + reaped[1] == SLOTS || (died && reaped[explore_died() == 1] == EACH)) return;
        if (completions_try_arm(rt)) explore_await(died ? is_notified : is_notified_or_died);
    }
}

static void check_death(void)
{
    reap_all();
    for (int w = 0; w < WORKERS; w++) {
        bool died = explore_died() == w + 1;
        if (died) EXPLORE_CHECK(reaped[w] == added[w] || reaped[w] == added[w] + 1);
        else EXPLORE_CHECK(reaped[w] == EACH);
    }
}

/* -- space in the injector -- */
/* Its items are of cancelled tasks. The injector has space again only when a worker has met
 * them. */
static bool over;
static void setup_space(void)
{
    setup_with(1);
    over = false;
}

static bool is_something_or_over(void)
{
    return over || rt->injector[0].top.word != rt->injector[0].bottom.word;
}

static void post_cancelled(void)
{
    filch_status why;
    uint64_t handle;
    while (!(handle = submit_task(rt, &(filch_submission){.args = ""}, &why))) {
        EXPLORE_CHECK(why == FILCH_POOL_FULL);
        if (completions_try_arm(rt)) futex_wait(&rt->doorbell, 1);
    }
    EXPLORE_CHECK(control_try_cancel(rt, handle));
    while (!reap_next(rt)) {
        if (completions_try_arm(rt)) futex_wait(&rt->doorbell, 1);
    }
    EXPLORE_CHECK(reap_release(rt, handle) == FILCH_OK);
}

static void space(int thread)
{
    if (thread == 0) {
        for (int i = 0; i < 3; i++) post_cancelled();
        explore_touch();
        over = true;
        return;
    }
    filch_worker *w = &plan_workers(rt)[thread - 1];
    while (!over) {
        if (!steal_try_task(rt, w, true)) {
            explore_await(is_something_or_over);
            continue;
        }
        filch_slot *slot = worker_slot(rt, w);
        w->slot = 0;
        if (state_leave_is_last(slot, w->view.worker)) settle_closed(rt, w, slot);
    }
}

/* -- space for a lost item -- */
/* A worker dies with the only item of a task. The injector is full of items of cancelled tasks. */
static int completed;

static void setup_lost_item(void)
{
    setup_with(2);
    completed = 0;
}

static void reap_and_release(void)
{
    for (uint64_t handle; (handle = reap_next(rt)) != 0; completed++) {
        EXPLORE_CHECK(reap_release(rt, handle) == FILCH_OK);
    }
}

static void lost_item(int thread)
{
    if (thread) {
        worker_run(rt, (uint32_t)thread - 1);
        return;
    }
    filch_status why;
    int posts = 0;
    bool recovered = false;
    for (int i = 0; i < 3; i++) {
        filch_submission submission = {.end = 1, .grain = 1, .args = ""};
        uint64_t handle = submit_task(rt, &submission, &why);
        posts += handle != 0;
        if (i) control_try_cancel(rt, handle);
        reap_and_release();
    }
    for (;;) {
        if (!recovered && explore_died() >= 0) {
            recover_worker(rt, (uint32_t)explore_died() - 1);
            recovered = true;
        }
        reap_and_release();
        if (completed == posts) break;
        if (completions_try_arm(rt)) explore_await(recovered ? is_notified : is_notified_or_died);
    }
    control_stop(rt);
    if (!recovered && explore_await_death() >= 0) recover_worker(rt, (uint32_t)explore_died() - 1);
}

const explore_case completions_cases[] = {
    {.scenario = {.name = "completions: the doorbell",
                  .setup = setup,
                  .threads = 3,
                  .thread = doorbell,
                  .check = check_all_reaped},
     .variants = 2,
     .preemptions = 4,
     .nightly = 5,
     .prunes = true,
     .random = 50000},
    {.scenario = {.name = "completions: a worker dies",
                  .setup = setup,
                  .threads = 3,
                  .thread = death,
                  .check = check_death,
                  .mortal = BOTH_WORKERS_MAY_DIE},
     .variants = 2,
     .preemptions = 2,
     .nightly = 3,
     .deaths = 1,
     .random = 50000},
    {.scenario = {.name = "completions: space in the injector",
                  .setup = setup_space,
                  .threads = 3,
                  .thread = space},
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 50000},
    {.scenario = {.name = "completions: space for a lost item",
                  .setup = setup_lost_item,
                  .threads = 3,
                  .thread = lost_item,
                  .mortal = FIRST_WORKER_MAY_DIE},
     .preemptions = 1,
     .nightly = 2,
     .deaths = 1,
     .prunes = true,
     .random = 50000},
    {.scenario = {.name = "weak: the doorbell",
                  .setup = setup,
                  .threads = 3,
                  .thread = doorbell,
                  .check = check_all_reaped},
     .variants = 2,
     .preemptions = 2,
     .nightly = 3,
     .stale = 1,
     .random = 20000},
    {.scenario.name = 0},
};
