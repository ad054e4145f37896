#include "sched/worker.h"

#include "core/deque.h"
#include "core/state.h"
#include "core/trace.h"
#include "core/tree.h"
#include "sched/fork_admit.h"
#include "sched/completions.h"
#include "sched/fork.h"
#include "sched/loop_task.h"
#include "sched/notify.h"
#include "sched/preempt.h"
#include "sched/fork_publish.h"
#include "sched/queue.h"
#include "sched/settle.h"
#include "sched/sleep.h"
#include "sched/steal.h"

/* Times in a row that a stopped worker queues what no worker takes. */
#define VAIN_MOST 64

void worker_adopt(filch_runtime *rt, uint32_t index)
{
    filch_worker *w = &plan_workers(rt)[index];
    w->slot = 0;
    w->tree.reserve = w->tree.reserved = 0;
    atom32_store(&w->shared.priority, PRIORITIES);
    for (int priority = 0; priority < PRIORITIES; priority++) deque_adopt(&w->deques[priority]);
}

/* A task that is to pause, before a chunk of it has run. */
static void pause_task(filch_runtime *rt, filch_worker *w)
{
    /* A worker that has joined a loop holds nothing of it yet, but may have to lay out its next
     * block. */
    if (w->steal.has_joined && !loop_leave_has_next_block(rt, w)) return;
    preempt_pause(rt, w);
}

/* w works on the tree no more. If the tree is lost, the owner may be able to sweep it now. */
static void notify_if_lost(filch_runtime *rt, const filch_slot *root)
{
    if (atom32_load(&root->status) == FILCH_WORKER_LOST) completions_try_notify(rt);
}

/* Runs the task that w is in. */
static run_outcome run_task(filch_runtime *rt, filch_worker *w)
{
    flush_wake(rt, w);
    filch_slot *slot = worker_slot(rt, w);
    if (slot->kind == FILCH_FORKING && !admit_try_task(rt, w)) return RUN_YIELDED;
    slot = worker_slot(rt, w); /* admit_try_task() may have taken another */
    filch_slot *root = tree_root(rt, slot);
    bool is_fork = slot->kind == FILCH_FORKING, is_tree = is_fork || slot != root;
    run_outcome outcome = RUN_YIELDED;
    if (is_tree) {
        atom64_store(&w->shared.tree, state_handle(rt, slot_index(rt, root)));
    }
    if (preempt_is_paused(rt, slot)) pause_task(rt, w);
    else outcome = is_fork ? fork_run(rt, w) : loop_run(rt, w);
    if (is_tree) atom64_store(&w->shared.tree, 0);
    notify_if_lost(rt, root);
    return outcome;
}

/* w searches no more. As the last searching worker it looks for more work, for which a producer
 * relied on it. */
static void end_search(filch_runtime *rt, filch_worker *w)
{
    if (sleep_end_search_is_last(rt, worker_index(rt, w)) && steal_is_possible(rt, w))
        sleep_try_unpark(rt, 1);
}

/* w takes no task from now on. Either a producer sees that w has none, or w sees what the producer
 * has queued. */
static void depart(filch_runtime *rt, filch_worker *w)
{
    atom32_store(&w->shared.priority, PRIORITIES);
    notify_queued(rt, w, 0);
}

static bool spin_finds_work(filch_runtime *rt, filch_worker *w)
{
    uint32_t turns = w->spin_turns;
    if (FILCH_CORRUPT_IF(turns > 4 * SPIN_TURNS)) turns = 0;
    w->spin_turns = SPIN_TURNS;
    for (uint32_t turn = 0; turn < turns; turn += plan_worker_count(rt)) {
        if (steal_is_possible(rt, w) || racy32_load(&w->shared.recalled)) return true;
        spin_hint();
    }
    return false;
}

static void begin_park(filch_worker *w)
{
    trace_doing(w, DOING_SLEEP, clock_ns());
    count(w, COUNT_parks, 1);
}

/* w was parked since begin_park(). */
static void end_park(filch_runtime *rt, filch_worker *w)
{
    count(w, COUNT_wakes, 1);
    if (!trace_is_on(rt)) return;
    filch_event event = {
        .begin = (double)w->trace.since, .end = (double)clock_ns(), .kind = EVENT_PARK};
    trace_event(rt, w, event);
}

/* w comes back after WORKER_IDLE. */
static bool try_end_idle(filch_runtime *rt, filch_worker *w)
{
    /* A page has overwritten the word: the host would run w again at once, and so on. */
    if (FILCH_CORRUPT_IF(!w->returns_idle)) sleep_park(rt, worker_index(rt, w));
    if (!sleep_try_come_back(rt, worker_index(rt, w))) return false;
    w->is_idle = false;
    end_park(rt, w);
    return true;
}

void worker_return_idle(filch_runtime *rt, uint32_t w, bool on)
{
    plan_workers(rt)[w].returns_idle = on;
}

