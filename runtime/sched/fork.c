#include "sched/fork.h"

#include "core/region.h"
#include "core/state.h"
#include "core/trace.h"
#include "core/tree.h"
#include "core/wait.h"
#include "sched/loop_task.h"
#include "sched/notify.h"
#include "sched/preempt.h"
#include "sched/fork_publish.h"
#include "sched/fork_suspend.h"
#include "sched/queue.h"
#include "sched/settle.h"
#include "sched/sleep.h"
#include "sched/wait.h"

#define POLLS_MOST 256
#define POLLS_NS 50000 /* between two readings of the clock */

static uint32_t depth_of_stack(const filch_runtime *rt, const filch_worker *w,
                               const filch_record *base)
{
    return (uint32_t)(base - worker_records(rt, w));
}

/* Otherwise a thread that wants the worker sends it a request. */
static bool watches_clock(const filch_worker *w)
{
    return w->preempt.is_cooperative || w->preempt.is_fair;
}

/* -- saving -- */
/* The slot for the frame of the call at this depth. NULL: the reserve is counted, so words are
 * corrupt. */
static filch_slot *save_slot(filch_runtime *rt, filch_worker *w, uint32_t depth)
{
    if (!depth) return worker_slot(rt, w);
    return tree_spawn(rt, w, tree_root(rt, worker_slot(rt, w)), FILCH_FORKING);
}

/* The next frame outwards: it waits for the one saved before it. */
static void save_frame(filch_runtime *rt, filch_worker *w, filch_slot *slot, uint32_t step)
{
    uint32_t link = slot_index(rt, slot) + 1, within = w->fork.outermost;
    slot->tree.step = step;
    slot->tree.is_published = w->fork.awaited != 0; /* by publish_all() */
    slot->tree.awaited = within ? within : w->fork.awaited;
    if (!within) w->fork.innermost = link;
    else if (!FILCH_CORRUPT_IF(within > plan_slot_count(rt)))
        atom32_store(&plan_slots(rt)[within - 1].tree.join, link);
    w->fork.outermost = link;
}

void filch_fork_save(filch_task *task, const filch_fork_call *call, const void *frame,
                     filch_record *head)
{
    if (task->unwind != FILCH_UNWIND_SAVING) return;
    filch_runtime *rt = runtime_of(task);
    filch_worker *w = worker_of(task);
    filch_slot *slot = save_slot(rt, w, call->depth);
    if (FILCH_CORRUPT_IF(!slot)) {
        filch_fork_fail(task, FILCH_CORRUPT);
        return;
    }
    if (call->entry) {
        slot->tree.entry = call->entry;
        __builtin_memcpy(slot->args, frame, call->bytes);
    }
    slot->tree.child = 0;
    for (filch_record *r = call->base; r < head; r++) { /* every one is promoted */
        uint32_t child = r->link;
        FILCH_INVARIANT(!r->entry);
        if (FILCH_CORRUPT_IF(child >= plan_slot_count(rt))) continue;
        plan_slots(rt)[child].tree.sibling = slot->tree.child;
        slot->tree.child = child + 1;
    }
    save_frame(rt, w, slot, call->step);
}

/* The whole stack can be saved: the slots for that are in reserve, and every record is promoted. */
__attribute__((noinline)) static bool can_save(filch_runtime *rt, filch_worker *w, uint32_t records,
                                               uint32_t depth)
{
    if (!tree_try_reserve(rt, w, records - w->fork.promoted + depth)) return false;
    while (w->fork.promoted < records) {
        if (!publish_try_promote(rt, w)) return false;
    }
    return tree_try_reserve(rt, w, depth);
}

/* The time slice is over. Reads the clock at each poll where calls are long, at one in
 * POLLS_MOST where they are short. */
static bool is_slice_over(filch_worker *w)
{
    if (++w->fork.polls < w->fork.polls_between) return false;
    uint64_t now = clock_ns(), since = now - w->fork.polled_ns;
    w->fork.polls = 0;
    w->fork.polled_ns = now;
    if (since > POLLS_NS) w->fork.polls_between = 1;
    else if (w->fork.polls_between < POLLS_MOST) w->fork.polls_between *= 2;
    return now >= w->preempt.slice_end;
}

