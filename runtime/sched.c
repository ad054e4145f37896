#include "sched.h"

#include "after.h"
#include "done.h"
#include "fork.h"
#include "frame.h"
#include "idle.h"
#include "life.h"
#include "pool.h"
#include "post.h"
#include "reduce.h"
#include "search.h"
#include "trace.h"
#include "tree.h"

/* A chunk aims at 20 to 50 us: long against a boundary's 30 ns, short against a frame of the page. */
#define CHUNK_SHORT 20000u
#define CHUNK_LONG 50000u
#define CHUNK_MAX (1u << 26)
/* A task makes room for others that wait after this long. */
#ifndef SLICE_NS /* the hostile configuration shortens it */
#define SLICE_NS 10000000u
#endif
/* A searcher looks at so many victims, some 20 us long, then sleeps. After it has given the owner a job back: four times as long, where
 * the owner looks by itself, so that who posts and awaits in turn finds it awake; not at all, where the owner slept and had to be
 * rung, for then its thread is mostly put on this core. Counted, not timed: the page's clock has steps of 5 us and more. */
#ifndef SPIN_TURNS
#ifdef FILCH_EXPLORE
#define SPIN_TURNS 0
#else
#define SPIN_TURNS 4096
#endif
#endif

void sched_poke(filch_runtime *rt, uint32_t w)
{
    if (w >= rt->worker_count) return; /* a forged bit */
    atom32_store(&rt->workers[w].attention, 1);
    atom_pointer_store(&rt->workers[w].view.limit, 0); /* in a fork function that is what it looks at */
}

bool sched_decide(filch_runtime *rt, filch_slot *slot, uint32_t status)
{
    uint32_t pending = FILCH_PENDING;
    if (!atom32_cas(&slot->status, &pending, status)) return false;
    /* A worker that joins after this load sees the status, for it looks after it has joined. */
    uint32_t engaged = (uint32_t)(atom64_load(&slot->life) & LIFE_WORKERS);
    if (atom32_load(&slot->members)) engaged = ((uint32_t)1 << rt->worker_count) - 1;
    for (; engaged; engaged &= engaged - 1) sched_poke(rt, (uint32_t)__builtin_ctz(engaged));
    return true;
}

void sched_publish(filch_runtime *rt, uint32_t level, uint32_t parts)
{
    if (idle_wake(rt, parts)) return;
    /* All work. A worker makes its level known and then looks for what is more urgent: so either that sees the work, or this the
     * level. Fork functions do not watch the clock, so they are asked for what is as urgent, too. */
    uint32_t chosen = WORKERS_MAX, least = level;
    for (uint32_t w = 0; w < rt->worker_count; w++) {
        uint32_t other = atom32_load(&rt->workers[w].level);
        if (other >= LEVELS || other < least) continue;
        if (other == least && (other != level || !atom64_load(&rt->workers[w].tree) || chosen != WORKERS_MAX)) continue;
        chosen = w;
        least = other;
    }
    sched_poke(rt, chosen);
}

void sched_list(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    bool done = sched_decide(rt, slot, FILCH_OK);
    if (slot->kind == FILCH_FORKING) {
        if (done) atom64_store(&slot->done, slot->total); /* else a part of the tree may have been dropped */
    } else if (!done && !atom32_load(&slot->members) && slot->total && atom64_load(&slot->done) == slot->total) {
        atom32_store(&slot->status, FILCH_OK); /* the cancel came after the last iteration */
    }
    if (atom32_load(&slot->status) == FILCH_OK) reduce_combine(rt, slot);
    atom64_store(&slot->ended, clock_ns());
    after_settled(rt, w, slot);
    done_list(rt, slot_index(rt, slot));
    bool rang = done_ring(rt);
    if (w) w->turns = rang ? 0 : 4 * SPIN_TURNS;
}

void sched_settle(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    uint32_t index = slot_index(rt, slot);
    if (tree_ended(rt, slot)) {
        for (uint32_t row = 0; row <= rt->worker_count; row++) atom64_store(frame_of(rt, row, index), 0);
    }
    if (tree_is_member(rt, slot)) {
        tree_finish(rt, w, slot, 0);
        return;
    }
    /* A loop without members is nobody else's business. */
    bool tree = slot->kind == FILCH_FORKING || atom32_load(&slot->members);
    if (!tree || tree_close(slot, w)) sched_list(rt, w, slot);
}

