#include "sched/queue.h"

#include "core/deque.h"
#include "core/state.h"
#include "core/tree.h"
#include "core/wait.h"
#include "sched/completions.h"
#include "sched/notify.h"
#include "sched/steal.h"

/* The item names a task that still is QUEUED. */
static bool is_current(const filch_runtime *rt, uint32_t item)
{
    if (item_slot(item) >= plan_slot_count(rt)) return false;
    uint64_t state = atom64_load(&plan_slots(rt)[item_slot(item)].state);
    return (state & STATE_QUEUED) && item_of(item_slot(item), state) == item;
}

/* Moves the oldest items to the other end of the deque until one is stale or equals `like`, and
 * drops that one. */
static void drop_one(filch_runtime *rt, filch_deque *d, uint32_t like)
{
    for (uint32_t i = 0; i <= plan_mask(rt); i++) {
        uint32_t item = deque_steal(rt, d);
        if (item == like || !is_current(rt, item)) return;
        deque_try_push(rt, d, item);
    }
}

bool queue_try_make_space(filch_runtime *rt, filch_worker *w, uint32_t priority)
{
    filch_deque *own = &w->deques[priority];
    if (!deque_has_room(rt, own)) drop_one(rt, own, ITEM_NONE);
    /* No item is stale, so some task has several: its priority went up and down. */
    for (uint32_t i = 0; i <= plan_mask(rt) && !deque_has_room(rt, own); i++) {
        uint32_t oldest = deque_steal(rt, own);
        drop_one(rt, own, oldest);
        if (is_current(rt, oldest)) deque_try_push(rt, own, oldest);
    }
    return deque_has_room(rt, own);
}

/* One copy: its callers put something into a queue at most once per task. */
__attribute__((noinline)) void queue_push(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    /* First the flag, then the priority: the owner writes the priority first, and then reads the
     * flag. */
    if (atom32_load(&slot->tree.is_private)) atom32_store(&slot->tree.is_private, 0);
    uint32_t priority = tree_priority(rt, slot);
    queue_try_make_space(rt, w, priority);
    deque_try_push(rt, &w->deques[priority],
                   item_of(slot_index(rt, slot), atom64_load(&slot->state)));
}

static void set_deferred(filch_runtime *rt, const filch_worker *w)
{
    uint32_t bit = (uint32_t)1 << worker_index(rt, w);
    if (!(atom32_load(&rt->deferred) & bit)) atom32_or(&rt->deferred, bit);
}

void queue_put_back(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    filch_deque *own = &w->deques[tree_priority(rt, slot)];
    uint32_t place = racy32_load(&slot->place); /* only the order depends on it */
    set_deferred(rt, w);
    /* Once around: what goes after the task is pushed after it. */
    for (uint32_t i = 0, n = deque_length(own); i < n && i <= SLOTS_MAX; i++) {
        uint32_t item = deque_steal(rt, own);
        if (!is_current(rt, item)) continue;
        const filch_slot *other = &plan_slots(rt)[item_slot(item)];
        bool is_before =
            steal_is_deferred(rt, item) && (int32_t)(racy32_load(&other->place) - place) < 0;
        if (slot && !is_before) {
            queue_push(rt, w, slot);
            slot = 0;
        }
        deque_try_push(rt, own, item);
    }
    if (slot) queue_push(rt, w, slot);
}

void queue_unblocked(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    uint32_t index = slot_index(rt, slot), priority = tree_priority(rt, slot);
    uint32_t item = item_of(index, atom64_load(&slot->state));
    /* The worker that takes this item later, reads the state after that: QUEUED. */
    bool is_there = deque_item(rt, &rt->injector[priority], racy32_load(&slot->place)) == item;
    if (!w && !is_there) {
        queue_inject(rt, index);
        return;
    }
    if (!is_there) {
        set_deferred(rt, w);
        queue_push(rt, w, slot);
    }
    notify_work(rt, priority, tree_kind(slot) == FILCH_SEQUENTIAL ? 1 : plan_worker_count(rt));
}

void queue_push_and_notify(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    queue_push(rt, w, slot);
    notify_work(rt, tree_priority(rt, slot), 1);
}

bool queue_try_push_tree(filch_runtime *rt, filch_worker *w, filch_slot *root)
{
    bool found = false;
    for (uint32_t i = 0; i < plan_slot_count(rt); i++) {
        filch_slot *slot = &plan_slots(rt)[i];
        if (root ? tree_root(rt, slot) != root : !tree_has_ended(rt, slot)) continue;
        wait_try_release(rt, slot);
        if (!state_try_unpause(slot) && !(atom64_load(&slot->state) & STATE_QUEUED)) continue;
        queue_push(rt, w, slot);
        found = true;
    }
    w->wake_pending = true;
    return found;
}

/* The injector has as many places as there are slots, but stale items stay in it until a worker
 * steals them. The second try comes after the request for space: either this call sees the
 * space, or the worker that makes it notifies the owner. */
static bool try_inject(filch_runtime *rt, uint32_t priority, uint32_t item)
{
    if (deque_try_push(rt, &rt->injector[priority], item)) return true;
    atom32_store(&rt->injector_space, SPACE_WANTED);
    return deque_try_push(rt, &rt->injector[priority], item);
}

void queue_set_place(filch_runtime *rt, filch_slot *slot)
{
    racy32_store(&slot->place, racy32_load(&rt->injector[tree_priority(rt, slot)].bottom));
}

void queue_inject(filch_runtime *rt, uint32_t index)
{
    filch_slot *slot = &plan_slots(rt)[index];
    uint32_t priority = tree_priority(rt, slot);
    queue_set_place(rt, slot);
    if (!try_inject(rt, priority, item_of(index, atom64_load(&slot->state)))) {
        rt->owner.inject_next = 0; /* reap_next() injects again */
        return;
    }
    notify_work(rt, priority, tree_kind(slot) == FILCH_PARALLEL ? plan_worker_count(rt) : 1);
}

bool queue_try_inject_again(filch_runtime *rt)
{
    for (uint32_t i = rt->owner.inject_next; i < plan_slot_count(rt); i++) {
        filch_slot *slot = &plan_slots(rt)[i];
        uint64_t state = atom64_load(&slot->state);
        rt->owner.inject_next = i;
        if (!(state & STATE_QUEUED) || tree_is_private(rt, slot)) continue;
        if (!try_inject(rt, tree_priority(rt, slot), item_of(i, state))) return false;
    }
    rt->owner.inject_next = plan_slot_count(rt);
    for (uint32_t priority = 0; priority < PRIORITIES; priority++) {
        if (!deque_is_empty(&rt->injector[priority]))
            notify_work(rt, priority, plan_worker_count(rt));
    }
    return true;
}
