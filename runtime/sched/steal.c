#include "sched/steal.h"

#include "core/deque.h"
#include "core/range.h"
#include "core/slots.h"
#include "core/state.h"
#include "core/trace.h"
#include "core/tree.h"
#include "sched/completions.h"

static uint32_t random_below(filch_worker *w, uint32_t n)
{
    uint32_t x = w->steal.random;
    x ^= x << 13; /* Marsaglia, Xorshift RNGs, 2003 */
    x ^= x >> 17;
    x ^= x << 5;
    w->steal.random = x;
    return (uint32_t)((uint64_t)x * n >> 32);
}

/* w runs in this task from now on. */
static void enter(filch_runtime *rt, filch_worker *w, uint32_t index)
{
    filch_slot *slot = &plan_slots(rt)[index];
    FILCH_INVARIANT(!w->slot);
    worker_set_slot(rt, w, slot);
    if (slot->kind != FILCH_PARALLEL) return;
    /* Only a parallel loop can be joined, so thieves need to know of no other task. */
    atom64_store(&w->shared.loop, handle_of(index, state_generation(atom64_load(&slot->state))));
}

/* Only a parallel loop has something to do for a further worker. Its kind is older than its handle,
 * so this is the kind of the task that the handle names. */
static bool try_join(filch_slot *slot, uint32_t w, uint64_t handle)
{
    return tree_kind(slot) == FILCH_PARALLEL && state_try_join(slot, w, handle);
}

static bool try_take(filch_runtime *rt, filch_worker *w, uint32_t item, uint32_t priority)
{
    uint32_t index = item_slot(item);
    if (FILCH_CORRUPT_IF(index >= plan_slot_count(rt))) return false;
    filch_slot *slot = &plan_slots(rt)[index];
    /* A task that was made less urgent has another item, in the queue of its new priority. */
    if (tree_priority(rt, slot) > priority) return false;
    if (!state_try_take(slot, worker_index(rt, w), item)) return false;
    if (atom32_load(&slot->tree.is_private)) atom32_store(&slot->tree.is_private, 0);
    w->steal.has_joined = false;
    enter(rt, w, index);
    return true;
}

/* Steals from the deque until an item names a task that w can take. */
static bool try_steal_from(filch_runtime *rt, filch_worker *w, filch_deque *d, uint32_t priority,
                           bool *contended)
{
    /* A deque has no more items than slots, but for a page that writes others all the time. */
    for (uint32_t i = 0; i <= SLOTS_MAX; i++) {
        uint32_t item = deque_steal(rt, d);
        if (item == ITEM_LOST) {
            *contended = true;
            count(w, COUNT_steals_lost, 1);
        }
        if (item == ITEM_LOST || item == ITEM_NONE) return false;
        if (try_take(rt, w, item, priority)) return true;
    }
    return false;
}

static bool try_steal_from_injector(filch_runtime *rt, filch_worker *w, uint32_t priority,
                                    bool *contended)
{
    if (deque_is_empty(&rt->injector[priority])) return false;
    bool found = try_steal_from(rt, w, &rt->injector[priority], priority, contended);
    /* There is space now. Either the owner has seen the space, or w sees that the owner waits
     * for it. */
    uint32_t wanted = SPACE_WANTED;
    if (atom32_load(&rt->injector_space) == SPACE_WANTED &&
        atom32_cas(&rt->injector_space, &wanted, SPACE_MADE)) {
        completions_try_notify(rt);
    }
    return found;
}

__attribute__((noinline)) bool steal_is_deferred(const filch_runtime *rt, uint32_t item)
{
    if (item_slot(item) >= plan_slot_count(rt)) return false;
    const filch_slot *slot = &plan_slots(rt)[item_slot(item)];
    return !tree_is_member(rt, slot) && !atom32_load(&slot->helpers);
}

static uint32_t oldest_of(const filch_runtime *rt, const filch_deque *d)
{
    return deque_item(rt, d, atom32_load(&d->top));
}

/* w's deque has deferred tasks at both ends: w takes the oldest. What else it may have is of trees,
 * which go on depth first. */
static bool has_deferred(const filch_runtime *rt, const filch_worker *w, const filch_deque *own)
{
    return atom32_load(&rt->deferred) >> worker_index(rt, w) & 1 &&
           steal_is_deferred(rt, oldest_of(rt, own)) &&
           steal_is_deferred(rt, deque_item(rt, own, racy32_load(&own->bottom) - 1));
}