/* -- which part of a loop its frames hold -- */
uint64_t sched_whole(double number) { return number >= 0 && number <= (double)RANGE_MAX ? (uint64_t)number : 0; }

/* Lays out the next block. False: there is none. */
static bool lay_block(filch_runtime *rt, filch_slot *slot, uint32_t row)
{
    uint64_t begin = slot->block_end;
    while (begin >= slot->piece_end) {
        if (slot->piece_next >= slot->piece_count) return false;
        const double *piece = &slot->pieces[2 * slot->piece_next++];
        begin = sched_whole(piece[0]);
        slot->piece_end = sched_whole(piece[1]);
        uint64_t last = slot->begin + slot->total;
        if (begin < slot->begin || slot->piece_end > last) begin = slot->piece_end = last; /* forged */
        slot->block_end = begin;
    }
    /* Leaves are counted from the range's beginning. */
    uint32_t leaf = racy32_load(&slot->leaf), skip = leaf ? (uint32_t)(begin - slot->begin) & (leaf - 1) : 0;
    slot->base = begin - skip;
    uint64_t most = slot->base + ((uint64_t)1 << BLOCK_BITS);
    slot->block_end = slot->piece_end < most ? slot->piece_end : most;
    atom64_store(frame_of(rt, row, slot_index(rt, slot)), range_word((range){skip, (uint32_t)(slot->block_end - slot->base)}));
    return true;
}

void sched_lay_out(filch_runtime *rt, filch_slot *slot, uint64_t begin, uint64_t total, const double *pieces, uint32_t count)
{
    slot->begin = slot->base = slot->block_end = begin;
    slot->total = total;
    slot->piece_end = pieces ? begin : begin + total;
    slot->pieces = pieces;
    slot->piece_next = 0;
    slot->piece_count = count;
    atom64_store(&slot->done, 0);
    if (!lay_block(rt, slot, frame_home(rt))) atom64_store(frame_of(rt, frame_home(rt), slot_index(rt, slot)), 0);
}

/* The closer: the next block of a long loop, if there is one and nothing speaks against it. */
static bool next_block(filch_runtime *rt, filch_slot *slot, uint32_t w)
{
    bool parallel = slot->kind == FILCH_PARALLEL;
    if (tree_ended(rt, slot) || !lay_block(rt, slot, parallel ? w : frame_home(rt))) return false;
    life_reopen(slot, w);
    if (parallel) idle_wake(rt, rt->worker_count - 1); /* helpers may have gone to sleep meanwhile */
    return true;
}

/* Leaves the task that w is engaged in, its frame being empty. True: w goes on with it after all, in its next block. */
static bool leave(filch_runtime *rt, filch_worker *w)
{
    filch_slot *slot = w->slot;
    bool last = life_leave(slot, w->view.worker);
    if (last && next_block(rt, slot, w->view.worker)) return true;
    atom64_store(&w->current, 0); /* before the owner can release the slot */
    w->slot = 0;
    if (last) sched_settle(rt, w, slot);
    return false;
}

static void push(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    tree_push(rt, w, slot);
    sched_publish(rt, tree_level(rt, slot), 1);
}

/* Puts the task back with what is left of it in its frames, for whoever is free first. */
static void yield_task(filch_runtime *rt, filch_worker *w)
{
    filch_slot *slot = w->slot;
    uint32_t own = w->view.worker;
    uint32_t item = item_of(slot_index(rt, slot), atom64_load(&slot->life));
    count(w, COUNT_yields, 1);
    if (trace_on(rt)) trace_event(rt, w, EVENT_YIELD, clock_ns(), clock_ns(), 0, 0);
    atom64_store(&w->current, 0);
    w->slot = 0;
    if (!life_yield(slot, own)) return;
    /* Cancelled meanwhile? Then the canceller may have met a worker here, and no queued task to close. Either it saw the task
     * queued, or this sees the status. */
    if (tree_ended(rt, slot) && life_take(slot, own, item)) {
        if (life_leave(slot, own)) sched_settle(rt, w, slot);
        return;
    }
    push(rt, w, slot);
}

