#include "search.h"

#include "done.h"
#include "frame.h"
#include "life.h"
#include "trace.h"
#include "tree.h"

static uint32_t random_below(filch_worker *w, uint32_t n)
{
    w->random ^= w->random << 13; /* Marsaglia, Xorshift RNGs, 2003 */
    w->random ^= w->random >> 17;
    w->random ^= w->random << 5;
    return (uint32_t)((uint64_t)w->random * n >> 32);
}

static void engage(filch_runtime *rt, filch_worker *w, uint32_t index)
{
    filch_slot *slot = &rt->slots[index];
    w->slot = slot;
    /* Only a parallel loop can be joined, so only that is told. */
    if (slot->kind == FILCH_PARALLEL) {
        atom64_store(&w->current, handle_of(index, life_generation(atom64_load(&slot->life))));
    }
}

/* A task that was made less urgent has another item, at its new level: this one counts no more. */
static bool take(filch_runtime *rt, filch_worker *w, uint32_t item, uint32_t level)
{
    uint32_t index = item_slot(item);
    if (index >= rt->slot_count || tree_level(rt, &rt->slots[index]) > level) return false;
    if (!life_take(&rt->slots[index], w->view.worker, item)) return false;
    if (atom32_load(&rt->slots[index].hidden)) atom32_store(&rt->slots[index].hidden, 0);
    w->joined = false;
    engage(rt, w, index);
    return true;
}

/* Steals from the deque until an item is worth something. */
static bool steal_from(filch_runtime *rt, filch_worker *w, filch_deque *d, uint32_t level, bool *contended)
{
    for (;;) {
        uint32_t item = deque_steal(d);
        if (item == ITEM_LOST) {
            *contended = true;
            count(w, COUNT_steals_lost, 1);
        }
        if (item == ITEM_LOST || item == ITEM_NONE) return false;
        if (take(rt, w, item, level)) return true;
    }
}

static bool steal_from_injector(filch_runtime *rt, filch_worker *w, uint32_t level, bool *contended)
{
    if (deque_empty(&rt->injector[level])) return false;
    bool found = steal_from(rt, w, &rt->injector[level], level, contended);
    /* There is room now. Either the owner has seen it, or this sees that the owner waits for it. */
    uint32_t wanted = ROOM_WANTED;
    if (atom32_load(&rt->room) == ROOM_WANTED && atom32_cas(&rt->room, &wanted, ROOM_MADE)) done_ring(rt);
    return found;
}

static bool pop_own(filch_runtime *rt, filch_worker *w, uint32_t level)
{
    for (;;) {
        uint32_t item = deque_pop(&w->deques[level]);
        if (item == ITEM_NONE) return false;
        if (take(rt, w, item, level)) return true;
    }
}

static filch_worker *victim(filch_runtime *rt, const filch_worker *w, uint32_t first, uint32_t i)
{
    uint32_t v = (i ? first + i - 1 : w->favourite) % rt->worker_count;
    return v == w->view.worker ? 0 : &rt->workers[v];
}

static bool steal_at_level(filch_runtime *rt, filch_worker *w, uint32_t level, bool oldest, bool *contended)
{
    filch_deque *own = &w->deques[level];
    if (!oldest && pop_own(rt, w, level)) return true;
    if (steal_from_injector(rt, w, level, contended)) return true;
    if (oldest && steal_from(rt, w, own, level, contended)) return true;
    uint32_t first = random_below(w, rt->worker_count);
    for (uint32_t i = 0; i <= rt->worker_count; i++) {
        filch_worker *v = victim(rt, w, first, i);
        if (!v) continue;
        count(w, COUNT_steals_tried, 1);
        if (!steal_from(rt, w, &v->deques[level], level, contended)) continue;
        w->favourite = v->view.worker;
        count(w, COUNT_steals, 1);
        if (trace_on(rt)) trace_event(rt, w, EVENT_STEAL, clock_ns(), clock_ns(), v->view.worker, 0);
        return true;
    }
    return false;
}

/* The loop that worker v is running, as a handle, if it seems to have iterations that could be taken; else 0. */
static uint64_t loop_of(const filch_runtime *rt, const filch_worker *v)
{
    uint64_t handle = atom64_load(&v->current);
    uint32_t index = handle_slot(handle);
    if (!handle || index >= rt->slot_count) return 0;
    const filch_slot *slot = &rt->slots[index];
    if (tree_ended(rt, slot) || atom32_load(&tree_root(rt, slot)->paused)) return 0;
    return frame_spare(frame_of(rt, v->view.worker, index), racy32_load(&slot->leaf)) ? handle : 0;
}

static uint32_t level_of_loop(const filch_runtime *rt, uint64_t handle) { return tree_level(rt, &rt->slots[handle_slot(handle)]); }

static bool join_loop(filch_runtime *rt, filch_worker *w, uint32_t level)
{
    uint32_t first = random_below(w, rt->worker_count);
    for (uint32_t i = 0; i <= rt->worker_count; i++) {
        filch_worker *v = victim(rt, w, first, i);
        uint64_t handle = v ? loop_of(rt, v) : 0;
        if (!handle || level_of_loop(rt, handle) != level) continue;
        if (!life_join(&rt->slots[handle_slot(handle)], w->view.worker, handle)) continue;
        w->favourite = v->view.worker;
        w->joined = true;
        engage(rt, w, handle_slot(handle));
        return true;
    }
    return false;
}

