#include "sched.h"

#include "done.h"
#include "frame.h"
#include "idle.h"
#include "life.h"
#include "search.h"

/* A chunk aims at 20 to 50 us: long against a boundary's 30 ns, short against a frame of the page. */
#define CHUNK_SHORT 20000u
#define CHUNK_LONG 50000u
#define CHUNK_MAX (1u << 26)
/* A task makes room for others that wait after this long. */
#ifndef SLICE_NS /* the hostile configuration shortens it */
#define SLICE_NS 10000000u
#endif
/* A searcher looks so often, a microsecond or two, then sleeps. Counted, not timed: the page's clock has steps of 5 us and more. */
#ifndef SPIN_TURNS
#ifdef FILCH_EXPLORE
#define SPIN_TURNS 0
#else
#define SPIN_TURNS 32
#endif
#endif

/* The priority is read once for each use, and may be forged. */
static uint32_t level_of(const filch_slot *slot)
{
    uint32_t level = slot->priority;
    return level < LEVELS ? level : LEVELS - 1;
}

bool sched_decide(filch_runtime *rt, filch_slot *slot, uint32_t status)
{
    uint32_t pending = FILCH_PENDING;
    if (!atom32_cas(&slot->status, &pending, status)) return false;
    /* A worker that joins after this load sees the status, for it looks after it has joined. */
    uint32_t engaged = (uint32_t)(atom64_load(&slot->life) & LIFE_WORKERS);
    for (; engaged; engaged &= engaged - 1) {
        uint32_t w = (uint32_t)__builtin_ctz(engaged);
        if (w < rt->worker_count) atom32_store(&rt->workers[w].attention, 1);
    }
    return true;
}

void sched_settle(filch_runtime *rt, filch_slot *slot)
{
    uint32_t index = (uint32_t)(slot - rt->slots);
    if (atom32_load(&slot->status) != FILCH_PENDING) {
        for (uint32_t row = 0; row <= rt->worker_count; row++) atom64_store(frame_of(rt, row, index), 0);
    }
    if (!sched_decide(rt, slot, FILCH_OK) && slot->total && atom64_load(&slot->done) == slot->total) {
        atom32_store(&slot->status, FILCH_OK); /* the cancel came after the last iteration */
    }
    done_list(rt, index);
    done_ring(rt);
}

/* The closer: the next block of a long loop, if there is one and nothing speaks against it. */
static bool next_block(filch_runtime *rt, filch_slot *slot, uint32_t w)
{
    uint64_t before = ((uint64_t)slot->block + 1) << BLOCK_BITS;
    if (before >= slot->total || atom32_load(&slot->status) != FILCH_PENDING) return false;
    uint64_t left = slot->total - before, most = (uint64_t)1 << BLOCK_BITS;
    uint32_t row = slot->kind == FILCH_PARALLEL ? w : frame_home(rt);
    slot->block++;
    atom64_store(frame_of(rt, row, (uint32_t)(slot - rt->slots)),
                 range_word((range){0, (uint32_t)(left < most ? left : most)}));
    life_reopen(slot, w);
    if (slot->kind == FILCH_PARALLEL) idle_wake(rt, rt->worker_count - 1); /* helpers may have gone to sleep meanwhile */
    return true;
}

/* Leaves the task that w is engaged in, its frame being empty. True: w goes on with it after all, in its next block. */
static bool leave(filch_runtime *rt, filch_worker *w)
{
    filch_slot *slot = w->slot;
    if (life_leave(slot, w->view.worker)) {
        if (next_block(rt, slot, w->view.worker)) return true;
        atom64_store(&w->current, 0); /* before the owner can release the slot */
        w->slot = 0;
        sched_settle(rt, slot);
    } else {
        atom64_store(&w->current, 0);
        w->slot = 0;
    }
    return false;
}

/* Puts the task back with what is left of it in its frames, for whoever is free first. */
static void yield_task(filch_runtime *rt, filch_worker *w)
{
    filch_slot *slot = w->slot;
    uint32_t own = w->view.worker, level = level_of(slot);
    uint32_t item = item_of((uint32_t)(slot - rt->slots), atom64_load(&slot->life));
    count(w, COUNT_yields, 1);
    atom64_store(&w->current, 0);
    w->slot = 0;
    if (!life_yield(slot, own)) return;
    /* Cancelled meanwhile? Then the canceller may have met a worker here, and no queued task to close. Either it saw the task
     * queued, or this sees the status. */
    if (atom32_load(&slot->status) != FILCH_PENDING && life_take(slot, own, item)) {
        if (life_leave(slot, own)) sched_settle(rt, slot);
        return;
    }
    deque_push(&w->deques[level], item);
    idle_wake(rt, 1);
}