/* Keeps the task, paused, out of every queue. */
static void hold_task(filch_runtime *rt, filch_worker *w)
{
    filch_slot *slot = w->slot, *root = tree_root(rt, slot);
    atom64_store(&w->current, 0);
    w->slot = 0;
    life_hold(slot, w->view.worker);
    /* Whoever resumes or ends it says so first, and then looks for what is held. */
    if ((!atom32_load(&root->paused) || tree_ended(rt, slot)) && life_unhold(slot)) push(rt, w, slot);
}

static bool paused(const filch_runtime *rt, const filch_slot *slot)
{
    return atom32_load(&tree_root(rt, slot)->paused) && !tree_ended(rt, slot);
}

bool sched_attend(filch_runtime *rt, filch_worker *w, bool as_urgent)
{
    uint32_t level = tree_level(rt, w->slot);
    atom32_store(&w->level, level);
    return paused(rt, w->slot) || atom32_load(&w->recalled) || (!w->fair && search_urgent(rt, w, level, as_urgent));
}

static void fail(filch_runtime *rt, filch_worker *w, uint32_t status)
{
    filch_slot *root = tree_root(rt, w->slot);
    if (!sched_decide(rt, root, status)) return;
    root->failed_begin = w->chunk_begin;
    root->failed_end = w->chunk_end;
    if (atom32_load(&root->members)) tree_push_all(rt, w, root);
    if (life_unhold(w->slot)) push(rt, w, w->slot); /* paused, it is to end all the same */
}

/* Runs one claimed chunk. *left: iterations of the loop that are not done yet. False: the task is to end. */
static bool run_chunk(filch_runtime *rt, filch_worker *w, const filch_kernel *kernel, range r, uint64_t *left)
{
    filch_slot *slot = w->slot;
    uint32_t length = range_length(r);
    w->chunk_begin = slot->base + r.next;
    w->chunk_end = slot->base + r.end;
    if (w->chunk_begin < slot->begin || w->chunk_end > slot->begin + slot->total) { /* a forged frame */
        fail(rt, w, FILCH_CORRUPT);
        return false;
    }
    if (kernel->total_bytes) w->view.total = reduce_total(rt, slot, kernel, w->view.worker, w->chunk_begin);
    int32_t code = kernel->chunk(&w->view, slot->args, w->chunk_begin, w->chunk_end);
    if (layout_stack_overrun(rt, w->view.worker)) {
        fail(rt, w, FILCH_STACK_OVERFLOW);
        return false;
    }
    if (code) {
        fail(rt, w, FILCH_KERNEL_FAILED | (uint32_t)code << 16);
        return false;
    }
    *left = slot->total - atom64_add(&slot->done, length) - length;
    uint32_t magnitude = 31 - (uint32_t)__builtin_clz(length);
    count(w, COUNT_chunks, 1);
    count(w, COUNT_iterations, length);
    count(w, COUNT_chunks_1 + (int)(magnitude < 20 ? magnitude : 20), 1);
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
    uint32_t chunk = w->chunk[kernel] / 16;
    if (chunk > length / 1024) chunk = (uint32_t)(length / 1024);
    return chunk ? chunk : 1;
}

uint64_t sched_fair_end(filch_worker *w, uint64_t now)
{
    uint64_t part = (now - w->fair_since) / FAIRNESS;
    w->fair_since = now;
    return now + (part < SLICE_NS ? part : SLICE_NS);
}

/* Whether w's task should make room at this boundary: its slice is over, and somebody waits. */
static bool slice_over(filch_runtime *rt, filch_worker *w, uint64_t now, uint64_t *slice_end)
{
    if (!*slice_end) *slice_end = w->cooperative ? w->slice_end : w->fair ? sched_fair_end(w, now) : now + SLICE_NS;
    if (now < *slice_end) return false;
    if (!w->cooperative) *slice_end = now + SLICE_NS;
    w->fair = false;
    return w->cooperative || search_waiting(rt, w);
}