/* Saves a call that has not begun, at its step 0. */
static void save_call(filch_runtime *rt, filch_worker *w, const filch_fork_call *call)
{
    filch_slot *slot = save_slot(rt, w, call->depth);
    if (FILCH_CORRUPT_IF(!slot)) {
        filch_fork_fail(&w->view, FILCH_CORRUPT);
        return;
    }
    slot->tree.entry = call->entry;
    __builtin_memcpy(slot->args, call->base->frame, call->bytes);
    slot->tree.child = 0;
    w->fork.awaited = 0;
    save_frame(rt, w, slot, 0);
    w->view.unwind = FILCH_UNWIND_SAVING;
}

bool filch_fork_poll(filch_task *task, const filch_fork_call *call)
{
    filch_runtime *rt = runtime_of(task);
    filch_worker *w = worker_of(task);
    uint32_t records = depth_of_stack(rt, w, call->base);
    bool deep = records >= RECORDS;
    publish_set_limit(rt, w, watches_clock(w));
    if (atom32_load(&w->shared.preempt_request)) {
        atom32_store(&w->shared.preempt_request, 0);
        if (tree_has_ended(rt, worker_slot(rt, w))) {
            task->unwind = FILCH_UNWIND_DROPPING;
            return true;
        }
        if (check_preempt(rt, w, true)) w->fork.is_leaving = true;
    }
    if (watches_clock(w) && is_slice_over(w)) {
        w->preempt.is_fair = false;
        if (w->preempt.is_cooperative || check_preempt(rt, w, true)) w->fork.is_leaving = true;
    }
    if (w->fork.is_leaving || deep) {
        if (can_save(rt, w, records, call->depth)) {
            save_call(rt, w, call);
            return true;
        }
        if (deep) {
            filch_fork_fail(task, FILCH_TOO_DEEP);
            return true;
        }
        publish_set_limit(rt, w, true); /* later, when the stack is lower or more slots are free */
    }
    publish_for_idle(rt, w, records);
    return false;
}

uint64_t filch_fork_join(filch_task *task, filch_record *record, uint32_t depth)
{
    filch_runtime *rt = runtime_of(task);
    filch_worker *w = worker_of(task);
    uint32_t own = worker_index(rt, w), index = record->link;
    if (FILCH_CORRUPT_IF(index >= plan_slot_count(rt) ||
                         depth_of_stack(rt, w, record) >= RECORDS_ALL)) {
        filch_fork_fail(task, FILCH_CORRUPT);
        return 0;
    }
    filch_slot *child = &plan_slots(rt)[index];
    w->fork.promoted = depth_of_stack(rt, w, record);
    if (w->fork.published > w->fork.promoted) w->fork.published = w->fork.promoted;
    if (atom32_load(&child->tree.join) == JOIN_DONE) {
        uint64_t result = child->tree.result;
        settle_release(rt, w, child);
        if (!tree_has_ended(rt, worker_slot(rt, w))) return result;
        task->unwind = FILCH_UNWIND_DROPPING; /* another worker may have dropped the child */
        return 0;
    }
    uint32_t item = item_of(index, atom64_load(&child->state));
    if (child->kind == FILCH_FORKING && state_try_take(child, own, item)) {
        filch_fork_entry *entry = child->tree.entry;
        if (child->tree.step == 0 && !FILCH_CORRUPT_IF(!entry)) { /* no worker has begun it */
            __builtin_memcpy(record->frame, child->args, FILCH_FRAME_BYTES);
            settle_release(rt, w, child);
            return entry(task, record, record->frame, 0, depth);
        }
        state_yield_needs_item(child, own);
        queue_push(rt, w, child);
        sleep_try_unpark(rt, 1);
    }
    publish_all(rt, w);
    w->fork.awaited = index + 1;
    task->unwind = FILCH_UNWIND_SAVING;
    count(w, COUNT_suspensions, 1);
    return 0;
}

void filch_fork_loop(filch_task *task, const filch_loop *loop, filch_record *head, uint32_t depth)
{
    filch_runtime *rt = runtime_of(task);
    filch_worker *w = worker_of(task);
    uint32_t records = depth_of_stack(rt, w, head);
    filch_slot *child = 0;
    if (tree_try_reserve(rt, w, records - w->fork.promoted + depth + 1) &&
        can_save(rt, w, records, depth + 1)) {
        child = loop_spawn(rt, w, loop, JOIN_OPEN);
    }
    if (!child) {
        int32_t code = loop_run_inline(w, loop);
        if (code) filch_fork_fail(task, FILCH_STATUS_OF(code));
        return;
    }
    publish_all(rt, w);
    w->fork.awaited = slot_index(rt, child) + 1;
    task->unwind = FILCH_UNWIND_SAVING;
}