static bool try_pop(filch_runtime *rt, filch_worker *w, uint32_t priority)
{
    filch_deque *own = &w->deques[priority];
    for (uint32_t i = 0; i <= SLOTS_MAX && !has_deferred(rt, w, own); i++) {
        uint32_t item = deque_pop(rt, own);
        if (item == ITEM_NONE) return false;
        if (try_take(rt, w, item, priority)) return true;
    }
    return false;
}

/* The i-th victim, 0 to worker_count: the favourite, then the others from `first` on. NULL: w
 * itself. */
static filch_worker *victim_of(filch_runtime *rt, const filch_worker *w, uint32_t first, uint32_t i)
{
    uint32_t v = (i ? first + i - 1 : w->steal.favourite) % plan_worker_count(rt);
    return v == worker_index(rt, w) ? 0 : &plan_workers(rt)[v];
}

static void note_steal(filch_runtime *rt, filch_worker *w, const filch_worker *victim)
{
    w->steal.favourite = worker_index(rt, victim);
    count(w, COUNT_steals, 1);
    if (!trace_is_on(rt)) return;
    double now = (double)clock_ns();
    filch_event event = {
        .begin = now, .end = now, .what = worker_index(rt, victim), .kind = EVENT_STEAL};
    trace_event(rt, w, event);
}

/* Slots are scarce, and the task needs some: it may have to wait for others. */
static bool is_kept_back(const filch_runtime *rt, uint32_t item)
{
    bool is_fork = tree_kind(&plan_slots(rt)[item_slot(item)]) == FILCH_FORKING;
    return is_fork && slots_free_count(rt) < plan_scarce(rt);
}

/* Takes the oldest deferred task, with `all` also one that is kept back. */
static bool try_deferred(filch_runtime *rt, filch_worker *w, uint32_t priority, bool all,
                         bool *contended)
{
    uint32_t workers = atom32_load(&rt->deferred), first = 0;
    filch_deque *from = 0;
    for (uint32_t v = 0; workers && v < plan_worker_count(rt); v++, workers >>= 1) {
        filch_deque *d = &plan_workers(rt)[v].deques[priority];
        uint32_t item = workers & 1 ? oldest_of(rt, d) : ITEM_NONE;
        if (!steal_is_deferred(rt, item) || (!all && is_kept_back(rt, item))) continue;
        uint32_t place = racy32_load(&plan_slots(rt)[item_slot(item)].place);
        if (from && (int32_t)(place - first) > 0) continue;
        first = place;
        from = d;
    }
    return from && try_steal_from(rt, w, from, priority, contended);
}

bool steal_try_deferred(filch_runtime *rt, filch_worker *w, uint32_t priority)
{
    bool contended;
    return try_deferred(rt, w, priority, true, &contended);
}

/* The inbox of this worker may have items, of this priority. */
static bool has_inbox(const filch_runtime *rt, uint32_t worker, uint32_t priority)
{
    if (priority != INBOX_PRIORITY || !plan_event_count(rt)) return false;
    return atom32_load(&rt->inboxes) >> worker & 1;
}

/* The same, for any worker. */
static bool has_any_inbox(const filch_runtime *rt, uint32_t priority)
{
    for (uint32_t v = 0; v < plan_worker_count(rt); v++) {
        if (has_inbox(rt, v, priority) && !deque_is_empty(&plan_workers(rt)[v].inbox)) return true;
    }
    return false;
}

/* Not inlined: most programs have no task that waits. */
__attribute__((noinline)) static bool
try_inbox(filch_runtime *rt, filch_worker *w, filch_worker *of, uint32_t priority, bool *contended)
{
    return has_inbox(rt, worker_index(rt, of), priority) &&
           try_steal_from(rt, w, &of->inbox, priority, contended);
}

/* From the worker's own inbox on, round the others. */
__attribute__((noinline)) static bool try_inboxes(filch_runtime *rt, filch_worker *w,
                                                  uint32_t priority, bool *contended)
{
    uint32_t workers = plan_worker_count(rt), own = worker_index(rt, w);
    for (uint32_t i = 0; i < workers; i++) {
        filch_worker *of = &plan_workers(rt)[(own + i) % workers];
        if (try_inbox(rt, w, of, priority, contended)) return true;
    }
    return false;
}