/* The task goes back with what is left of it. False: there is no room for its item. */
static bool put_back(filch_runtime *rt, filch_worker *w)
{
    if (paused(rt, w->slot)) hold_task(rt, w);
    else if (search_make_room(rt, w, tree_level(rt, w->slot))) yield_task(rt, w);
    else return false;
    return true;
}

uint32_t sched_help(filch_slot *slot, filch_worker *w)
{
    uint32_t before = atom32_or(&slot->helpers, (uint32_t)1 << w->view.worker);
    if (before) return before;
    uint64_t now = clock_ns();
    atom64_store(&slot->began, now);
    if (!trace_runs(w)) trace_doing(w, DOING_RUN, now);
    return 0;
}

/* Near its end a loop is run in smaller and smaller chunks, so that nobody is left with a long one: costs may go up with the range. */
#define TAIL 4
static uint32_t at_most(uint32_t chunk, uint64_t left, const filch_runtime *rt)
{
    uint64_t most = left / (TAIL * rt->worker_count);
    return most >= chunk ? chunk : most ? (uint32_t)most : 1;
}

/* Runs the loop that w is engaged in, until there is nothing left of it for w. True: it made room for others. */
static bool run_loop(filch_runtime *rt, filch_worker *w)
{
    filch_slot *slot = w->slot, *root = tree_root(rt, slot);
    uint32_t own = w->view.worker, kernel = slot->kernel, leaf = racy32_load(&slot->leaf);
    if (kernel >= rt->kernel_count || !rt->kernels[kernel] || slot->kind > FILCH_SEQUENTIAL || rt->kernels[kernel]->kind != slot->kind ||
        (rt->kernels[kernel]->total_bytes && !slot->totals) || (leaf && leaf != reduce_leaf(slot->total))) { /* forged */
        sched_decide(rt, root, FILCH_CORRUPT);
        kernel = 0;
    }
    bool parallel = slot->kind == FILCH_PARALLEL, helped = false;
    atom64 *frame = frame_of(rt, parallel ? own : frame_home(rt), slot_index(rt, slot));
    uint32_t chunk = slot->grain ? slot->grain : first_chunk(w, kernel, slot->total);
    uint64_t handle = handle_of(slot_index(rt, root), life_generation(atom64_load(&root->life)));
    uint64_t then = 0, slice_end = 0, left = slot->total;
    count(w, COUNT_tasks, 1);
    /* After joining: either this sees the status, or whoever decided it saw this worker. */
    bool going = !tree_ended(rt, slot), leaving = going && sched_attend(rt, w, false);
    /* More that is as urgent: whoever published it may have asked this worker, too, while that had less urgent work. */
    if (going && search_queued(rt, racy32_load(&w->level))) sched_publish(rt, racy32_load(&w->level), 1);
    for (;;) {
        range r = going ? frame_claim(frame, slot->grain ? chunk : at_most(chunk, left, rt), leaf) : (range){0, 0};
        if (!range_length(r)) {
            uint32_t found = going && parallel ? search_frames_of(rt, w, chunk) : 0;
            if (found > 1) sched_publish(rt, racy32_load(&w->level), found - 1 < rt->worker_count ? found - 1 : rt->worker_count);
            then = 0;
            if (found && leaving && put_back(rt, w)) return true;
            if (found || leave(rt, w)) continue;
            return false;
        }
        if (!then && trace_on(rt)) then = clock_ns();
        if (!helped) reduce_begin(rt, slot, rt->kernels[kernel], own, sched_help(slot, w));
        helped = true;
        going = run_chunk(rt, w, rt->kernels[kernel], r, &left);
        if (racy32_load(&w->attention)) { /* a hint to look: what there is to see is read in order */
            atom32_store(&w->attention, 0);
            going = going && !tree_ended(rt, slot);
            leaving = going && sched_attend(rt, w, false);
        }
        if (!going) {
            atom64_store(frame, 0); /* thieves may have taken some of it: they see the status */
            continue;
        }
        if (!range_length(word_range(atom64_load(frame)))) {
            if (trace_on(rt)) trace_event(rt, w, EVENT_CHUNK, then, clock_ns(), handle, range_length(r));
            continue;
        }
        uint64_t now = clock_ns();
        if (!trace_runs(w)) trace_doing(w, DOING_RUN, now);
        if (trace_on(rt)) trace_event(rt, w, EVENT_CHUNK, then ? then : now, now, handle, range_length(r));
        if (leaving && then) count(w, COUNT_yield_ns, now - then);
        if (then && !slot->grain) w->chunk[kernel] = chunk = tuned(chunk, range_length(r), now - then);
        then = now;
        if ((leaving || slice_over(rt, w, now, &slice_end)) && put_back(rt, w)) return true;
    }
}