/* For size: a task that waits is in no hurry. */
__attribute__((minsize)) int32_t filch_fork_wait(filch_task *task,
                                                 const filch_wait_request *request,
                                                 filch_record *head, uint32_t depth)
{
    filch_runtime *rt = runtime_of(task);
    filch_worker *w = worker_of(task);
    filch_waited end;
    w->wait.request = *request; /* of the page's memory, once */
    uint32_t refusal = wait_refusal(rt, &w->wait.request);
    if (!refusal && wait_is_over(rt, &w->wait.request, &end)) return end;
    if (!refusal && !can_save(rt, w, depth_of_stack(rt, w, head), depth)) refusal = FILCH_TOO_DEEP;
    if (refusal) {
        filch_fork_fail(task, refusal);
        return FILCH_WAITED_FAILED;
    }
    publish_all(rt, w);
    w->fork.awaited = 0;
    w->wait.is_asked = 1;
    task->unwind = FILCH_UNWIND_SAVING;
    return FILCH_WAITED_FAILED;
}

void filch_fork_fail(filch_task *task, uint32_t status)
{
    filch_runtime *rt = runtime_of(task);
    filch_worker *w = worker_of(task);
    filch_slot *root = tree_root(rt, worker_slot(rt, w));
    if (notify_try_decide(rt, root, status)) queue_try_push_tree(rt, w, root);
    task->unwind = FILCH_UNWIND_DROPPING;
}

/* -- running -- */
/* Puts the children of a resumed frame back on the stack of records, all of them promoted. How
 * many. */
static uint32_t restore(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    uint32_t n = 0, link = slot->tree.child;
    for (; link && link <= plan_slot_count(rt) && n < FILCH_CHILDREN_MAX; n++) {
        link = plan_slots(rt)[link - 1].tree.sibling;
    }
    link = slot->tree.child;
    for (uint32_t i = n; i--;) {
        uint32_t child = link - 1; /* the page may have changed the list since */
        worker_records(rt, w)[i].entry = 0;
        worker_records(rt, w)[i].link = child;
        link =
            FILCH_CORRUPT_IF(child >= plan_slot_count(rt)) ? 0 : plan_slots(rt)[child].tree.sibling;
    }
    slot->tree.child = 0;
    return n;
}

/* Takes the result that the resumed frame waited for. */
static void take_result(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    w->view.resumed = wait_take(rt, slot_index(rt, slot));
    uint32_t awaited = slot->tree.awaited;
    if (!awaited || FILCH_CORRUPT_IF(awaited > plan_slot_count(rt))) return;
    filch_slot *child = &plan_slots(rt)[awaited - 1];
    w->view.resumed = child->tree.result;
    slot->tree.awaited = 0;
    settle_release(rt, w, child);
}

/* The end of the task that w is in. */
static void finish(filch_runtime *rt, filch_worker *w, filch_slot *slot, uint64_t result)
{
    w->slot = 0;
    if (!state_leave_is_last(slot, worker_index(rt, w))) return;
    if (tree_is_member(rt, slot)) settle_member(rt, w, slot, result);
    else settle_closed(rt, w, slot);
}

/* The tree is to end: w drops what it has of the tree. */
static void drop(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    for (uint32_t i = 0; i < w->fork.promoted && i < RECORDS_ALL; i++) {
        settle_detach(rt, w, worker_records(rt, w)[i].link + 1);
    }
    w->fork.promoted = 0;
    finish(rt, w, slot, 0);
}

/* The innermost frame waits for its child, for an event, or for a worker. */
static run_outcome suspend(filch_runtime *rt, filch_worker *w)
{
    uint32_t innermost = w->fork.innermost - 1, awaited = w->fork.awaited;
    if (FILCH_CORRUPT_IF(awaited > plan_slot_count(rt) ||
                         !suspend_try_block_outer(rt, w, innermost))) {
        filch_fork_fail(&w->view, FILCH_CORRUPT);
        drop(rt, w, worker_slot(rt, w));
        return RUN_FINISHED;
    }
    return suspend_innermost(rt, w, innermost, awaited);
}

