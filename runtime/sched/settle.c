#include "sched/settle.h"

#include "core/range.h"
#include "core/reduce.h"
#include "core/region.h"
#include "core/slots.h"
#include "core/state.h"
#include "core/tree.h"
#include "core/wait.h"
#include "sched/completions.h"
#include "sched/depend.h"
#include "sched/notify.h"
#include "sched/queue.h"
#include "sched/sleep.h"

/* The accumulators become one. How the task ends, then. The owner combines for no worker: a worker
 * that was lost may have begun. */
static filch_status combine(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    const filch_kernel *kernel = reduce_kernel(rt, slot);
    if (!kernel) return FILCH_OK;
    if (!w) return FILCH_WORKER_LOST;
    /* A corrupt root: w runs in another task, which a trap would leave with w's bit. */
    if (FILCH_CORRUPT_IF(w->slot)) return FILCH_CORRUPT;
    worker_set_slot(rt, w, slot); /* for worker_trapped(), which completes the task */
    bool combined = reduce_try_combine(rt, slot, kernel);
    region_check_stack(rt, worker_index(rt, w));
    w->slot = 0;
    return combined ? FILCH_OK : FILCH_CORRUPT;
}

void settle_complete(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    FILCH_INVARIANT(slot->stage == NOT_COMPLETED);
    uint32_t status = atom32_load(&slot->status);
    bool is_fork = slot->kind == FILCH_FORKING;
    /* A cancel, or the loss of a worker, that came after the last iteration changes nothing. */
    bool is_late = status == FILCH_CANCELLED || status == FILCH_WORKER_LOST;
    uint64_t total = slot->loop.total;
    bool has_run = is_fork || atom64_load(&slot->done) == total;
    /* Nothing else of the task can have been dropped. */
    bool is_whole = has_run && !is_fork && total && !atom32_load(&slot->tree.members);
    if (status == FILCH_PENDING || (is_late && is_whole)) {
        /* The result comes first: a task that is OK has one. */
        filch_status end = FILCH_CORRUPT_IF(!has_run) ? FILCH_CORRUPT : combine(rt, w, slot);
        bool decided = notify_try_decide(rt, slot, end);
        /* A cancel came too late, and so did the loss of a worker. */
        if (is_whole) atom32_store(&slot->status, end);
        /* Otherwise a part of the tree may have been dropped. */
        if (decided && is_fork) atom64_store(&slot->done, slot->loop.total);
    }
    atom64_store(&slot->ended_ns, clock_ns());
    depend_complete(rt, w, slot);
    completions_add(rt, slot_index(rt, slot));
    bool owner_waited = completions_try_notify(rt);
    if (w) w->spin_turns = owner_waited ? 0 : 4 * SPIN_TURNS;
}

void settle_trapped(filch_runtime *rt, filch_worker *w, uint32_t status)
{
    filch_slot *slot = worker_slot(rt, w);
    uint32_t members = atom32_load(&slot->tree.members);
    if (tree_is_member(rt, slot) || (members && !(members & ROOT_CLOSED))) {
        /* w combined nothing: a corrupt word made it trap on its way to the next block. */
        settle_fail(rt, w, status);
        w->slot = 0;
        settle_closed(rt, w, slot);
        return;
    }
    /* All iterations have run: a cancel before this came too late. First: if w dies after this,
     * nothing is combined again. */
    atom32_store(&slot->status, status);
    /* w has run no chunk, but its combination counts as a part. */
    atom32_or(&slot->helpers, (uint32_t)1 << worker_index(rt, w));
    w->slot = 0;
    settle_complete(rt, w, slot);
}

void settle_release(filch_runtime *rt, filch_worker *w, filch_slot *member)
{
    filch_slot *root = tree_root(rt, member);
    uint32_t index = slot_index(rt, member);
    FILCH_INVARIANT(root != member);
    state_end(member);
    atom32_store(&member->tree.root, index);
    slots_give(rt, index);
    if (tree_release_is_last(rt, root, w)) settle_complete(rt, w, root);
}

void settle_member(filch_runtime *rt, filch_worker *w, filch_slot *member, uint64_t result)
{
    member->tree.result = result;
    uint32_t joiner = atom32_exchange(&member->tree.join, JOIN_DONE);
    FILCH_INVARIANT(joiner != JOIN_DONE);
    if (joiner == JOIN_DETACHED) {
        settle_release(rt, w, member);
        return;
    }
    if (joiner == JOIN_OPEN || FILCH_CORRUPT_IF(joiner > plan_slot_count(rt))) return;
    filch_slot *frame = &plan_slots(rt)[joiner - 1];
    if (!state_try_unblock(frame)) return;
    w->fork.last_left = joiner - 1;
    queue_push(rt, w, frame);
    w->wake_pending = true; /* w most likely takes the frame next */
}

void settle_detach(filch_runtime *rt, filch_worker *w, uint32_t link)
{
    if (!link || FILCH_CORRUPT_IF(link > plan_slot_count(rt))) return;
    filch_slot *member = &plan_slots(rt)[link - 1];
    if (atom32_exchange(&member->tree.join, JOIN_DETACHED) == JOIN_DONE) {
        settle_release(rt, w, member);
    } else if (atom64_load(&member->state) & STATE_QUEUED) { /* a private member is in no queue */
        queue_push(rt, w, member);
        w->wake_pending = true;
    }
}

/* One copy of each of these, for they are called from many places, and seldom. */
__attribute__((noinline)) void settle_closed(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    if (tree_has_ended(rt, slot)) range_clear(rt, slot_index(rt, slot));
    wait_take(rt, slot_index(rt, slot)); /* an event would find a slot without a task */
    if (tree_is_member(rt, slot)) {
        settle_member(rt, w, slot, 0);
        return;
    }
    /* The closer of a loop without members is the only thread concerned with the task. */
    bool is_tree = slot->kind == FILCH_FORKING || atom32_load(&slot->tree.members);
    if (!is_tree || tree_close_is_last(rt, slot, w)) settle_complete(rt, w, slot);
}

__attribute__((noinline)) bool settle_try_idle(filch_runtime *rt, filch_worker *w, uint64_t handle)
{
    /* The slot may have another task by now: then the words below say nothing, and the handle is
     * stale. */
    filch_slot *slot = &plan_slots(rt)[handle_slot(handle)];
    /* A worker has to drop a fork task, and to combine. */
    if (tree_kind(slot) == FILCH_FORKING || !tree_has_ended(rt, slot)) return false;
    if (!w && reduce_has_run(rt, slot)) return false;
    uint64_t closer = w ? STATE_WORKER(worker_index(rt, w)) : 0;
    if (!state_try_close_idle(slot, handle, closer)) return false;
    settle_closed(rt, w, slot);
    return true;
}

__attribute__((noinline)) void settle_fail(filch_runtime *rt, filch_worker *w, uint32_t status)
{
    filch_slot *root = tree_root(rt, worker_slot(rt, w));
    if (!notify_try_decide(rt, root, status)) return;
    root->failed_begin = w->chunk_begin;
    root->failed_end = w->chunk_end;
    if (atom32_load(&root->tree.members)) queue_try_push_tree(rt, w, root);
}
