#include "owner/submit.h"

#include "core/deque.h"
#include "core/range.h"
#include "core/reduce.h"
#include "core/slots.h"
#include "core/state.h"
#include "core/tree.h"
#include "core/wait.h"
#include "construct/event.h"
#include "owner/control.h"
#include "sched/completions.h"
#include "sched/depend.h"
#include "sched/loop_task.h"
#include "sched/notify.h"
#include "sched/queue.h"

static filch_status check(const filch_runtime *rt, const filch_submission *s)
{
    if (atom32_load(&rt->is_stopped)) return FILCH_STOPPED;
    const filch_kernel *kernel = plan_kernel(rt, s->kernel);
    if (!kernel) return FILCH_UNKNOWN_KERNEL;
    if (s->begin > s->end || s->end > RANGE_MAX) return FILCH_BAD_RANGE;
    if (s->priority >= PRIORITIES) return FILCH_BAD_ARGUMENT;
    if (s->dependency_count > DEPENDENCIES_MAX) return FILCH_BAD_ARGUMENT;
    if (s->wait || s->waited) {
        if (!plan_event_count(rt) || kernel->kind != FILCH_SEQUENTIAL) return FILCH_NO_WAIT;
        bool fits = !s->wait || (!s->dependency_count && wait_is_valid(s->wait));
        if (!fits || s->waited > FILCH_NOT_WAITED) return FILCH_BAD_ARGUMENT;
    }
    return kernel->total_bytes && !s->totals ? FILCH_BAD_ARGUMENT : FILCH_OK;
}

/* The injector has as many places as there are slots, but items of tasks that were cancelled
 * while queued stay in it until a worker steals them. */
static bool injector_has_space(filch_runtime *rt, uint32_t priority)
{
    if (deque_has_room(rt, &rt->injector[priority])) return true;
    /* Then look again: either the owner sees the space, or the worker that makes it notifies the
     * owner. */
    atom32_store(&rt->injector_space, SPACE_WANTED);
    return deque_has_room(rt, &rt->injector[priority]);
}

/* A free slot for a submitted task, or SLOT_NONE. */
static uint32_t take_slot(filch_runtime *rt, uint32_t priority)
{
    if (rt->owner.submitted >= plan_submit_limit(rt) || !injector_has_space(rt, priority))
        return SLOT_NONE;
    return slots_take(rt, 0);
}

/* Iterations that are left to run. */
static uint64_t left_of(const filch_submission *s)
{
    uint64_t left = s->pieces ? 0 : s->end - s->begin;
    for (uint32_t i = 0; i < s->piece_count; i++) {
        uint64_t begin = loop_whole(s->pieces[2 * i]), end = loop_whole(s->pieces[2 * i + 1]);
        if (begin < end) left += end - begin;
    }
    return left;
}

/* For how many workers the task has something to do, as far as the owner knows. For a tree two,
 * though one worker begins it: the owner unparks the other, since a worker that unparks another
 * often shares its core with it, and that one then waits some milliseconds. */
static uint32_t parts_of(const filch_runtime *rt, uint8_t kind, uint64_t left)
{
    if (kind == FILCH_FORKING) return 2;
    if (kind != FILCH_PARALLEL || !left) return 1;
    return left < plan_worker_count(rt) ? (uint32_t)left : plan_worker_count(rt);
}

/* Sets the fields that a submitted task has, but its state and its dependencies. */
static void fill(filch_runtime *rt, filch_slot *slot, const filch_submission *s, uint64_t left)
{
    const filch_kernel *kernel = plan_kernel(rt, s->kernel);
    uint64_t total = s->end - s->begin;
    bool has_leaves = kernel->total_bytes && s->deterministic;
    slot->kernel = (uint16_t)s->kernel;
    tree_set_kind(slot, kernel->kind);
    slot->stage = NOT_COMPLETED;
    slot->failed_begin = slot->failed_end = 0;
    atom64_store(&slot->began_ns, 0);
    atom64_store(&slot->ended_ns, 0);
    atom32_store(&slot->priority, s->priority);
    slot->own_priority = (uint8_t)s->priority;
    slot->deps.update_next = 0;
    atom32_store(&slot->is_paused, 0);
    atom32_store(&slot->status, FILCH_PENDING);
    atom32_store(&slot->helpers, 0);
    atom32_store(&slot->tree.root, slot_index(rt, slot));
    atom32_store(&slot->tree.is_private, 0);
    atom32_store(&slot->tree.members, 0);
    slot->tree.awaited = slot->tree.child = slot->tree.step = 0;
    slot->tree.entry = 0;
    slot->loop.grain = s->grain;
    slot->loop.totals = s->totals;
    atom32_store(&slot->loop.leaf, has_leaves ? reduce_leaf(total) : 0);
    __builtin_memcpy(slot->args, s->args, kernel->args_bytes);
    loop_extent extent = {
        .begin = s->begin, .total = total, .pieces = s->pieces, .piece_count = s->piece_count};
    loop_lay_out(rt, slot, extent);
    /* The range of a fork task is not shared out. */
    if (slot->kind == FILCH_FORKING) {
        atom64_store(range_at(rt, range_home(rt), slot_index(rt, slot)), 0);
    }
    atom64_store(&slot->done, total - left);
}

uint64_t submit_task(filch_runtime *rt, const filch_submission *s, filch_status *why)
{
    *why = check(rt, s);
    if (*why != FILCH_OK) return 0;
    uint32_t index = take_slot(rt, s->priority);
    if (index == SLOT_NONE) {
        *why = FILCH_POOL_FULL;
        return 0;
    }
    filch_slot *slot = &plan_slots(rt)[index];
    uint64_t state = atom64_load(&slot->state);
    if (FILCH_CORRUPT_IF(state & STATE_IN_USE)) { /* a corrupt link led to a slot in use */
        *why = FILCH_CORRUPT;
        return 0;
    }
    rt->owner.submitted++;
    uint64_t total = s->end - s->begin, left = left_of(s);
    if (FILCH_CORRUPT_IF(left > total)) left = total;
    fill(rt, slot, s, left);
    depend_begin(rt, slot, s->dependencies, s->dependency_count);
    queue_set_place(rt, slot);
    if (s->waited) wait_keep(rt, index, (filch_waited)(s->waited - 1));
    bool is_blocked = s->wait ? event_try_begin_wait(rt, index, s->wait) : s->dependency_count;
    /* This store publishes everything above. */
    atom64_store(&slot->state, state | (is_blocked ? STATE_BLOCKED : STATE_QUEUED));
    uint64_t handle = state_handle(rt, index);
    /* Also of a task that waits for others: the item keeps its place. */
    deque_try_push(rt, &rt->injector[s->priority], item_of(index, state));
    if (s->dependency_count) {
        control_try_set_priority(rt, handle, s->priority); /* its dependencies become as urgent */
        if (depend_try_unblock(slot, DEPEND_SUBMISSION)) queue_unblocked(rt, 0, slot);
        return handle;
    }
    if (!is_blocked) notify_work(rt, s->priority, parts_of(rt, slot->kind, left));
    return handle;
}