static uint64_t call_function(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    filch_task *task = &w->view;
    task->unwind = FILCH_UNWIND_NOT;
    w->wait.is_asked = w->wait.is_allowed = 0;
    w->fork.innermost = w->fork.outermost = w->fork.awaited = w->fork.published = 0;
    if (watches_clock(w)) {
        w->fork.polled_ns = clock_ns();
        w->fork.polls = 0;
        w->fork.polls_between = 16;
        if (!w->preempt.is_cooperative)
            w->preempt.slice_end = preempt_fair_end(w, w->fork.polled_ns);
    }
    w->fork.is_leaving = preempt_begin_is_leaving(rt, w, true);
    w->fork.promoted = task->restored = restore(rt, w, slot);
    take_result(rt, w, slot);
    /* The first call polls: to raise the limit would lose a request since `shared.tree` was set. */
    publish_set_limit(rt, w, true);
    publish_for_idle(rt, w, w->fork.promoted); /* the first call may be long in coming */
    filch_fork_entry *entry = tree_is_member(rt, slot) ? slot->tree.entry : 0;
    if (entry) return entry(task, worker_records(rt, w), slot->args, slot->tree.step, 0);
    const filch_kernel *kernel = plan_kernel(rt, slot->kernel);
    if (FILCH_CORRUPT_IF(tree_is_member(rt, slot) || !kernel || kernel->kind != FILCH_FORKING)) {
        filch_fork_fail(task, FILCH_CORRUPT);
        return 0;
    }
    int32_t code = kernel->chunk(task, slot->args, slot->tree.step, 0);
    if (code && task->unwind == FILCH_UNWIND_NOT) {
        filch_fork_fail(task, FILCH_STATUS_OF(code));
    }
    return 0;
}

/* Runs the call of the fork task, or what is left of it. Its result; w->view.unwind says how it
 * came back. */
static uint64_t run_call(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    if (tree_has_ended(rt, slot)) {
        w->fork.promoted = restore(rt, w, slot);
        take_result(rt, w, slot);
        w->view.unwind = FILCH_UNWIND_DROPPING;
        return 0;
    }
    uint64_t result = call_function(rt, w, slot);
    region_check_stack(rt, worker_index(rt, w));
    return result;
}

run_outcome fork_run(filch_runtime *rt, filch_worker *w)
{
    filch_slot *slot = worker_slot(rt, w), *root = tree_root(rt, slot);
    loop_add_helper(rt, root, w);
    count(w, COUNT_tasks, 1);
    uint64_t begin = !trace_is_running(w) || trace_is_on(rt) ? clock_ns() : 0;
    if (!trace_is_running(w)) trace_doing(w, DOING_RUN, begin);
    w->chunk_begin = 0;
    w->chunk_end = 1;
    uint64_t result = run_call(rt, w, slot);
    if (trace_is_on(rt)) { /* before the task ends, and the trace with it */
        uint64_t end = clock_ns();
        filch_event event = {
            .begin = (double)(begin ? begin : end),
            .end = (double)end,
            .what = handle_number(state_handle(rt, slot_index(rt, root))),
            .kind = EVENT_FORK,
            .iterations = 1,
        };
        trace_event(rt, w, event);
    }
    run_outcome outcome = RUN_FINISHED;
    if (w->view.unwind == FILCH_UNWIND_SAVING) {
        outcome = suspend(rt, w);
        /* A tree that is to end goes first: a canceller may not have seen it queued. */
        if (tree_has_ended(rt, root)) outcome = RUN_SUSPENDED;
        w->wake_pending |= tree_has_ended(rt, root); /* w may be recalled, and not take it */
    } else if (w->view.unwind == FILCH_UNWIND_DROPPING) {
        drop(rt, w, slot);
    } else {
        finish(rt, w, slot, result);
    }
    tree_give_back(rt, w);
    if (outcome == RUN_YIELDED) notify_work(rt, tree_priority(rt, root), 1);
    return outcome;
}

void fork_trapped(filch_runtime *rt, filch_worker *w) { drop(rt, w, worker_slot(rt, w)); }