static bool try_queues(filch_runtime *rt, filch_worker *w, uint32_t priority, bool oldest,
                       bool *contended)
{
    if (!oldest && try_pop(rt, w, priority)) return true;
    if (!oldest && try_inbox(rt, w, w, priority, contended)) return true;
    if (try_deferred(rt, w, priority, false, contended)) return true;
    if (try_steal_from_injector(rt, w, priority, contended)) return true;
    /* First: the task that w has left for them stands in its own deque. */
    if (oldest && try_inboxes(rt, w, priority, contended)) return true;
    if ((oldest || atom32_load(&rt->deferred)) &&
        try_steal_from(rt, w, &w->deques[priority], priority, contended))
        return true;
    uint32_t first = random_below(w, plan_worker_count(rt));
    for (uint32_t i = 0; i <= plan_worker_count(rt); i++) {
        filch_worker *victim = victim_of(rt, w, first, i);
        if (!victim) continue;
        count(w, COUNT_steals_tried, 1);
        bool found = try_steal_from(rt, w, &victim->deques[priority], priority, contended) ||
                     try_inbox(rt, w, victim, priority, contended);
        if (!found) continue;
        note_steal(rt, w, victim);
        return true;
    }
    return false;
}

/* The loop that the victim runs, as a handle, if a thief seems to be able to take iterations of
 * it; else 0. */
static uint64_t loop_of(const filch_runtime *rt, const filch_worker *victim)
{
    uint64_t handle = atom64_load(&victim->shared.loop);
    uint32_t index = handle_slot(handle);
    if (!handle || FILCH_CORRUPT_IF(index >= plan_slot_count(rt))) return 0;
    const filch_slot *slot = &plan_slots(rt)[index];
    if (tree_has_ended(rt, slot) || atom32_load(&tree_root(rt, slot)->is_paused)) return 0;
    const atom64 *range = range_at(rt, worker_index(rt, victim), index);
    return range_has_spare(range, racy32_load(&slot->loop.leaf)) ? handle : 0;
}

static uint32_t priority_of_loop(const filch_runtime *rt, uint64_t handle)
{
    return tree_priority(rt, &plan_slots(rt)[handle_slot(handle)]);
}

static bool try_join_loop(filch_runtime *rt, filch_worker *w, uint32_t priority)
{
    uint32_t first = random_below(w, plan_worker_count(rt));
    for (uint32_t i = 0; i <= plan_worker_count(rt); i++) {
        filch_worker *victim = victim_of(rt, w, first, i);
        uint64_t handle = victim ? loop_of(rt, victim) : 0;
        if (!handle || priority_of_loop(rt, handle) != priority) continue;
        if (!try_join(&plan_slots(rt)[handle_slot(handle)], worker_index(rt, w), handle)) continue;
        w->steal.favourite = worker_index(rt, victim);
        w->steal.has_joined = true;
        enter(rt, w, handle_slot(handle));
        return true;
    }
    return false;
}

bool steal_try_task(filch_runtime *rt, filch_worker *w, bool oldest)
{
    bool upwards = (w->steal.tick + 1) % FAIRNESS == 0;
    w->preempt.is_fair = false;
    for (;;) {
        bool contended = false;
        count(w, COUNT_attempts, 1);
        for (uint32_t i = 0; i < PRIORITIES; i++) {
            uint32_t priority = upwards ? PRIORITIES - 1 - i : i;
            bool found = try_queues(rt, w, priority, oldest || upwards, &contended);
            if (!found && !try_join_loop(rt, w, priority)) continue;
            w->preempt.is_fair = upwards && steal_has_urgent(rt, w, priority, false);
            w->steal.tick++;
            return true;
        }
        if (contended) continue;
        uint32_t bit = (uint32_t)1 << worker_index(rt, w); /* its own deques are empty */
        if (atom32_load(&rt->deferred) & bit) atom32_and(&rt->deferred, ~bit);
        w->steal.tick = 0; /* nothing less urgent waits */
        return false;
    }
}

bool steal_try_this(filch_runtime *rt, filch_worker *w, uint64_t handle)
{
    uint32_t index = handle_slot(handle), own = worker_index(rt, w);
    if (FILCH_CORRUPT_IF(index >= plan_slot_count(rt))) return false;
    filch_slot *slot = &plan_slots(rt)[index];
    uint32_t item = item_of(index, state_free(handle_generation(handle)));
    w->preempt.is_fair = false;
    w->steal.has_joined = !state_try_take(slot, own, item);
    if (w->steal.has_joined && !try_join(slot, own, handle)) return false;
    enter(rt, w, index);
    return true;
}

/* A thief takes one of so many parts per worker: the less is left, the less it takes
 * (Polychronopoulos and Kuck, Guided self-scheduling, 1987), but some chunks at least. It takes
 * them from the front, as the victim does. So a loop runs in about the order of its range, an
 * iteration that takes long begins in its turn, and costs that rise or fall along the range
 * leave no worker with a long tail. */
#define PARTS 8
#define CHUNKS 2

/* Takes all that is left in a range whose holder does not run in the task, a part of it where
 * the holder does: the holder may be in the middle of a leaf. The range is read first, then the
 * state: a holder that enters after that has claimed from the range, and the compare-exchange
 * fails. */
