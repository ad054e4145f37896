#include "sched/fork_admit.h"

#include "core/slots.h"
#include "core/state.h"
#include "core/tree.h"
#include "sched/queue.h"
#include "sched/sleep.h"
#include "sched/steal.h"

/* Some frames of the task are saved, or were. */
static bool has_begun(const filch_runtime *rt, const filch_slot *slot)
{
    if (tree_is_member(rt, slot)) return atom32_load(&slot->tree.join) != JOIN_OPEN;
    return atom32_load(&slot->helpers) != 0;
}

static bool could_go_on(const filch_runtime *rt, const filch_slot *slot, uint64_t state)
{
    if (!(state & STATE_QUEUED) || tree_kind(slot) != FILCH_FORKING) return false;
    return has_begun(rt, slot) && !atom32_load(&tree_root(rt, slot)->is_paused);
}

/* Queues the task that w is in. True: w is in it again, since the task is to end: a canceller
 * met w in it. */
static bool put_down_is_back(filch_runtime *rt, filch_worker *w)
{
    filch_slot *slot = worker_slot(rt, w);
    w->slot = 0;
    state_yield_needs_item(slot, worker_index(rt, w));
    if (tree_is_member(rt, slot) || has_begun(rt, slot)) queue_push(rt, w, slot);
    else queue_put_back(rt, w, slot);
    sleep_try_unpark(rt, 1);
    if (!tree_has_ended(rt, slot)) return false;
    uint32_t item = item_of(slot_index(rt, slot), atom64_load(&slot->state));
    if (!state_try_take(slot, worker_index(rt, w), item)) return false;
    worker_set_slot(rt, w, slot);
    return true;
}

/* Takes slot i instead of the task of this priority that w is in, if any; that task is queued
 * again. False: the slot cannot go on, or another worker took it. */
static bool try_take_instead(filch_runtime *rt, filch_worker *w, uint32_t i, uint32_t priority)
{
    filch_slot *other = &plan_slots(rt)[i];
    uint64_t state = atom64_load(&other->state);
    if (!could_go_on(rt, other, state)) return false;
    if (w->slot && put_down_is_back(rt, w)) return true;
    if (!state_try_take(other, worker_index(rt, w), item_of(i, state))) return false;
    /* Otherwise w would leave it at once, for the task that it goes on instead of. */
    if (tree_priority(rt, other) > priority) w->preempt.is_fair = true;
    atom32_store(&other->tree.is_private, 0);
    worker_set_slot(rt, w, other);
    return true;
}

bool admit_try_task(filch_runtime *rt, filch_worker *w)
{
    const filch_slot *slot = worker_slot(rt, w);
    uint32_t free = slots_free_count(rt), priority = tree_priority(rt, slot);
    bool is_free = tree_has_ended(rt, slot) || atom32_load(&tree_root(rt, slot)->is_paused);
    if (is_free || free >= plan_scarce(rt)) return true;
    bool any = free < plan_scarce(rt) / 2; /* of any priority */
    uint32_t last = w->fork.last_left;
    if (last < plan_slot_count(rt) &&
        (any || tree_priority(rt, &plan_slots(rt)[last]) == priority)) {
        if (try_take_instead(rt, w, last, priority)) return true;
    }
    slot = worker_slot(rt, w);
    if (w->slot && (has_begun(rt, slot) || slot->tree.step)) return true;
    for (uint32_t i = 0; i < plan_slot_count(rt); i++) {
        if (!any && tree_priority(rt, &plan_slots(rt)[i]) != priority) continue;
        if (try_take_instead(rt, w, i, priority)) return true;
    }
    /* Nothing goes on. Of the trees that were put off the oldest begins. */
    slot = worker_slot(rt, w);
    if (!w->slot || tree_is_member(rt, slot) || !atom32_load(&rt->deferred)) return w->slot;
    return put_down_is_back(rt, w) || steal_try_deferred(rt, w, priority);
}
