#include "owner/control.h"

#include "core/range.h"
#include "core/reduce.h"
#include "core/state.h"
#include "core/tree.h"
#include "core/wait.h"
#include "sched/loop_task.h"
#include "sched/notify.h"
#include "sched/queue.h"
#include "sched/settle.h"
#include "sched/sleep.h"

/* The slot of a submitted task that the handle names. NULL: a stale handle, or a member's. */
static filch_slot *find_root(filch_runtime *rt, uint64_t handle)
{
    filch_slot *slot = state_find(rt, handle);
    return slot && tree_kind(slot) != KIND_RESERVED && !tree_is_member(rt, slot) ? slot : 0;
}

/* An item, at its present priority, for all of the tree that is QUEUED. */
static void inject_tree(filch_runtime *rt, filch_slot *root)
{
    bool is_tree = atom32_load(&root->tree.members) != 0;
    uint32_t first = is_tree ? 0 : slot_index(rt, root),
             end = is_tree ? plan_slot_count(rt) : first + 1;
    for (uint32_t i = first; i < end; i++) {
        filch_slot *slot = &plan_slots(rt)[i];
        /* A task that waits for others keeps a place in the injector. */
        uint64_t queued = slot == root ? STATE_QUEUED | STATE_BLOCKED : STATE_QUEUED;
        if (tree_root(rt, slot) != root || !(atom64_load(&slot->state) & queued)) continue;
        if (!tree_is_private(rt, slot)) queue_inject(rt, i);
    }
}

/* The task was paused; or it waited, and is to end. True: it is QUEUED. */
static bool try_go_on(filch_runtime *rt, filch_slot *slot)
{
    if (state_try_unpause(slot)) return true;
    return plan_event_count(rt) && tree_has_ended(rt, slot) && wait_try_release(rt, slot);
}

static void resume_tree(filch_runtime *rt, filch_slot *root)
{
    /* first: a worker that pauses a task of the tree later reads it again */
    atom32_store(&root->is_paused, 0);
    if (try_go_on(rt, root)) queue_inject(rt, slot_index(rt, root));
    if (!atom32_load(&root->tree.members)) return;
    for (uint32_t i = 0; i < plan_slot_count(rt); i++) {
        filch_slot *slot = &plan_slots(rt)[i];
        if (tree_root(rt, slot) == root && slot != root && try_go_on(rt, slot)) queue_inject(rt, i);
    }
}

/* Keeps a queued task that is to pause out of the queues, unless it is to end. A thread that
 * decides the end does so first, and then looks for what is PAUSED. */
static void pause_queued(filch_runtime *rt, filch_slot *slot, uint64_t handle)
{
    if (tree_has_ended(rt, slot) || !state_try_pause_queued(slot, handle)) return;
    if (tree_has_ended(rt, slot) && state_try_unpause(slot)) queue_inject(rt, slot_index(rt, slot));
}

/* Each worker that runs in the root, or may run in one of its members, looks up. */
static void request_preempt_tree(filch_runtime *rt, const filch_slot *root, uint32_t running)
{
    for (uint32_t w = 0; w < plan_worker_count(rt); w++) {
        if (running >> w & 1 || atom32_load(&root->tree.members)) request_preempt(rt, w);
    }
}

bool control_try_pause(filch_runtime *rt, uint64_t handle)
{
    filch_slot *slot = find_root(rt, handle);
    if (!slot) return false;
    atom32_store(&slot->is_paused, 1);
    pause_queued(rt, slot, handle);
    request_preempt_tree(rt, slot, (uint32_t)(atom64_load(&slot->state) & STATE_WORKERS));
    return true;
}

bool control_try_resume(filch_runtime *rt, uint64_t handle)
{
    filch_slot *slot = find_root(rt, handle);
    if (slot) resume_tree(rt, slot);
    return slot;
}

/* A worker runs in the task, or will, to pause it: a worker may be about to queue the task, whose
 * wait has ended. */
static bool is_busy(const filch_runtime *rt, const filch_slot *slot)
{
    uint64_t state = atom64_load(&slot->state);
    if (state & (STATE_WORKERS | STATE_QUEUED)) return true;
    if (!plan_event_count(rt) || !(state & STATE_BLOCKED)) return false;
    return wait_phase_of(wait_load(rt, slot_index(rt, slot))) == WAIT_EARLY;
}