static range split_range(filch_runtime *rt, filch_worker *w, uint32_t holder, uint32_t chunk)
{
    const filch_slot *slot = worker_slot(rt, w);
    atom64 *word_at = range_at(rt, holder, slot_index(rt, slot));
    uint64_t word = atom64_load(word_at);
    for (;;) {
        uint32_t length = range_length(range_unpack(word)),
                 part = length / (PARTS * plan_worker_count(rt));
        if (!length) return (range){0, 0};
        uint32_t least = chunk < length ? CHUNKS * chunk : length,
                 share = part < least ? least : part;
        bool has_worker =
            holder != range_home(rt) && (atom64_load(&slot->state) & STATE_WORKER(holder));
        uint32_t leaf = racy32_load(&slot->loop.leaf);
        range taken;
        if (!range_try_split(word_at, &word, has_worker ? share : RANGE_ALL, leaf, &taken))
            continue;
        if (range_length(taken) && has_worker) count(w, COUNT_splits, 1);
        return taken;
    }
}

uint32_t steal_iterations(filch_runtime *rt, filch_worker *w, uint32_t chunk)
{
    uint32_t holders = plan_worker_count(rt) + 1, own = worker_index(rt, w);
    for (uint32_t i = 0; i < holders; i++) {
        uint32_t holder = (range_home(rt) + i) % holders; /* home first: a loop starts there */
        range r = holder == own ? (range){0, 0} : split_range(rt, w, holder, chunk);
        if (!range_length(r)) continue;
        atom64 *mine = range_at(rt, own, slot_index(rt, worker_slot(rt, w)));
        FILCH_INVARIANT(!range_length(range_unpack(FILCH_PEEK(mine))));
        atom64_store(mine, range_pack(r));
        return range_length(r);
    }
    return 0;
}

/* Not inlined: its many callers run once per task, or have nothing to do. */
__attribute__((noinline)) bool steal_has_queued(const filch_runtime *rt, uint32_t priority)
{
    if (!deque_is_empty(&rt->injector[priority])) return true;
    for (uint32_t v = 0; v < plan_worker_count(rt); v++) {
        const filch_worker *victim = &plan_workers(rt)[v];
        if (!deque_is_empty(&victim->deques[priority])) return true;
        if (has_inbox(rt, v, priority) && !deque_is_empty(&victim->inbox)) return true;
    }
    return false;
}

bool steal_is_possible(filch_runtime *rt, const filch_worker *w)
{
    for (uint32_t priority = 0; priority < PRIORITIES; priority++) {
        if (steal_has_queued(rt, priority)) return true;
    }
    for (uint32_t v = 0; v < plan_worker_count(rt); v++) {
        if (v != worker_index(rt, w) && loop_of(rt, &plan_workers(rt)[v])) return true;
    }
    return false;
}

bool steal_has_waiting(filch_runtime *rt, const filch_worker *w)
{
    for (uint32_t priority = 0; priority <= tree_priority(rt, worker_slot(rt, w)); priority++) {
        if (!deque_is_empty(&rt->injector[priority]) || !deque_is_empty(&w->deques[priority]))
            return true;
        if (has_any_inbox(rt, priority)) return true;
    }
    return false;
}

bool steal_is_fair_due(filch_runtime *rt, filch_worker *w)
{
    /* Once due, the fair pick remains the next one until something less urgent waits. */
    if ((w->steal.tick + 1) % FAIRNESS) w->steal.tick++;
    if ((w->steal.tick + 1) % FAIRNESS) return false;
    for (uint32_t priority = tree_priority(rt, worker_slot(rt, w)) + 1; priority < PRIORITIES;
         priority++) {
        if (steal_has_queued(rt, priority)) return true;
    }
    return false;
}

bool steal_has_urgent(const filch_runtime *rt, const filch_worker *w, uint32_t priority,
                      bool as_urgent)
{
    if (as_urgent && (!deque_is_empty(&rt->injector[priority]) || has_any_inbox(rt, priority)))
        return true;
    if (!priority) return false;
    for (uint32_t p = 0; p < priority; p++) {
        if (steal_has_queued(rt, p)) return true;
    }
    for (uint32_t v = 0; v < plan_worker_count(rt); v++) {
        const filch_worker *victim = &plan_workers(rt)[v];
        if (v == worker_index(rt, w) || racy32_load(&victim->shared.priority) >= priority) continue;
        uint64_t handle = loop_of(rt, victim);
        if (handle && priority_of_loop(rt, handle) < priority) return true;
    }
    return false;
}
