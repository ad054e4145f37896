#include "sched/fork_suspend.h"

#include "core/state.h"
#include "core/tree.h"
#include "sched/queue.h"
#include "sched/wait.h"

bool suspend_try_block_outer(filch_runtime *rt, const filch_worker *w, uint32_t innermost)
{
    for (uint32_t i = 0, index = innermost; i < plan_slot_count(rt); i++) {
        if (FILCH_CORRUPT_IF(index >= plan_slot_count(rt))) return false;
        if (&plan_slots(rt)[index] == worker_slot(rt, w)) return true;
        index = atom32_load(&plan_slots(rt)[index].tree.join) - 1;
        if (index < plan_slot_count(rt)) state_block(&plan_slots(rt)[index], worker_index(rt, w));
    }
    return false;
}

static run_outcome suspend_for_event(filch_runtime *rt, filch_worker *w, filch_slot *frame)
{
    wait_leave leave = wait_try_leave(rt, w, frame);
    w->wait.is_asked = 0;
    if (leave == LEAVE_BLOCKED) return RUN_SUSPENDED;
    if (leave == LEAVE_NOT) state_yield_needs_item(frame, worker_index(rt, w));
    w->fork.last_left = slot_index(rt, frame);
    queue_push(rt, w, frame);
    w->wake_pending = true; /* w most likely takes the frame next */
    return RUN_SUSPENDED;
}

run_outcome suspend_innermost(filch_runtime *rt, filch_worker *w, uint32_t innermost,
                              uint32_t awaited)
{
    uint32_t own = worker_index(rt, w);
    filch_slot *inner = &plan_slots(rt)[innermost];
    w->slot = 0;
    if (w->wait.is_asked) return suspend_for_event(rt, w, inner);
    if (!awaited) {
        state_yield_needs_item(inner, own);
        w->fork.last_left = innermost;
        queue_push(rt, w, inner);
        return RUN_YIELDED;
    }
    state_block(inner, own);
    uint32_t open = JOIN_OPEN;
    atom32 *join = &plan_slots(rt)[awaited - 1].tree.join;
    if (!atom32_cas(join, &open, innermost + 1) && state_try_unblock(inner)) {
        queue_push(rt, w, inner); /* the child has ended meanwhile */
        w->wake_pending = true;
    }
    return RUN_SUSPENDED;
}