/* What it put into its deque it did not take: somebody else may. */
static void pay(filch_runtime *rt, filch_worker *w)
{
    if (!w->owes) return;
    w->owes = false;
    for (uint32_t level = 0; level < LEVELS; level++) {
        if (!deque_empty(&w->deques[level])) sched_publish(rt, level, 1);
    }
}

/* Runs the task that w is engaged in. True: it made room for others. */
static bool run_task(filch_runtime *rt, filch_worker *w)
{
    pay(rt, w);
    if (w->slot->kind == FILCH_FORKING && !fork_choose(rt, w)) return true;
    filch_slot *slot = w->slot, *root = tree_root(rt, slot);
    bool tree = slot->kind == FILCH_FORKING || slot != root, made_room = true;
    if (tree) atom64_store(&w->tree, handle_of(slot_index(rt, root), life_generation(atom64_load(&root->life))));
    if (!paused(rt, slot)) made_room = slot->kind == FILCH_FORKING ? fork_run(rt, w) : run_loop(rt, w);
    else if (!w->joined || leave(rt, w)) hold_task(rt, w); /* who has joined holds nothing of it yet, but the next block */
    if (tree) atom64_store(&w->tree, 0);
    if (atom32_load(&root->status) == FILCH_WORKER_LOST) done_ring(rt); /* the owner may be able to sweep the tree */
    return made_room;
}

/* -- loops that tasks post -- */
static uint32_t kernel_index(const filch_runtime *rt, const filch_kernel *kernel)
{
    uint32_t k = 0;
    /* The owner may be writing others. */
    while (k < rt->kernel_count && __atomic_load_n(&rt->kernels[k], __ATOMIC_RELAXED) != kernel) k++;
    return k;
}

filch_slot *sched_spawn_loop(filch_runtime *rt, filch_worker *w, const filch_kernel *kernel, uint64_t begin, uint64_t end,
                             const void *args, uint32_t join)
{
    uint32_t index = kernel_index(rt, kernel);
    if (index >= rt->kernel_count || kernel->kind > FILCH_SEQUENTIAL || kernel->total_bytes || begin > end || end > RANGE_MAX) return 0;
    filch_slot *slot = tree_spawn(rt, w, tree_root(rt, w->slot), kernel->kind);
    if (!slot) return 0;
    slot->kernel = (uint16_t)index;
    slot->grain = 0;
    slot->totals = 0;
    atom32_store(&slot->leaf, 0);
    atom32_store(&slot->helpers, 0);
    atom32_store(&slot->join, join);
    __builtin_memcpy(slot->args, args, kernel->args_bytes);
    sched_lay_out(rt, slot, begin, end - begin, 0, 0);
    life_yield(slot, w->view.worker);
    tree_push(rt, w, slot);
    uint32_t parts = kernel->kind == FILCH_PARALLEL && end - begin < rt->worker_count ? (uint32_t)(end - begin) : rt->worker_count;
    sched_publish(rt, racy32_load(&w->level), kernel->kind == FILCH_PARALLEL && parts ? parts : 1);
    return slot;
}

