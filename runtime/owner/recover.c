#include "owner/recover.h"

#include "core/range.h"
#include "core/reduce.h"
#include "core/slots.h"
#include "core/state.h"
#include "core/tree.h"
#include "core/wait.h"
#include "sched/completions.h"
#include "sched/notify.h"
#include "sched/queue.h"
#include "sched/settle.h"
#include "sched/sleep.h"

/* The task ends as WORKER_LOST, unless its end is decided. */
static void decide_lost(filch_runtime *rt, filch_slot *root, uint32_t w)
{
    if (!notify_try_decide(rt, root, FILCH_WORKER_LOST)) return;
    root->failed_begin = plan_workers(rt)[w].chunk_begin;
    root->failed_end = plan_workers(rt)[w].chunk_end;
}

/* The lost worker w ran in this slot of a tree, or worked on its tree. */
static void lose_tree(filch_runtime *rt, filch_slot *slot, uint32_t w)
{
    filch_slot *root = tree_root(rt, slot);
    uint32_t members = atom32_or(&root->tree.members, ROOT_LOST);
    if (ROOT_LISTER(members)) {
        if (members & ROOT_LOST) return;
        /* w was about to complete the root. Or another worker is, which may be lost later. */
        if (ROOT_LISTER(members) == w + 1) settle_complete(rt, 0, root);
        else atom32_and(&root->tree.members, ~ROOT_LOST);
        return;
    }
    state_block(slot, w);
    if (members & ROOT_LOST) return;
    rt->owner.lost_trees++;
    decide_lost(rt, root, w);
    atom32_store(&root->status, FILCH_WORKER_LOST); /* whatever was decided: what w held is gone */
}

/* A call of the tree is queued or runs. *states becomes a sum over the states of its calls. */
static bool is_any_active(const filch_runtime *rt, uint32_t root, uint64_t *states)
{
    *states = 0;
    for (uint32_t i = 0; i < plan_slot_count(rt); i++) {
        const filch_slot *slot = &plan_slots(rt)[i];
        if (racy32_load(&slot->tree.root) != root) continue;
        uint64_t state = atom64_load(&slot->state);
        if (!(state & STATE_CLOSED) && (state & (STATE_QUEUED | STATE_WORKERS))) return true;
        *states = (*states + state) * 3;
    }
    return false;
}

/* A worker works on the tree, or will without being asked. A closed member concerns its joiner
 * alone, or its closer, which has the tree in shared.tree until it is through.
 * While the owner looks at one call, the work may go on from another that the owner has not seen
 * yet to one that the owner has seen. So the owner looks twice. In a tree that is to end, a call
 * comes back to no earlier state. So where the states are the same at both looks, all of them were
 * so between the looks, when the owner read shared.tree. */
static bool is_worked_on(const filch_runtime *rt, uint32_t root)
{
    uint64_t before, after, handle = state_handle(rt, root);
    if (is_any_active(rt, root, &before)) return true;
    for (uint32_t w = 0; w < plan_worker_count(rt); w++) {
        if (atom64_load(&plan_workers(rt)[w].shared.tree) == handle) return true;
    }
    uint64_t state = atom64_load(&plan_slots(rt)[root].state);
    bool is_closed = (state & STATE_CLOSED) && !(state & STATE_BLOCKED);
    if (is_closed && !(atom32_load(&plan_slots(rt)[root].tree.members) & ROOT_CLOSED)) return true;
    return is_any_active(rt, root, &after) || before != after;
}

/* Frees the members of a lost tree, and completes its root. */
static void sweep(filch_runtime *rt, uint32_t root)
{
    for (uint32_t i = 0; i < plan_slot_count(rt); i++) {
        filch_slot *slot = &plan_slots(rt)[i];
        if (racy32_load(&slot->tree.root) != root) continue;
        wait_take(rt, i);
        if (i == root) continue;
        atom32_store(&slot->tree.root, i);
        if (!(atom64_load(&slot->state) & STATE_IN_USE)) continue;
        range_clear(rt, i);
        state_end(slot);
        slots_give(rt, i);
    }
    filch_slot *slot = &plan_slots(rt)[root];
    rt->owner.lost_trees--;
    atom32_store(&slot->tree.members, ROOT_LOST | LISTER_OWNER << 16);
    atom64_store(&slot->state, (atom64_load(&slot->state) & ~STATE_IN_USE) | STATE_CLOSED);
    range_clear(rt, root);
    settle_complete(rt, 0, slot);
}

bool recover_try_sweep(filch_runtime *rt)
{
    bool swept = false;
    for (uint32_t i = 0; rt->owner.lost_trees && i < plan_slot_count(rt); i++) {
        uint32_t members = atom32_load(&plan_slots(rt)[i].tree.members);
        if (!(members & ROOT_LOST) || ROOT_LISTER(members) || is_worked_on(rt, i)) continue;
        sweep(rt, i);
        swept = true;
    }
    return swept;
}

