#include "sched/loop_task.h"

#include "core/range.h"
#include "core/reduce.h"
#include "core/region.h"
#include "core/state.h"
#include "core/trace.h"
#include "core/tree.h"
#include "core/wait.h"
#include "sched/notify.h"
#include "sched/preempt.h"
#include "sched/queue.h"
#include "sched/settle.h"
#include "sched/sleep.h"
#include "sched/steal.h"
#include "sched/wait.h"

/* A chunk aims at 20 to 50 us: long against the 30 ns of a safepoint, short against a frame of
 * the page. */
#define CHUNK_SHORT 20000u
#define CHUNK_LONG 50000u
#define CHUNK_MAX (1u << 26)

/* With a corrupt leaf, too, the next block ends after this one. */
#define BLOCK_MASK (((uint32_t)1 << BLOCK_BITS) - 1)

/* -- which part of a loop its ranges hold -- */
uint64_t loop_whole(double number)
{
    return number >= 0 && number <= (double)RANGE_MAX ? (uint64_t)number : 0;
}

bool loop_try_piece(const filch_slot *slot, uint32_t number, uint64_t *begin, uint64_t *end)
{
    uint64_t before = *end;
    if (number >= slot->loop.piece_count) return false;
    *begin = loop_whole(slot->loop.pieces[2 * number]);
    *end = loop_whole(slot->loop.pieces[2 * number + 1]);
    return *begin < *end && !FILCH_CORRUPT_IF(*begin < before);
}

/* Goes to the next piece, where this one is over. False: there is none. */
static bool try_next_piece(filch_slot *slot)
{
    uint64_t begin, end = slot->loop.piece_end;
    if (slot->loop.block_end < end) return true;
    if (!loop_try_piece(slot, slot->loop.piece_next, &begin, &end)) return false;
    slot->loop.piece_next++;
    slot->loop.block_end = begin;
    slot->loop.piece_end = end;
    return true;
}

/* Fills the holder's range with the next block. False: there is none. */
static bool try_lay_block(filch_runtime *rt, filch_slot *slot, uint32_t holder)
{
    if (!try_next_piece(slot)) return false;
    /* Leaves are counted from the beginning of the whole range. */
    uint64_t begin = slot->loop.block_end;
    uint32_t leaf = racy32_load(&slot->loop.leaf);
    uint32_t skip = leaf ? (uint32_t)(begin - slot->loop.begin) & (leaf - 1) & BLOCK_MASK : 0;
    slot->loop.base = begin - skip;
    uint64_t most = slot->loop.base + ((uint64_t)1 << BLOCK_BITS);
    slot->loop.block_end = slot->loop.piece_end < most ? slot->loop.piece_end : most;
    range r = {.next = skip, .end = (uint32_t)(slot->loop.block_end - slot->loop.base)};
    atom64 *word_at = range_at(rt, holder, slot_index(rt, slot));
    FILCH_INVARIANT(!range_length(range_unpack(FILCH_PEEK(word_at))));
    atom64_store(word_at, range_pack(r));
    return true;
}

void loop_lay_out(filch_runtime *rt, filch_slot *slot, loop_extent extent)
{
    uint64_t begin = extent.begin;
    slot->loop.begin = slot->loop.base = slot->loop.block_end = begin;
    slot->loop.total = extent.total;
    slot->loop.piece_end = extent.pieces ? begin : begin + extent.total;
    slot->loop.pieces = extent.pieces;
    slot->loop.piece_next = 0;
    slot->loop.piece_count = extent.piece_count;
    atom64_store(&slot->done, 0);
    uint32_t home = range_home(rt);
    if (!try_lay_block(rt, slot, home)) atom64_store(range_at(rt, home, slot_index(rt, slot)), 0);
}

/* w, which has closed the task, goes on with its next block. False: there is none, or the task
 * is to end. */
static bool try_next_block(filch_runtime *rt, filch_slot *slot, uint32_t w)
{
    bool parallel = slot->kind == FILCH_PARALLEL;
    uint32_t holder = parallel ? w : range_home(rt);
    if (tree_has_ended(rt, slot) || !try_lay_block(rt, slot, holder)) return false;
    state_reopen(slot, w);
    if (parallel)
        sleep_try_unpark(rt, plan_worker_count(rt) - 1); /* helpers may be parked by now */
    return true;
}

bool loop_leave_has_next_block(filch_runtime *rt, filch_worker *w)
{
    filch_slot *slot = worker_slot(rt, w);
    uint64_t handle = handle_of(slot_index(rt, slot), state_generation(atom64_load(&slot->state)));
    bool last = state_leave_is_last(slot, worker_index(rt, w));
    if (last && try_next_block(rt, slot, worker_index(rt, w))) return true;
    atom64_store(&w->shared.loop, 0); /* before the owner can release the slot */
    w->slot = 0;
    if (last) settle_closed(rt, w, slot);
    else settle_try_idle(rt, w, handle);
    return false;
}