filch_pause_state control_pause_state(filch_runtime *rt, uint64_t handle)
{
    filch_slot *root = find_root(rt, handle);
    if (!root || !atom32_load(&root->is_paused)) return PAUSE_NONE;
    pause_queued(rt, root, handle); /* a worker that has not seen the pause may have queued it */
    if (!atom32_load(&root->tree.members)) {
        return is_busy(rt, root) ? PAUSE_PENDING : PAUSE_DONE;
    }
    for (uint32_t i = 0; i < plan_slot_count(rt); i++) {
        filch_slot *slot = &plan_slots(rt)[i];
        if (tree_root(rt, slot) != root || (atom64_load(&slot->state) & STATE_CLOSED)) continue;
        if (atom64_load(&slot->state) & STATE_WORKERS) return PAUSE_PENDING;
    }
    return PAUSE_DONE;
}

/* -- priority -- */
__attribute__((noinline)) static void change_priority(filch_runtime *rt, filch_slot *root,
                                                      uint32_t priority)
{
    atom32_store(&root->priority, priority);
    inject_tree(rt, root);
    bool is_tree = atom32_load(&root->tree.members) != 0;
    uint32_t running = (uint32_t)(atom64_load(&root->state) & STATE_WORKERS);
    request_preempt_tree(rt, root, running);
    /* another worker may leave its task for it */
    if (running || is_tree) notify_work(rt, priority, 1);
}

/* The task's own priority, or that of a more urgent dependent that waits for it. */
static uint32_t urgency_of(const filch_runtime *rt, const filch_slot *slot)
{
    uint32_t priority = slot->own_priority, edges = plan_slot_count(rt) * DEPENDENCIES_MAX;
    uint32_t link = atom32_load(&slot->deps.dependents);
    /* A worker that completes the task may turn the list round meanwhile: then nothing depends on
     * the answer. Corrupt links may form a circle. */
    for (uint32_t i = 0; i < edges && priority && link && link <= edges; i++) {
        const filch_slot *dependent = &plan_slots(rt)[(link - 1) / DEPENDENCIES_MAX];
        uint32_t other = atom32_load(&dependent->priority);
        if (other < priority && (atom64_load(&dependent->state) & STATE_BLOCKED)) priority = other;
        link = atom32_load(&plan_edges(rt)[link - 1]);
    }
    return priority;
}

/* The same for a dependency, where only this dependent has changed: it is BLOCKED and has the
 * priority `asked`, or does not wait any more. */
static uint32_t urgency_after(const filch_runtime *rt, const filch_slot *slot, uint32_t asked)
{
    uint32_t old = atom32_load(&slot->priority);
    if (asked <= old) return asked;
    return old < slot->own_priority ? urgency_of(rt, slot) : old;
}

/* The task's priority has changed, or the task waits no more: every dependency, through any chain,
 * is as urgent as itself and as its dependents. The list of tasks to look at goes through
 * deps.update_next, since a chain may have as many tasks as there are slots. */
static void update_dependencies(filch_runtime *rt, filch_slot *slot)
{
    uint32_t list = slot_index(rt, slot) + 1;
    slot->deps.update_next = SLOT_NONE; /* the end */
    /* In one call priorities only rise, or only fall: no task comes up more often than there are
     * priorities, unless words are corrupt. */
    for (uint32_t n = plan_slot_count(rt) * PRIORITIES; n && list - 1 < plan_slot_count(rt); n--) {
        uint32_t index = list - 1;
        const uint64_t *dependencies = &plan_dependencies(rt)[index * DEPENDENCIES_MAX];
        bool waits = atom64_load(&plan_slots(rt)[index].state) & STATE_BLOCKED;
        uint32_t asked = waits ? atom32_load(&plan_slots(rt)[index].priority) : PRIORITIES;
        list = plan_slots(rt)[index].deps.update_next;
        plan_slots(rt)[index].deps.update_next = 0;
        for (uint32_t i = 0; i < DEPENDENCIES_MAX && dependencies[i]; i++) {
            filch_slot *before = find_root(rt, dependencies[i]);
            if (!before) continue;
            uint32_t priority = urgency_after(rt, before, asked);
            if (priority == atom32_load(&before->priority)) continue;
            change_priority(rt, before, priority);
            if (before->deps.update_next) continue; /* it is in the list */
            before->deps.update_next = list;
            list = slot_index(rt, before) + 1;
        }
    }
}