/* The lost worker w ran in this task. */
static void recover_task(filch_runtime *rt, uint32_t w, filch_slot *slot)
{
    uint64_t state = atom64_load(&slot->state);
    if (slot->kind == KIND_RESERVED && !(state & STATE_CLOSED)) {
        state_end(slot);
        /* w may have died in the middle of tree_spawn() */
        atom32_store(&slot->tree.root, slot_index(rt, slot));
        slots_give(rt, slot_index(rt, slot));
        return;
    }
    if (slot->kind == FILCH_FORKING || tree_is_member(rt, slot) ||
        atom32_load(&slot->tree.members)) {
        lose_tree(rt, slot, w);
        return;
    }
    if (atom64_load(&slot->done) != slot->loop.total) decide_lost(rt, slot, w);
    /* Of a reduction that has run whole only the result is missing: another worker combines. */
    if (reduce_has_run(rt, slot) && !(state & STATE_CLOSED)) {
        wait_take(rt, slot_index(rt, slot)); /* w may have been about to wait */
        state_yield_needs_item(slot, w);     /* recover_worker() injects all that is queued */
        return;
    }
    uint64_t handle = handle_of(slot_index(rt, slot), state_generation(state));
    if ((state & STATE_CLOSED) || state_leave_is_last(slot, w)) settle_closed(rt, 0, slot);
    else settle_try_idle(rt, 0, handle);
}

/* The state of the slot, and whether it is a member, both of one moment. */
static uint64_t state_with_kind(const filch_runtime *rt, const filch_slot *slot, bool *is_member)
{
    for (;;) {
        uint64_t state = atom64_load(&slot->state);
        *is_member = tree_is_member(rt, slot);
        if (atom64_load(&slot->state) == state) return state;
    }
}

/* Recovers every task that the lost worker w was concerned with. */
static void recover_tasks(filch_runtime *rt, uint32_t w)
{
    for (uint32_t i = 0; i < plan_slot_count(rt); i++) {
        filch_slot *slot = &plan_slots(rt)[i];
        bool is_member;
        uint64_t state = state_with_kind(rt, slot, &is_member);
        if (slot->stage != NOT_COMPLETED) continue;
        if (!(state & STATE_WORKER(w))) {
            /* w may have left the task, and not looked whether that was to end. A slot without a
             * worker is no worker's reserve: so it has a submitted task, or none. */
            bool is_idle = (state & STATE_IN_USE) && !(state & STATE_WORKERS);
            bool is_alone = !is_member && !atom32_load(&slot->tree.members);
            uint64_t handle = handle_of(i, state_generation(state));
            if (is_idle && is_alone && settle_try_idle(rt, 0, handle)) continue;
            /* Or w may have paused the task, and not looked whether that is resumed. */
            if (!is_member && !atom32_load(&slot->is_paused)) state_try_unpause(slot);
            continue;
        }
        /* A closer's bit stays. Of a closed member it means nothing: another worker may be
         * releasing the member, and if w was not through with it, shared.tree told. Of a closed
         * root that waits for its members: none of it was w's any more. */
        uint32_t members = atom32_load(&slot->tree.members);
        bool root_waits = (members & ROOT_CLOSED) && ROOT_LISTER(members) != w + 1;
        if ((state & STATE_CLOSED) && (is_member || root_waits)) continue;
        recover_task(rt, w, slot);
    }
}

/* The lost worker w may have left a loop that waits, and have died before it had armed the wait, or
 * before it had queued the loop again whose wait had ended. The owner does so in its place. */
static void recover_waits(filch_runtime *rt, uint32_t w)
{
    for (uint32_t i = 0; plan_event_count(rt) && i < plan_slot_count(rt); i++) {
        filch_slot *slot = &plan_slots(rt)[i];
        uint64_t word = wait_load(rt, i), state = atom64_load(&slot->state);
        if (wait_worker_of(word) != w || (state & STATE_IN_USE) != STATE_BLOCKED) continue;
        if (wait_phase_of(word) == WAIT_REGISTERED && wait_try_arm(rt, i, word)) continue;
        /* recover_worker() injects all that is queued */
        if (wait_phase_of(wait_load(rt, i)) == WAIT_EARLY)
            state_try_unwait(slot, state_generation(state), STATE_QUEUED);
    }
}

void recover_worker(filch_runtime *rt, uint32_t index)
{
    filch_worker *w = &plan_workers(rt)[index];
    atom64_store(&w->shared.loop, 0);
    atom32_store(&w->shared.priority, PRIORITIES);
    atom32_store(&w->shared.recalled, 0);
    completions_collect(rt); /* after this, what w has closed is in the list, or never will be */
    uint64_t tree = atom64_load(&w->shared.tree);
    atom64_store(&w->shared.tree, 0);
    filch_slot *root = tree ? state_find(rt, tree) : 0;
    if (root && root->stage == NOT_COMPLETED) lose_tree(rt, root, index);
    recover_tasks(rt, index);
    recover_waits(rt, index);
    w->slot = 0; /* the next of this number is in no task before it runs */
    w->tree.reserve = w->tree.reserved = 0;
    w->returns_idle = w->is_idle = false;
    /* First: with the bits of w a notification of what is queued would rely on w to search. */
    sleep_recover(rt, index);
    rt->owner.inject_next = 0;
    queue_try_inject_again(rt);
    for (uint32_t v = 0; rt->owner.lost_trees && v < plan_worker_count(rt); v++)
        request_preempt(rt, v);
    /* For what w has completed, or a tree that no worker is left in. And w may have died between
     * making the doorbell 0 and notifying: the owner's wait would not end. */
    atom32_store(&rt->doorbell, 1);
    completions_try_notify(rt);
}