/* -- chunks -- */
/* A worker's copy of a loop's words: the page may write to the slot meanwhile. */
typedef struct loop_words {
    filch_slot *slot;
    const filch_kernel *kernel; /* NULL: the words are corrupt */
    uint64_t begin, total;
    uint32_t index, leaf; /* the kernel's number, the leaf's length */
} loop_words;

/* Copies the words, each once, and looks whether they fit the kernel that they name. */
static loop_words copy_words(const filch_runtime *rt, filch_slot *slot)
{
    loop_words loop = {
        .slot = slot,
        .begin = slot->loop.begin,
        .total = slot->loop.total,
        .index = slot->kernel,
        .leaf = racy32_load(&slot->loop.leaf),
    };
    const filch_kernel *k = plan_kernel(rt, loop.index);
    bool fits = k && k->kind <= FILCH_SEQUENTIAL && k->kind == slot->kind &&
                (!k->total_bytes || slot->loop.totals) && loop.begin <= RANGE_MAX &&
                loop.total <= RANGE_MAX && (!loop.leaf || loop.leaf == reduce_leaf(loop.total));
    if (FILCH_CORRUPT_IF(!fits)) loop.index = 0;
    else loop.kernel = k;
    return loop;
}

/* The chunk of a sequential loop has done so many of its iterations, and the loop waits: puts the
 * others back. No other worker runs in the loop. */
__attribute__((noinline)) static void put_back(const filch_runtime *rt, const filch_slot *slot,
                                               range r, uint32_t done)
{
    atom64 *word_at = range_at(rt, range_home(rt), slot_index(rt, slot));
    range rest = range_unpack(atom64_load(word_at));
    rest.next = r.next + done;
    atom64_store(word_at, range_pack(rest));
}

/* Runs one claimed chunk, *claimed, which becomes what of it is done. *left: iterations of the loop
 * that are not done yet. False: the task is to end. */
static bool try_run_chunk(filch_runtime *rt, filch_worker *w, const loop_words *loop,
                          range *claimed, uint64_t *left)
{
    filch_slot *slot = loop->slot;
    const filch_kernel *kernel = loop->kernel;
    const range r = *claimed;
    uint32_t length = range_length(r);
    /* Modulo 2^64: a chunk before the range is far behind the range's end. */
    uint64_t offset = slot->loop.base + r.next - loop->begin, total = loop->total;
    uint64_t begin = loop->begin + offset, end = begin + length;
    w->chunk_begin = begin;
    w->chunk_end = end;
    if (FILCH_CORRUPT_IF(offset > total || length > total - offset)) {
        settle_fail(rt, w, FILCH_CORRUPT);
        return false;
    }
    if (kernel->total_bytes) {
        w->view.total = reduce_total(slot, kernel, worker_index(rt, w), offset, loop->leaf);
    }
    w->wait.is_allowed = kernel->kind == FILCH_SEQUENTIAL;
    w->view.resumed = w->wait.is_allowed ? wait_take(rt, slot_index(rt, slot)) : FILCH_NOT_WAITED;
    w->wait.is_asked = 0;
    ATOM_FOREIGN();
    int32_t code = kernel->chunk(&w->view, slot->args, begin, end);
    ATOM_FOREIGN();
    region_check_stack(rt, worker_index(rt, w));
    w->wait.is_asked = w->wait.is_asked && code == FILCH_WAITS;
    if (w->wait.is_asked && w->wait.done > length) {
        settle_fail(rt, w, FILCH_BAD_ARGUMENT);
        return false;
    }
    if (w->wait.is_asked) {
        length = (uint32_t)w->wait.done;
        claimed->end = r.next + length;
        put_back(rt, slot, r, length);
    } else if (code) {
        settle_fail(rt, w, FILCH_STATUS_OF(code));
        return false;
    }
    *left = total - atom64_add(&slot->done, length) - length;
    if (!length) return true;
    uint32_t magnitude = 31 - (uint32_t)__builtin_clz(length);
    count(w, COUNT_chunks, 1);
    count(w, COUNT_iterations, length);
    count(w, COUNT_chunks_1 + (int)(magnitude < 20 ? magnitude : 20), 1);
    return true;
}

/* The length of this kernel's next chunk on this worker, from the time that the last one took. */
static uint32_t tuned(uint32_t chunk, uint32_t ran, uint64_t nanoseconds)
{
    if (nanoseconds > CHUNK_LONG) return chunk > 1 ? chunk / 2 : 1;
    if (nanoseconds < CHUNK_SHORT && ran == chunk && chunk < CHUNK_MAX) return chunk * 2;
    return chunk;
}