static void fail(filch_runtime *rt, filch_worker *w, uint32_t status)
{
    filch_slot *slot = w->slot;
    if (sched_decide(rt, slot, status)) {
        slot->failed_at = w->chunk_at;
        slot->failed_length = w->chunk_length;
    }
}

/* Runs one claimed chunk. False: the task is to end. */
static bool run_chunk(filch_runtime *rt, filch_worker *w, const filch_kernel *kernel, range r)
{
    filch_slot *slot = w->slot;
    uint64_t block = (uint64_t)slot->block << BLOCK_BITS, at = slot->begin + block;
    uint32_t length = range_length(r);
    w->chunk_at = r.next;
    w->chunk_length = length;
    if (block + r.end > slot->total) { /* a forged frame */
        fail(rt, w, FILCH_CORRUPT);
        return false;
    }
    int32_t code = kernel->chunk(&w->view, slot->args, at + r.next, at + r.end);
    if (layout_stack_overrun(rt, w->view.worker)) {
        fail(rt, w, FILCH_STACK_OVERFLOW);
        return false;
    }
    if (code) {
        fail(rt, w, FILCH_KERNEL_FAILED | (uint32_t)code << 16);
        return false;
    }
    atom64_add(&slot->done, length);
    count(w, COUNT_chunks, 1);
    count(w, COUNT_iterations, length);
    return true;
}

/* The chunk length for the next chunk of this kernel on this worker, from what the last one took. */
static uint32_t tuned(uint32_t chunk, uint32_t ran, uint64_t nanoseconds)
{
    if (nanoseconds > CHUNK_LONG) return chunk > 1 ? chunk / 2 : 1;
    if (nanoseconds < CHUNK_SHORT && ran == chunk && chunk < CHUNK_MAX) return chunk * 2;
    return chunk;
}

/* A new task may be of another cost than the last one of its kernel: begin below what that had tuned to, and never with so much
 * that one chunk decides how the work is spread. */
static uint32_t first_chunk(const filch_worker *w, uint32_t kernel, uint64_t length)
{
    uint32_t chunk = w->chunk[kernel] / 4;
    if (chunk > length / 64) chunk = (uint32_t)(length / 64);
    return chunk ? chunk : 1;
}

/* Whether w's task should make room at this boundary: its slice is over, and somebody waits. */
static bool should_yield(filch_runtime *rt, filch_worker *w, uint64_t now, uint64_t *slice_end)
{
    if (!*slice_end) *slice_end = w->cooperative ? w->slice_end : now + SLICE_NS;
    if (now < *slice_end) return false;
    if (!w->cooperative) *slice_end = now + SLICE_NS;
    return (w->cooperative || search_waiting(rt, w)) && search_make_room(rt, w, level_of(w->slot));
}

/* Runs the task that w is engaged in, until there is nothing left of it for w. True: it made room for others. */
static bool run_task(filch_runtime *rt, filch_worker *w)
{
    filch_slot *slot = w->slot;
    uint32_t own = w->view.worker, kernel = slot->kernel;
    if (kernel >= rt->kernel_count) { /* forged */
        sched_decide(rt, slot, FILCH_CORRUPT);
        kernel = 0;
    }
    bool parallel = slot->kind == FILCH_PARALLEL, helped = false;
    atom64 *frame = frame_of(rt, parallel ? own : frame_home(rt), (uint32_t)(slot - rt->slots));
    uint32_t chunk = slot->grain ? slot->grain : first_chunk(w, kernel, slot->total);
    uint64_t then = 0, slice_end = 0;
    count(w, COUNT_tasks, 1);
    /* After joining: either this sees the status, or whoever decided it saw this worker. */
    bool going = atom32_load(&slot->status) == FILCH_PENDING;
    for (;;) {
        range r = going ? frame_claim(frame, chunk) : (range){0, 0};
        if (!range_length(r)) {
            uint32_t found = going && parallel ? search_frames_of(rt, w) : 0;
            if (found > 1) idle_wake(rt, found - 1 < rt->worker_count ? found - 1 : rt->worker_count);
            then = 0;
            if (found || leave(rt, w)) continue;
            break;
        }
        if (!helped) atom32_or(&slot->helpers, (uint32_t)1 << own);
        helped = true;
        going = run_chunk(rt, w, rt->kernels[kernel], r);
        if (racy32_load(&w->attention)) { /* a hint to look: what there is to see is read in order */
            atom32_store(&w->attention, 0);
            going = going && atom32_load(&slot->status) == FILCH_PENDING;
        }
        if (!going) {
            atom64_store(frame, 0); /* thieves may have taken some of it: they see the status */
            continue;
        }
        if (!range_length(word_range(atom64_load(frame)))) continue;
        uint64_t now = clock_ns();
        if (then && !slot->grain) w->chunk[kernel] = chunk = tuned(chunk, range_length(r), now - then);
        then = now;
        if (!should_yield(rt, w, now, &slice_end)) continue;
        yield_task(rt, w);
        return true;
    }
    return false;
}