bool search_task(filch_runtime *rt, filch_worker *w, bool oldest)
{
    bool upwards = ++w->tick % FAIRNESS == 0;
    w->fair = false;
    for (;;) {
        bool contended = false;
        count(w, COUNT_attempts, 1);
        for (uint32_t i = 0; i < LEVELS; i++) {
            uint32_t level = upwards ? LEVELS - 1 - i : i;
            if (!steal_at_level(rt, w, level, oldest || upwards, &contended) && !join_loop(rt, w, level)) continue;
            w->fair = upwards && search_urgent(rt, w, level, false);
            return true;
        }
        if (!contended) return false;
    }
}

bool search_this(filch_runtime *rt, filch_worker *w, uint64_t handle)
{
    uint32_t index = handle_slot(handle);
    if (index >= rt->slot_count) return false;
    w->fair = false;
    w->joined = !life_take(&rt->slots[index], w->view.worker, item_of(index, life_of(handle_generation(handle))));
    if (w->joined && !life_join(&rt->slots[index], w->view.worker, handle)) return false;
    engage(rt, w, index);
    return true;
}

/* Of this many parts for each worker a thief takes one: the less is left, the less (Polychronopoulos and Kuck, Guided self-scheduling,
 * 1987), but some chunks at least. From the front, as the owner itself does: so a loop is done in about the order of its range, an
 * iteration that takes long is begun when its turn comes, and costs that go down or up with the range leave nobody with a tail. */
#define PARTS 8
#define CHUNKS 2

/* All that is left in a row whose worker is not engaged, a part where it is: then it may be in the middle of a leaf. The word is read
 * first: if the worker engages after this has looked, its claim changes the word. */
static range split_row(filch_runtime *rt, filch_worker *w, uint32_t row, uint32_t chunk)
{
    atom64 *frame = frame_of(rt, row, slot_index(rt, w->slot));
    uint64_t word = atom64_load(frame);
    for (;;) {
        uint32_t length = range_length(word_range(word)), part = length / (PARTS * rt->worker_count);
        if (!length) return (range){0, 0};
        uint32_t least = chunk < length ? CHUNKS * chunk : length, share = part < least ? least : part;
        bool has_worker = row != frame_home(rt) && (atom64_load(&w->slot->life) & LIFE_WORKER(row));
        range taken;
        if (!frame_split(frame, &word, has_worker ? share : FRAME_ALL, racy32_load(&w->slot->leaf), &taken)) continue;
        if (range_length(taken) && has_worker) count(w, COUNT_splits, 1);
        return taken;
    }
}

uint32_t search_frames_of(filch_runtime *rt, filch_worker *w, uint32_t chunk)
{
    uint32_t rows = rt->worker_count + 1, own = w->view.worker;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t row = (frame_home(rt) + i) % rows; /* home first: there it all starts */
        range r = row == own ? (range){0, 0} : split_row(rt, w, row, chunk);
        if (!range_length(r)) continue;
        atom64_store(frame_of(rt, own, slot_index(rt, w->slot)), range_word(r));
        return range_length(r);
    }
    return 0;
}

bool search_queued(filch_runtime *rt, uint32_t level)
{
    if (!deque_empty(&rt->injector[level])) return true;
    for (uint32_t v = 0; v < rt->worker_count; v++) {
        if (!deque_empty(&rt->workers[v].deques[level])) return true;
    }
    return false;
}

bool search_possible(filch_runtime *rt, const filch_worker *w)
{
    for (uint32_t level = 0; level < LEVELS; level++) {
        if (search_queued(rt, level)) return true;
    }
    for (uint32_t v = 0; v < rt->worker_count; v++) {
        if (v != w->view.worker && loop_of(rt, &rt->workers[v])) return true;
    }
    return false;
}

bool search_waiting(filch_runtime *rt, const filch_worker *w)
{
    for (uint32_t level = 0; level <= tree_level(rt, w->slot); level++) {
        if (!deque_empty(&rt->injector[level]) || !deque_empty(&w->deques[level])) return true;
    }
    return false;
}

bool search_urgent(const filch_runtime *rt, const filch_worker *w, uint32_t level, bool as_urgent)
{
    if (as_urgent && !deque_empty(&rt->injector[level])) return true;
    if (!level) return false;
    for (uint32_t l = 0; l < level; l++) {
        if (!deque_empty(&rt->injector[l])) return true;
        for (uint32_t v = 0; v < rt->worker_count; v++) {
            if (!deque_empty(&rt->workers[v].deques[l])) return true;
        }
    }
    for (uint32_t v = 0; v < rt->worker_count; v++) {
        if (v == w->view.worker || racy32_load(&rt->workers[v].level) >= level) continue;
        uint64_t handle = loop_of(rt, &rt->workers[v]);
        if (handle && level_of_loop(rt, handle) < level) return true;
    }
    return false;
}

static bool counts(const filch_runtime *rt, uint32_t item)
{
    if (item_slot(item) >= rt->slot_count) return false;
    uint64_t life = atom64_load(&rt->slots[item_slot(item)].life);
    return (life & LIFE_QUEUED) && item_of(item_slot(item), life) == item;
}

/* Items go round, the oldest to the newest, until one can be dropped: it is stale, or is `like`. */
static void drop_one(filch_runtime *rt, filch_deque *d, uint32_t like)
{
    for (uint32_t i = 0; i <= d->mask; i++) {
        uint32_t item = deque_steal(d);
        if (item == like || !counts(rt, item)) return;
        deque_push(d, item);
    }
}

bool search_make_room(filch_runtime *rt, filch_worker *w, uint32_t level)
{
    filch_deque *own = &w->deques[level];
    if (!deque_room(own)) drop_one(rt, own, ITEM_NONE);
    for (uint32_t i = 0; i <= own->mask && !deque_room(own); i++) { /* some task has several: its level went up and down */
        uint32_t oldest = deque_steal(own);
        drop_one(rt, own, oldest);
        if (counts(rt, oldest)) deque_push(own, oldest);
    }
    return deque_room(own);
}