/* A new task may cost more than the last one of its kernel. So it begins below what that had
 * tuned itself to, and never with so much that one chunk decides how the work is spread. */
static uint32_t first_chunk(const filch_worker *w, uint32_t kernel, uint64_t length)
{
    uint32_t chunk = w->loop.chunk[kernel] / 16;
    if (chunk > length / 1024) chunk = (uint32_t)(length / 1024);
    return chunk ? chunk : 1;
}

/* Near its end a loop runs in smaller and smaller chunks, so that no worker is left with a long
 * one: costs may rise along the range. */
#define TAIL 4
static uint32_t at_most(uint32_t chunk, uint64_t left, const filch_runtime *rt)
{
    uint64_t most = left / (TAIL * plan_worker_count(rt));
    return most >= chunk ? chunk : most ? (uint32_t)most : 1;
}

uint32_t loop_add_helper(const filch_runtime *rt, filch_slot *slot, filch_worker *w)
{
    uint32_t before = atom32_or(&slot->helpers, (uint32_t)1 << worker_index(rt, w));
    if (before) return before;
    uint64_t now = clock_ns();
    atom64_store(&slot->began_ns, now);
    if (!trace_is_running(w)) trace_doing(w, DOING_RUN, now);
    return 0;
}

static void note_chunk(filch_runtime *rt, filch_worker *w, uint64_t then, uint64_t now, range r)
{
    if (!range_length(r)) return;
    filch_slot *root = tree_root(rt, worker_slot(rt, w));
    filch_event event = {
        .begin = (double)then,
        .end = (double)now,
        .what = handle_number(state_handle(rt, slot_index(rt, root))),
        .kind = EVENT_CHUNK,
        .iterations = range_length(r),
    };
    trace_event(rt, w, event);
}

run_outcome loop_run(filch_runtime *rt, filch_worker *w)
{
    filch_slot *slot = worker_slot(rt, w), *root = tree_root(rt, slot);
    uint32_t own = worker_index(rt, w);
    const loop_words loop = copy_words(rt, slot);
    const filch_kernel *kernel = loop.kernel;
    if (FILCH_CORRUPT_IF(!kernel)) notify_try_decide(rt, root, FILCH_CORRUPT);
    bool parallel = kernel && kernel->kind == FILCH_PARALLEL, has_helped = false;
    atom64 *word_at = range_at(rt, parallel ? own : range_home(rt), slot_index(rt, slot));
    uint32_t grain = slot->loop.grain;
    uint32_t chunk = grain ? grain : first_chunk(w, loop.index, loop.total);
    uint64_t then = 0, slice_end = 0, left = loop.total;
    count(w, COUNT_tasks, 1);
    /* After joining: either this load sees the status, or the thread that decided it saw w in
     * the state. */
    bool going = kernel && !tree_has_ended(rt, slot);
    bool leaving = going && preempt_begin_is_leaving(rt, w, false);
    for (;;) {
        uint32_t length = grain ? chunk : at_most(chunk, left, rt);
        range r = going ? range_claim(word_at, length, loop.leaf) : (range){0, 0};
        if (!range_length(r)) {
            uint32_t found = going && parallel ? steal_iterations(rt, w, chunk) : 0;
            if (found > 1) {
                uint32_t parts =
                    found - 1 < plan_worker_count(rt) ? found - 1 : plan_worker_count(rt);
                notify_work(rt, tree_priority(rt, slot), parts);
            }
            then = 0;
            if (!found && !loop_leave_has_next_block(rt, w)) return RUN_FINISHED;
            if (leaving && preempt_try_yield(rt, w)) return RUN_YIELDED;
            continue;
        }
        if (!then && trace_is_on(rt)) then = clock_ns();
        if (!has_helped) {
            uint32_t helpers = loop_add_helper(rt, slot, w);
            if (kernel->total_bytes && !loop.leaf) reduce_begin(slot, kernel, own, helpers);
        }
        has_helped = true;
        going = try_run_chunk(rt, w, &loop, &r, &left);
        if (going && w->wait.is_asked) {
            uint64_t now = then ? clock_ns() : 0;
            if (trace_is_on(rt)) note_chunk(rt, w, then, now, r);
            if (wait_has_left_loop(rt, w)) return RUN_SUSPENDED;
            then = now;
            r.next = r.end; /* noted, and no measure of the kernel's speed */
            going = !tree_has_ended(rt, slot);
        }
        /* a hint: what there is to see is read in order */
        if (racy32_load(&w->shared.preempt_request)) {
            atom32_store(&w->shared.preempt_request, 0);
            going = going && !tree_has_ended(rt, slot);
            leaving = going && check_preempt(rt, w, false);
        }
        if (!going) {
            atom64_store(word_at, 0); /* thieves that have taken some of it see the status */
            continue;
        }
        if (!range_length(range_unpack(atom64_load(word_at)))) {
            if (trace_is_on(rt)) note_chunk(rt, w, then, clock_ns(), r);
            continue;
        }
        uint64_t now = clock_ns();
        if (!trace_is_running(w)) trace_doing(w, DOING_RUN, now);
        if (trace_is_on(rt)) note_chunk(rt, w, then ? then : now, now, r);
        if (leaving && then) count(w, COUNT_yield_ns, now - then);
        if (then && !grain)
            w->loop.chunk[loop.index] = chunk = tuned(chunk, range_length(r), now - then);
        then = now;
        bool should_yield = leaving || preempt_is_slice_over(rt, w, now, &slice_end);
        if (should_yield && preempt_try_yield(rt, w)) return RUN_YIELDED;
    }
}

