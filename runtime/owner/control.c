#include "owner/control.h"

#include "core/range.h"
#include "core/state.h"
#include "core/tree.h"
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
    uint32_t first = is_tree ? 0 : slot_index(rt, root), end = is_tree ? rt->slot_count : first + 1;
    for (uint32_t i = first; i < end; i++) {
        filch_slot *slot = &rt->slots[i];
        bool queued = tree_root(rt, slot) == root && (atom64_load(&slot->state) & STATE_QUEUED);
        if (queued && !tree_is_private(rt, slot)) queue_inject(rt, i);
    }
}

static void resume_tree(filch_runtime *rt, filch_slot *root)
{
    /* first: a worker that pauses a task of the tree later reads it again */
    atom32_store(&root->is_paused, 0);
    if (state_try_unpause(root)) queue_inject(rt, slot_index(rt, root));
    if (!atom32_load(&root->tree.members)) return;
    for (uint32_t i = 0; i < rt->slot_count; i++) {
        filch_slot *slot = &rt->slots[i];
        if (tree_root(rt, slot) == root && slot != root && state_try_unpause(slot))
            queue_inject(rt, i);
    }
}

bool control_try_cancel(filch_runtime *rt, uint64_t handle)
{
    filch_slot *slot = find_root(rt, handle);
    if (!slot) return false;
    notify_try_decide(rt, slot, FILCH_CANCELLED);
    resume_tree(rt, slot);
    /* A fork task that has begun may have children: a worker drops it. A worker that begins it
     * after this load of the helpers sees the status, and does not. */
    bool is_fork = slot->kind == FILCH_FORKING, has_begun = is_fork && atom32_load(&slot->helpers);
    if (!has_begun && state_try_close_idle(slot, handle, 0)) settle_closed(rt, 0, slot);
    else if (is_fork || atom32_load(&slot->tree.members)) inject_tree(rt, slot);
    return true;
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
    for (uint32_t w = 0; w < rt->worker_count; w++) {
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

filch_pause_state control_pause_state(filch_runtime *rt, uint64_t handle)
{
    filch_slot *root = find_root(rt, handle);
    if (!root || !atom32_load(&root->is_paused)) return PAUSE_NONE;
    pause_queued(rt, root, handle); /* a worker that has not seen the pause may have queued it */
    if (!atom32_load(&root->tree.members)) {
        bool is_busy = atom64_load(&root->state) & (STATE_WORKERS | STATE_QUEUED);
        return is_busy ? PAUSE_PENDING : PAUSE_DONE;
    }
    for (uint32_t i = 0; i < rt->slot_count; i++) {
        filch_slot *slot = &rt->slots[i];
        if (tree_root(rt, slot) != root || (atom64_load(&slot->state) & STATE_CLOSED)) continue;
        if (atom64_load(&slot->state) & STATE_WORKERS) return PAUSE_PENDING;
    }
    return PAUSE_DONE;
}

/* -- priority -- */
static void change_priority(filch_runtime *rt, filch_slot *root, uint32_t priority)
{
    atom32_store(&root->priority, priority);
    inject_tree(rt, root);
    bool is_tree = atom32_load(&root->tree.members) != 0;
    uint32_t running = (uint32_t)(atom64_load(&root->state) & STATE_WORKERS);
    request_preempt_tree(rt, root, running);
    /* another worker may leave its task for it */
    if (running || is_tree) notify_work(rt, priority, 1);
}

/* The given priority, or that of a dependent that is more urgent. */
static uint32_t inherited_priority(const filch_runtime *rt, uint64_t handle, uint32_t priority)
{
    for (uint32_t edge = 0; edge < rt->slot_count * DEPENDENCIES_MAX; edge++) {
        const filch_slot *dependent = &rt->slots[edge / DEPENDENCIES_MAX];
        if (rt->dependencies[edge] != handle) continue;
        if (!(atom64_load(&dependent->state) & STATE_BLOCKED)) continue;
        uint32_t other = atom32_load(&dependent->priority);
        if (other < priority) priority = other;
    }
    return priority;
}

/* Makes every dependency of the task, through any chain, at least as urgent. The list of tasks
 * to look at goes through deps.raise_next, since a chain may have as many tasks as there are
 * slots. */
static void raise_dependencies(filch_runtime *rt, filch_slot *slot, uint32_t priority)
{
    uint32_t list = slot_index(rt, slot) + 1;
    slot->deps.raise_next = 0;
    while (list) {
        uint32_t index = list - 1;
        const uint64_t *dependencies = &rt->dependencies[index * DEPENDENCIES_MAX];
        list = rt->slots[index].deps.raise_next;
        for (uint32_t i = 0; i < DEPENDENCIES_MAX && dependencies[i]; i++) {
            filch_slot *before = find_root(rt, dependencies[i]);
            if (!before || atom32_load(&before->priority) <= priority) continue;
            change_priority(rt, before, priority);
            before->deps.raise_next = list;
            list = slot_index(rt, before) + 1;
        }
    }
}

bool control_try_set_priority(filch_runtime *rt, uint64_t handle, uint32_t priority)
{
    filch_slot *slot = find_root(rt, handle);
    if (!slot) return false;
    uint32_t old = atom32_load(&slot->priority);
    if (priority > old) priority = inherited_priority(rt, handle, priority);
    if (old != priority) change_priority(rt, slot, priority);
    raise_dependencies(rt, slot, priority);
    return true;
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
    for (uint32_t holder = 0; holder <= rt->worker_count; holder++) {
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

void control_stop(filch_runtime *rt)
{
    if (atom32_load(&rt->is_stopped)) return;
    for (uint32_t i = 0; i < rt->slot_count; i++) {
        control_try_cancel(rt, handle_of(i, state_generation(atom64_load(&rt->slots[i].state))));
    }
    /* last: a worker that sees the stop goes home when it finds nothing of what was cancelled */
    atom32_store(&rt->is_stopped, 1);
    sleep_unpark_all(rt);
}