void sched_adopt(filch_runtime *rt, uint32_t index)
{
    filch_worker *w = &rt->workers[index];
    w->slot = 0;
    for (int level = 0; level < LEVELS; level++) deque_adopt(&w->deques[level]);
}

static bool spin(filch_runtime *rt, const filch_worker *w)
{
    for (int turn = 0; turn < SPIN_TURNS; turn++) {
        if (search_possible(rt, w)) return true;
        spin_hint();
    }
    return false;
}

void sched_run(filch_runtime *rt, uint32_t index)
{
    filch_worker *w = &rt->workers[index];
    bool made_room = false, searching = true; /* after a death or a trap the bit may be set */
    for (;;) {
        if (search_task(rt, w, made_room)) {
            if (searching && idle_found(rt, index) && search_possible(rt, w)) idle_wake(rt, 1);
            searching = false;
            made_room = run_task(rt, w);
            continue;
        }
        made_room = false;
        /* Once stopped nobody posts, and all that was posted is decided: what was to be found was the last of it. */
        if (atom32_load(&rt->stopped)) return;
        searching = idle_search(rt, index);
        if (searching && spin(rt, w)) continue;
        idle_announce(rt, index);
        searching = true;
        if (search_possible(rt, w) || atom32_load(&rt->stopped)) {
            idle_retract(rt, index);
            spin_hint(); /* what it saw may need another thread's next step to be had */
        } else {
            count(w, COUNT_parks, 1);
            idle_sleep(rt, index);
            count(w, COUNT_wakes, 1);
        }
    }
}

bool sched_slice(filch_runtime *rt, uint32_t index, uint64_t nanoseconds)
{
    filch_worker *w = &rt->workers[index];
    w->cooperative = true;
    w->slice_end = clock_ns() + nanoseconds;
    bool made_room = true; /* take turns */
    do {
        if (!search_task(rt, w, made_room)) return false;
        made_room = run_task(rt, w);
    } while (clock_ns() < w->slice_end);
    return search_possible(rt, w);
}

void sched_trapped(filch_runtime *rt, uint32_t index)
{
    filch_worker *w = &rt->workers[index];
    bool overrun = layout_stack_overrun(rt, index);
    if (!w->slot) return;
    fail(rt, w, overrun ? FILCH_STACK_OVERFLOW : FILCH_KERNEL_TRAPPED);
    leave(rt, w);
}

bool sched_offer_again(filch_runtime *rt)
{
    for (; rt->offer_next < rt->slot_count; rt->offer_next++) {
        filch_slot *slot = &rt->slots[rt->offer_next];
        uint64_t life = atom64_load(&slot->life);
        if (!(life & LIFE_QUEUED)) continue;
        uint32_t level = level_of(slot);
        if (!deque_push(&rt->injector[level], item_of(rt->offer_next, life))) {
            atom32_store(&rt->room, ROOM_WANTED);
            if (!deque_push(&rt->injector[level], item_of(rt->offer_next, life))) return false;
        }
    }
    idle_wake(rt, rt->worker_count);
    return true;
}

void sched_bury(filch_runtime *rt, uint32_t index)
{
    filch_worker *w = &rt->workers[index];
    atom64_store(&w->current, 0);
    done_collect(rt); /* after this, what w has closed is listed, or will never be */
    for (uint32_t i = 0; i < rt->slot_count; i++) {
        filch_slot *slot = &rt->slots[i];
        uint64_t life = atom64_load(&slot->life);
        if (!(life & LIFE_WORKER(index)) || slot->listed) continue;
        bool finished = atom64_load(&slot->done) == slot->total;
        if (!finished && sched_decide(rt, slot, FILCH_WORKER_LOST)) {
            slot->failed_at = w->chunk_at;
            slot->failed_length = w->chunk_length;
        }
        if ((life & LIFE_CLOSED) || life_leave(slot, index)) sched_settle(rt, slot);
    }
    rt->offer_next = 0;
    sched_offer_again(rt);
    idle_bury(rt, index);
}