int32_t sched_run_inline(filch_runtime *rt, filch_worker *w, const filch_kernel *kernel, uint64_t begin, uint64_t end,
                         const void *args)
{
    _Alignas(16) unsigned char copy[FILCH_ARGS_BYTES]; /* its state fields are nobody else's */
    if (kernel->kind > FILCH_SEQUENTIAL || kernel->total_bytes) return FILCH_BAD_ARGUMENT;
    (void)rt;
    __builtin_memcpy(copy, args, kernel->args_bytes);
    return begin < end ? kernel->chunk(&w->view, copy, begin, end) : FILCH_OK;
}

int32_t filch_post_loop(filch_task *task, const filch_kernel *kernel, uint64_t begin, uint64_t end, const void *args)
{
    filch_runtime *rt = task->runtime;
    filch_worker *w = &rt->workers[task->worker];
    uint32_t kept = w->reserved; /* in a fork function, for its frames: the loop's slot is one more */
    if (tree_reserve(rt, w, kept + 1) && sched_spawn_loop(rt, w, kernel, begin, end, args, JOIN_NOBODY)) return FILCH_OK;
    if (!kept) tree_give_back(rt, w);
    return sched_run_inline(rt, w, kernel, begin, end, args);
}

void sched_adopt(filch_runtime *rt, uint32_t index)
{
    filch_worker *w = &rt->workers[index];
    w->slot = 0;
    w->reserve = w->reserved = 0;
    atom32_store(&w->level, LEVELS);
    for (int level = 0; level < LEVELS; level++) deque_adopt(&w->deques[level]);
}

static bool spin(filch_runtime *rt, filch_worker *w)
{
    uint32_t turns = w->turns;
    w->turns = SPIN_TURNS;
    for (uint32_t turn = 0; turn < turns; turn += rt->worker_count) {
        if (search_possible(rt, w) || racy32_load(&w->recalled)) return true;
        spin_hint();
    }
    return false;
}

bool sched_run(filch_runtime *rt, uint32_t index)
{
    filch_worker *w = &rt->workers[index];
    bool made_room = false, searching = true; /* after a death or a trap the bit may be set */
    for (;;) {
        if (atom32_load(&w->recalled)) {
            bool home = atom32_exchange(&w->recalled, 0) & RECALLED;
            pay(rt, w);
            if (idle_found(rt, index) && search_possible(rt, w)) idle_wake(rt, 1);
            return home;
        }
        if (search_task(rt, w, made_room)) {
            if (searching && idle_found(rt, index) && search_possible(rt, w)) idle_wake(rt, 1);
            searching = false;
            made_room = run_task(rt, w);
            continue;
        }
        made_room = w->owes = false;
        if (w->doing == DOING_RUN) trace_doing(w, DOING_SEARCH, clock_ns());
        /* Once stopped nobody posts, and all that was posted is decided: what was to be found was the last of it. */
        if (atom32_load(&rt->stopped)) return true;
        searching = idle_search(rt, index);
        fork_ask(rt, w); /* who is asked looks whether anybody searches */
        if (searching && spin(rt, w)) continue;
        idle_announce(rt, index);
        searching = true;
        fork_ask(rt, w);
        if (search_possible(rt, w) || atom32_load(&rt->stopped) || atom32_load(&w->recalled)) {
            idle_retract(rt, index);
            spin_hint(); /* what it saw may need another thread's next step to be had */
        } else {
            uint64_t begin = clock_ns();
            trace_doing(w, DOING_SLEEP, begin);
            count(w, COUNT_parks, 1);
            idle_sleep(rt, index);
            count(w, COUNT_wakes, 1);
            if (trace_on(rt)) trace_event(rt, w, EVENT_PARK, begin, clock_ns(), 0, 0);
        }
    }
}

void sched_take_part(filch_runtime *rt, uint32_t index, uint64_t handle)
{
    filch_worker *w = &rt->workers[index];
    sched_adopt(rt, index);
    if (search_this(rt, w, handle)) run_task(rt, w);
    atom32_store(&w->level, LEVELS);
    /* Whoever has published something may have asked this worker, which does not look for it. */
    for (uint32_t level = 0; level < LEVELS; level++) {
        if (search_queued(rt, level)) sched_publish(rt, level, 1);
    }
}