bool control_try_set_priority(filch_runtime *rt, uint64_t handle, uint32_t priority)
{
    filch_slot *slot = find_root(rt, handle);
    if (!slot) return false;
    slot->own_priority = (uint8_t)priority;
    priority = urgency_of(rt, slot);
    if (atom32_load(&slot->priority) != priority) change_priority(rt, slot, priority);
    update_dependencies(rt, slot);
    return true;
}

/* -- the end -- */
bool control_try_cancel(filch_runtime *rt, uint64_t handle)
{
    filch_slot *slot = find_root(rt, handle);
    if (!slot) return false;
    notify_try_decide(rt, slot, FILCH_CANCELLED);
    resume_tree(rt, slot);
    /* A fork task that has begun may have children: a worker drops it. A worker that begins it
     * after this load of the helpers sees the status, and does not. */
    bool is_fork = tree_kind(slot) == FILCH_FORKING;
    bool needs_worker = is_fork ? atom32_load(&slot->helpers) != 0 : reduce_has_run(rt, slot);
    if (!needs_worker && state_try_close_idle(slot, handle, 0)) settle_closed(rt, 0, slot);
    else if (is_fork || atom32_load(&slot->tree.members)) inject_tree(rt, slot);
    update_dependencies(rt, slot); /* which are as urgent as the task no more */
    return true;
}

void control_stop(filch_runtime *rt)
{
    if (atom32_load(&rt->is_stopped)) return;
    for (uint32_t i = 0; i < plan_slot_count(rt); i++) {
        control_try_cancel(rt, state_handle(rt, i));
    }
    /* last: a worker that sees the stop goes home when it finds nothing of what was cancelled */
    atom32_store(&rt->is_stopped, 1);
    sleep_unpark_all(rt);
}

/* -- what is left of a loop -- */
typedef struct piece_list {
    double *pieces; /* pairs {begin, end} */
    uint32_t most, count;
} piece_list;

static void add_piece(piece_list *list, uint64_t begin, uint64_t end)
{
    if (begin >= end || list->count++ >= list->most) return;
    list->pieces[2 * list->count - 2] = (double)begin;
    list->pieces[2 * list->count - 1] = (double)end;
}

/* Pieces that overlap or touch would come from corrupt ranges alone. */
static void sort_pieces(double *pieces, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        for (uint32_t j = i; j && pieces[2 * j] < pieces[2 * j - 2]; j--) {
            double begin = pieces[2 * j], end = pieces[2 * j + 1];
            pieces[2 * j] = pieces[2 * j - 2];
            pieces[2 * j + 1] = pieces[2 * j - 1];
            pieces[2 * j - 2] = begin;
            pieces[2 * j - 1] = end;
        }
    }
}

uint32_t control_pieces(filch_runtime *rt, uint64_t handle, double *pieces, uint32_t most)
{
    filch_slot *slot = find_root(rt, handle);
    if (!slot || control_pause_state(rt, handle) != PAUSE_DONE) return 0;
    if (slot->kind > FILCH_SEQUENTIAL || atom32_load(&slot->tree.members)) return 0;
    piece_list list = {.pieces = pieces, .most = most};
    for (uint32_t holder = 0; holder <= plan_worker_count(rt); holder++) {
        range r = range_unpack(atom64_load(range_at(rt, holder, slot_index(rt, slot))));
        if (range_length(r)) add_piece(&list, slot->loop.base + r.next, slot->loop.base + r.end);
    }
    add_piece(&list, slot->loop.block_end, slot->loop.piece_end);
    uint64_t begin, end = slot->loop.piece_end;
    for (uint32_t i = slot->loop.piece_next; loop_try_piece(slot, i, &begin, &end); i++)
        add_piece(&list, begin, end);
    sort_pieces(pieces, list.count < most ? list.count : most);
    return list.count;
}