/* -- loops that tasks submit -- */
static uint32_t kernel_index(const filch_runtime *rt, const filch_kernel *kernel)
{
    uint32_t k = 0;
    while (k < plan_kernel_count(rt) && plan_kernel(rt, k) != kernel) k++;
    return k;
}

static bool is_plain_loop(const filch_kernel *kernel)
{
    return kernel->kind <= FILCH_SEQUENTIAL && !kernel->total_bytes;
}

filch_slot *loop_spawn(filch_runtime *rt, filch_worker *w, const filch_loop *loop, uint32_t join)
{
    _Alignas(16) unsigned char args[FILCH_ARGS_BYTES];
    const filch_kernel *kernel = loop->kernel;
    uint32_t index = kernel_index(rt, kernel);
    if (index >= plan_kernel_count(rt) || !is_plain_loop(kernel)) return 0;
    if (loop->begin > loop->end || loop->end > RANGE_MAX) return 0;
    /* First: if the kernel's pointer is bad the worker traps here, and there is no member yet. */
    __builtin_memcpy(args, loop->args, kernel->args_bytes);
    filch_slot *slot = tree_spawn(rt, w, tree_root(rt, worker_slot(rt, w)), kernel->kind);
    if (!slot) return 0;
    slot->kernel = (uint16_t)index;
    slot->loop.grain = 0;
    slot->loop.totals = 0;
    atom32_store(&slot->loop.leaf, 0);
    atom32_store(&slot->helpers, 0);
    atom32_store(&slot->tree.join, join);
    __builtin_memcpy(slot->args, args, kernel->args_bytes);
    uint64_t total = loop->end - loop->begin;
    loop_lay_out(rt, slot, (loop_extent){.begin = loop->begin, .total = total});
    state_yield_needs_item(slot, worker_index(rt, w));
    queue_push(rt, w, slot);
    uint32_t parts = 1;
    if (kernel->kind == FILCH_PARALLEL && total) {
        parts = total < plan_worker_count(rt) ? (uint32_t)total : plan_worker_count(rt);
    }
    notify_work(rt, tree_priority(rt, slot), parts);
    return slot;
}

int32_t loop_run_inline(filch_worker *w, const filch_loop *loop)
{
    _Alignas(16) unsigned char copy[FILCH_ARGS_BYTES]; /* no other task sees its state fields */
    const filch_kernel *kernel = loop->kernel;
    if (!is_plain_loop(kernel)) return FILCH_BAD_ARGUMENT;
    __builtin_memcpy(copy, loop->args, kernel->args_bytes);
    if (loop->begin >= loop->end) return FILCH_OK;
    /* It has no slot to wait in, and has not waited. */
    uint8_t is_allowed = w->wait.is_allowed;
    uint64_t resumed = w->view.resumed;
    w->wait.is_allowed = 0;
    w->view.resumed = FILCH_NOT_WAITED;
    int32_t code = kernel->chunk(&w->view, copy, loop->begin, loop->end);
    w->wait.is_allowed = is_allowed;
    w->view.resumed = resumed;
    return code;
}

int32_t filch_post_loop(filch_task *task, const filch_kernel *kernel, uint64_t begin, uint64_t end,
                        const void *args)
{
    filch_runtime *rt = runtime_of(task);
    filch_worker *w = worker_of(task);
    filch_loop loop = {.kernel = kernel, .begin = begin, .end = end, .args = args};
    uint32_t kept = w->tree.reserved; /* a fork function keeps these for its frames */
    if (tree_try_reserve(rt, w, kept + 1) && loop_spawn(rt, w, &loop, JOIN_DETACHED))
        return FILCH_OK;
    if (!kept) tree_give_back(rt, w);
    return loop_run_inline(w, &loop);
}