void sched_recall(filch_runtime *rt, uint32_t w)
{
    atom32_or(&rt->workers[w].recalled, RECALLED); /* first: who goes to sleep after this sees it */
    sched_poke(rt, w);
    idle_wake_one(rt, w);
}

void sched_leave(filch_runtime *rt, uint32_t w)
{
    atom32_or(&rt->workers[w].recalled, DEPARTS);
    sched_poke(rt, w);
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
    if (w->slot->kind == FILCH_FORKING) fork_trapped(rt, w);
    else leave(rt, w);
    atom64_store(&w->tree, 0);
}

bool sched_offer_again(filch_runtime *rt)
{
    for (; rt->offer_next < rt->slot_count; rt->offer_next++) {
        filch_slot *slot = &rt->slots[rt->offer_next];
        uint64_t life = atom64_load(&slot->life);
        if (!(life & LIFE_QUEUED) || tree_hidden(rt, slot)) continue;
        uint32_t level = tree_level(rt, slot);
        if (!deque_push(&rt->injector[level], item_of(rt->offer_next, life))) {
            atom32_store(&rt->room, ROOM_WANTED);
            if (!deque_push(&rt->injector[level], item_of(rt->offer_next, life))) return false;
        }
    }
    for (uint32_t level = 0; level < LEVELS; level++) {
        if (!deque_empty(&rt->injector[level])) sched_publish(rt, level, rt->worker_count);
    }
    return true;
}

/* The owner, for a task that w was engaged in when it died. */
static void bury_slot(filch_runtime *rt, uint32_t index, filch_slot *slot)
{
    filch_worker *w = &rt->workers[index];
    uint64_t life = atom64_load(&slot->life);
    if (slot->kind == KIND_RESERVED && !(life & LIFE_CLOSED)) {
        life_end(slot);
        pool_give(rt, slot_index(rt, slot));
        return;
    }
    if (slot->kind == FILCH_FORKING || tree_is_member(rt, slot) || atom32_load(&slot->members)) {
        tree_lose(rt, slot, index);
        return;
    }
    bool finished = atom64_load(&slot->done) == slot->total;
    if (!finished && sched_decide(rt, slot, FILCH_WORKER_LOST)) {
        slot->failed_begin = w->chunk_begin;
        slot->failed_end = w->chunk_end;
    }
    if ((life & LIFE_CLOSED) || life_leave(slot, index)) sched_settle(rt, 0, slot);
}

void sched_bury(filch_runtime *rt, uint32_t index)
{
    filch_worker *w = &rt->workers[index];
    atom64_store(&w->current, 0);
    atom32_store(&w->level, LEVELS);
    atom32_store(&w->recalled, 0);
    done_collect(rt); /* after this, what w has closed is listed, or will never be */
    uint64_t tree = atom64_load(&w->tree);
    atom64_store(&w->tree, 0);
    filch_slot *root = tree ? post_find(rt, tree) : 0;
    if (root && !root->listed) tree_lose(rt, root, index);
    for (uint32_t i = 0; i < rt->slot_count; i++) {
        filch_slot *slot = &rt->slots[i];
        uint64_t life;
        bool member;
        do { /* until both are of one moment */
            life = atom64_load(&slot->life);
            member = tree_is_member(rt, slot);
        } while (atom64_load(&slot->life) != life);
        if (!(life & LIFE_WORKER(index)) || slot->listed) continue;
        /* A closer's bit stays. Of a member it means nothing: somebody may be releasing it, and if w was not through with it, its
         * `tree` told. Of a root that waits for its members: nothing of it was w's any more. */
        uint32_t members = atom32_load(&slot->members);
        bool through = member || ((members & ROOT_CLOSED) && ROOT_LISTER(members) != index + 1);
        if (!((life & LIFE_CLOSED) && through)) bury_slot(rt, index, slot);
    }
    w->reserve = w->reserved = 0;
    rt->offer_next = 0;
    sched_offer_again(rt);
    idle_bury(rt, index);
    for (uint32_t v = 0; rt->lost_trees && v < rt->worker_count; v++) sched_poke(rt, v);
    done_ring(rt); /* for what w has listed, or a tree that nobody is left in */
}