/* Every end is decided, and w has found no task. What needs a worker is QUEUED, but may have no
 * item: the owner may have found no space in the injector. After a push another worker may take
 * the task before w does; but a task that no worker ever takes has a corrupt state. */
static bool try_go_home(filch_runtime *rt, filch_worker *w, uint32_t *vain)
{
    if (!atom32_load(&rt->is_stopped)) return false;
    return FILCH_CORRUPT_IF(++*vain > VAIN_MOST) || !queue_try_push_tree(rt, w, NULL);
}

worker_return worker_run(filch_runtime *rt, uint32_t index)
{
    filch_worker *w = &plan_workers(rt)[index];
    run_outcome outcome = RUN_FINISHED;
    bool searching = true; /* after a loss or a trap the bit may be set */
    uint32_t vain = 0;
    if (w->is_idle && !try_end_idle(rt, w)) return WORKER_IDLE;
    for (;;) {
        if (atom32_load(&w->shared.recalled)) {
            bool by_owner = atom32_exchange(&w->shared.recalled, 0) & RECALLED;
            flush_wake(rt, w);
            end_search(rt, w); /* first: a producer that saw w search has queued its work before */
            depart(rt, w);
            return by_owner ? WORKER_HOME : WORKER_LEFT;
        }
        if (steal_try_task(rt, w, outcome == RUN_YIELDED)) {
            if (searching) end_search(rt, w);
            searching = false;
            vain = 0;
            outcome = run_task(rt, w);
            continue;
        }
        outcome = RUN_FINISHED;
        w->wake_pending = false;
        if (w->trace.doing == DOING_RUN) trace_doing(w, DOING_SEARCH, clock_ns());
        if (try_go_home(rt, w, &vain)) return WORKER_HOME;
        searching = sleep_try_search(rt, index);
        /* the worker that is asked then looks whether any worker searches */
        publish_request_steal(rt, w);
        if (searching && spin_finds_work(rt, w)) continue;
        sleep_prepare_park(rt, index);
        searching = true;
        publish_request_steal(rt, w);
        if (steal_is_possible(rt, w) || atom32_load(&rt->is_stopped) ||
            atom32_load(&w->shared.recalled)) {
            sleep_cancel_park(rt, index);
            /* another thread may have to take its next step before w can have the work */
            spin_hint();
            continue;
        }
        begin_park(w);
        if (w->returns_idle && sleep_try_leave(rt, index)) {
            w->is_idle = true;
            return WORKER_IDLE;
        }
        sleep_park(rt, index);
        end_park(rt, w);
    }
}

void worker_help_with(filch_runtime *rt, uint32_t index, uint64_t handle)
{
    filch_worker *w = &plan_workers(rt)[index];
    worker_adopt(rt, index);
    if (steal_try_this(rt, w, handle)) run_task(rt, w);
    depart(rt, w);
}

void worker_recall(filch_runtime *rt, uint32_t w)
{
    atom32_or(&plan_workers(rt)[w].shared.recalled,
              RECALLED); /* first: w reads it before it parks */
    request_preempt(rt, w);
    sleep_unpark_worker(rt, w);
}

void worker_leave(filch_runtime *rt, uint32_t w)
{
    atom32_or(&plan_workers(rt)[w].shared.recalled, DEPARTS);
    request_preempt(rt, w);
}

bool worker_slice_has_more(filch_runtime *rt, uint32_t index, uint64_t nanoseconds)
{
    filch_worker *w = &plan_workers(rt)[index];
    w->preempt.is_cooperative = true;
    w->preempt.slice_end = clock_ns() + nanoseconds;
    run_outcome outcome = RUN_YIELDED; /* tasks alternate from slice to slice */
    do {
        if (!steal_try_task(rt, w, outcome == RUN_YIELDED)) return false;
        outcome = run_task(rt, w);
    } while (clock_ns() < w->preempt.slice_end);
    return steal_is_possible(rt, w);
}

void worker_trapped(filch_runtime *rt, uint32_t index, bool overflow)
{
    filch_worker *w = &plan_workers(rt)[index];
    if (!w->slot) return;
    const filch_slot *slot = worker_slot(rt, w), *root = tree_root(rt, slot);
    uint32_t status = overflow ? FILCH_STACK_OVERFLOW : FILCH_KERNEL_TRAPPED;
    if (atom64_load(&slot->state) & STATE_CLOSED) { /* no chunk ran: w combined a reduction */
        settle_trapped(rt, w, status);
    } else {
        settle_fail(rt, w, status);
        if (slot->kind == FILCH_FORKING) fork_trapped(rt, w);
        else loop_leave_has_next_block(rt, w);
    }
    tree_give_back(rt, w);
    atom64_store(&w->shared.tree, 0);
    notify_if_lost(rt, root);
}
