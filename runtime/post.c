#include "post.h"

#include "after.h"
#include "done.h"
#include "frame.h"
#include "idle.h"
#include "life.h"
#include "pool.h"
#include "reduce.h"
#include "sched.h"
#include "tree.h"

static filch_status check(const filch_runtime *rt, const filch_posting *p)
{
    if (atom32_load(&rt->stopped)) return FILCH_STOPPED;
    if (p->kernel >= rt->kernel_count || !rt->kernels[p->kernel]) return FILCH_UNKNOWN_KERNEL;
    if (p->begin > p->end || p->end > RANGE_MAX) return FILCH_BAD_RANGE;
    if (p->priority >= LEVELS || p->after_count > AFTER_MAX) return FILCH_BAD_ARGUMENT;
    return rt->kernels[p->kernel]->total_bytes && !p->totals ? FILCH_BAD_ARGUMENT : FILCH_OK;
}

/* The injector is as long as the pool, but items of tasks that were cancelled while queued stay in it until a worker meets them. */
static bool injector_room(filch_runtime *rt, uint32_t level)
{
    if (deque_room(&rt->injector[level])) return true;
    atom32_store(&rt->room, ROOM_WANTED); /* then look again: either this sees the room, or the worker that makes it rings */
    return deque_room(&rt->injector[level]);
}

static uint64_t left_of(const filch_posting *p)
{
    uint64_t left = p->pieces ? 0 : p->end - p->begin;
    for (uint32_t i = 0; i < p->piece_count; i++) left += (uint64_t)(p->pieces[2 * i + 1] - p->pieces[2 * i]);
    return left;
}

/* For how many workers there is something to do, as far as is known. A tree: two, though one begins. The other is woken from here,
 * for a worker that wakes another has it put on its own core, often, where that waits some milliseconds. */
static uint32_t parts_of(const filch_runtime *rt, uint8_t kind, uint64_t left)
{
    if (kind == FILCH_FORKING) return 2;
    if (kind != FILCH_PARALLEL || !left) return 1;
    return left < rt->worker_count ? (uint32_t)left : rt->worker_count;
}

uint64_t post_loop(filch_runtime *rt, const filch_posting *p, filch_status *why)
{
    *why = check(rt, p);
    if (*why != FILCH_OK) return 0;
    bool room = rt->posted < rt->post_limit && injector_room(rt, p->priority);
    uint32_t index = room ? pool_take(rt, 0) : SLOT_NONE;
    if (index == SLOT_NONE) {
        *why = FILCH_POOL_FULL;
        return 0;
    }
    filch_slot *slot = &rt->slots[index];
    const filch_kernel *kernel = rt->kernels[p->kernel];
    uint64_t life = atom64_load(&slot->life), left = left_of(p);
    if (life & LIFE_ANY) { /* a forged link: the slot is in use */
        *why = FILCH_CORRUPT;
        return 0;
    }
    rt->posted++;
    slot->grain = p->grain;
    slot->kernel = (uint16_t)p->kernel;
    slot->kind = kernel->kind;
    slot->listed = 0;
    slot->failed_begin = slot->failed_end = 0;
    slot->totals = p->totals;
    slot->awaited = slot->child = slot->step = 0;
    slot->entry = 0;
    atom32_store(&slot->level, p->priority);
    atom32_store(&slot->paused, 0);
    atom32_store(&slot->leaf, kernel->total_bytes && p->deterministic ? reduce_leaf(p->end - p->begin) : 0);
    atom32_store(&slot->root, index);
    atom32_store(&slot->hidden, 0);
    atom32_store(&slot->members, 0);
    atom32_store(&slot->status, FILCH_PENDING);
    atom32_store(&slot->helpers, 0);
    atom64_store(&slot->began, 0);
    atom64_store(&slot->ended, 0);
    __builtin_memcpy(slot->args, p->args, kernel->args_bytes);
    sched_lay_out(rt, slot, p->begin, p->end - p->begin, p->pieces, p->piece_count);
    if (slot->kind == FILCH_FORKING) atom64_store(frame_of(rt, frame_home(rt), index), 0); /* its range is not shared out */
    atom64_store(&slot->done, slot->total - left);
    after_begin(rt, slot, p->after, p->after_count);
    /* Publishes all of the above. */
    atom64_store(&slot->life, life | (p->after_count ? LIFE_WAITING : LIFE_QUEUED));
    uint64_t handle = handle_of(index, life_generation(life));
    if (p->after_count) post_set_level(rt, handle, p->priority); /* of what it comes after */
    if (p->after_count && !after_over(slot, 0)) return handle;
    deque_push(&rt->injector[p->priority], item_of(index, life));
    sched_publish(rt, p->priority, parts_of(rt, kernel->kind, left));
    return handle;
}

filch_slot *post_find(filch_runtime *rt, uint64_t handle)
{
    if (handle_slot(handle) >= rt->slot_count || handle >> 46) return 0;
    filch_slot *slot = &rt->slots[handle_slot(handle)];
    uint64_t life = atom64_load(&slot->life);
    return life & LIFE_ANY && life_generation(life) == handle_generation(handle) ? slot : 0;
}

/* A posted task's, not a member's. */
static filch_slot *find_root(filch_runtime *rt, uint64_t handle)
{
    filch_slot *slot = post_find(rt, handle);
    return slot && tree_kind(slot) != KIND_RESERVED && !tree_is_member(rt, slot) ? slot : 0;
}

void post_offer(filch_runtime *rt, uint32_t index)
{
    filch_slot *slot = &rt->slots[index];
    uint32_t level = tree_level(rt, slot);
    if (!deque_push(&rt->injector[level], item_of(index, atom64_load(&slot->life)))) {
        rt->offer_next = 0; /* no room: post_reap() offers again */
        atom32_store(&rt->room, ROOM_WANTED);
        if (!deque_empty(&rt->injector[level])) return;
        deque_push(&rt->injector[level], item_of(index, atom64_load(&slot->life)));
    }
    sched_publish(rt, level, tree_kind(slot) == FILCH_PARALLEL ? rt->worker_count : 1);
}

/* An item at its present level for all that is queued of the tree. */
static void offer_all(filch_runtime *rt, filch_slot *root)
{
    bool tree = atom32_load(&root->members) != 0;
    for (uint32_t i = tree ? 0 : slot_index(rt, root), last = tree ? rt->slot_count : i + 1; i < last; i++) {
        filch_slot *slot = &rt->slots[i];
        bool queued = tree_root(rt, slot) == root && (atom64_load(&slot->life) & LIFE_QUEUED);
        if (queued && !tree_hidden(rt, slot)) post_offer(rt, i);
    }
}

static void resume_all(filch_runtime *rt, filch_slot *root)
{
    atom32_store(&root->paused, 0); /* first: who holds a task of the tree after this looks at it again */
    if (life_unhold(root)) post_offer(rt, slot_index(rt, root));
    if (!atom32_load(&root->members)) return;
    for (uint32_t i = 0; i < rt->slot_count; i++) {
        filch_slot *slot = &rt->slots[i];
        if (tree_root(rt, slot) == root && slot != root && life_unhold(slot)) post_offer(rt, i);
    }
}

bool post_cancel(filch_runtime *rt, uint64_t handle)
{
    filch_slot *slot = find_root(rt, handle);
    if (!slot) return false;
    sched_decide(rt, slot, FILCH_CANCELLED);
    resume_all(rt, slot);
    /* A fork task that has begun may have children: a worker drops it. Whoever begins it after this has read the life word sees
     * the status, and does not. */
    uint64_t life = atom64_load(&slot->life);
    bool begun = slot->kind == FILCH_FORKING && atom32_load(&slot->helpers);
    if (!begun && life_generation(life) == handle_generation(handle) && life_close_idle(slot, life)) sched_settle(rt, 0, slot);
    else if (slot->kind == FILCH_FORKING || atom32_load(&slot->members)) offer_all(rt, slot);
    return true;
}

/* Keeps a paused task out of the queues, unless it is to end: whoever decides that does so first, and then looks for what is held. */
static void hold_queued(filch_runtime *rt, filch_slot *slot, uint64_t handle)
{
    if (tree_ended(rt, slot) || !life_hold_queued(slot, handle)) return;
    if (tree_ended(rt, slot) && life_unhold(slot)) post_offer(rt, slot_index(rt, slot));
}

bool post_pause(filch_runtime *rt, uint64_t handle)
{
    filch_slot *slot = find_root(rt, handle);
    if (!slot) return false;
    atom32_store(&slot->paused, 1);
    hold_queued(rt, slot, handle);
    uint32_t engaged = (uint32_t)(atom64_load(&slot->life) & LIFE_WORKERS);
    for (uint32_t w = 0; w < rt->worker_count; w++) {
        if (engaged >> w & 1 || atom32_load(&slot->members)) sched_poke(rt, w);
    }
    return true;
}

bool post_resume(filch_runtime *rt, uint64_t handle)
{
    filch_slot *slot = find_root(rt, handle);
    if (slot) resume_all(rt, slot);
    return slot;
}

int post_paused(filch_runtime *rt, uint64_t handle)
{
    filch_slot *root = find_root(rt, handle);
    if (!root || !atom32_load(&root->paused)) return POST_RUNS;
    hold_queued(rt, root, handle); /* a worker may have put it back that had not heard of the pause */
    if (!atom32_load(&root->members)) return atom64_load(&root->life) & (LIFE_WORKERS | LIFE_QUEUED) ? POST_PAUSING : POST_PAUSED;
    for (uint32_t i = 0; i < rt->slot_count; i++) {
        filch_slot *slot = &rt->slots[i];
        if (tree_root(rt, slot) == root && !(atom64_load(&slot->life) & LIFE_CLOSED) &&
            (atom64_load(&slot->life) & LIFE_WORKERS)) return POST_PAUSING;
    }
    return POST_PAUSED;
}

/* Asks everybody who works on the tree to look up, and queues again what is queued at its old level. */
static void change_level(filch_runtime *rt, filch_slot *root, uint32_t level)
{
    atom32_store(&root->level, level);
    offer_all(rt, root);
    bool tree = atom32_load(&root->members) != 0;
    uint32_t engaged = (uint32_t)(atom64_load(&root->life) & LIFE_WORKERS);
    for (uint32_t w = 0; w < rt->worker_count; w++) {
        if (engaged >> w & 1 || tree) sched_poke(rt, w);
    }
    if (engaged || tree) sched_publish(rt, level, 1); /* another worker may leave something for it */
}

/* As urgent as what waits for it. */
static uint32_t inherited(const filch_runtime *rt, uint64_t handle, uint32_t level)
{
    for (uint32_t edge = 0; edge < rt->slot_count * AFTER_MAX; edge++) {
        const filch_slot *waiting = &rt->slots[edge / AFTER_MAX];
        if (rt->after[edge] != handle || !(atom64_load(&waiting->life) & LIFE_WAITING)) continue;
        if (atom32_load(&waiting->level) < level) level = atom32_load(&waiting->level);
    }
    return level;
}

bool post_set_level(filch_runtime *rt, uint64_t handle, uint32_t level)
{
    filch_slot *slot = find_root(rt, handle);
    if (!slot) return false;
    if (level > atom32_load(&slot->level)) level = inherited(rt, handle, level);
    if (atom32_load(&slot->level) != level) change_level(rt, slot, level);
    /* What a task comes after is at least as urgent. The list goes through `raised`: a chain may be as long as the pool. */
    uint32_t list = slot_index(rt, slot) + 1;
    slot->raised = 0;
    while (list) {
        uint32_t index = list - 1;
        list = rt->slots[index].raised;
        for (uint32_t i = 0; i < AFTER_MAX && rt->after[index * AFTER_MAX + i]; i++) {
            filch_slot *before = find_root(rt, rt->after[index * AFTER_MAX + i]);
            if (!before || atom32_load(&before->level) <= level) continue;
            change_level(rt, before, level);
            before->raised = list;
            list = slot_index(rt, before) + 1;
        }
    }
    return true;
}

/* Ranges that overlap or touch would come from forged frames alone. */
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

uint32_t post_pieces(filch_runtime *rt, uint64_t handle, double *pieces, uint32_t most)
{
    filch_slot *slot = find_root(rt, handle);
    if (!slot || post_paused(rt, handle) != POST_PAUSED || slot->kind > FILCH_SEQUENTIAL || atom32_load(&slot->members)) return 0;
    uint32_t n = 0;
    uint64_t rest = slot->block_end, end = slot->piece_end;
    for (uint32_t row = 0; row <= rt->worker_count; row++) {
        range r = word_range(atom64_load(frame_of(rt, row, slot_index(rt, slot))));
        if (!range_length(r)) continue;
        if (n++ >= most) continue;
        pieces[2 * n - 2] = (double)(slot->base + r.next);
        pieces[2 * n - 1] = (double)(slot->base + r.end);
    }
    for (uint32_t i = slot->piece_next;; i++) {
        if (rest < end && n++ < most) {
            pieces[2 * n - 2] = (double)rest;
            pieces[2 * n - 1] = (double)end;
        }
        if (i >= slot->piece_count) break;
        rest = sched_whole(slot->pieces[2 * i]);
        end = sched_whole(slot->pieces[2 * i + 1]);
    }
    sort_pieces(pieces, n < most ? n : most);
    return n;
}

bool post_arm(filch_runtime *rt)
{
    if (!done_arm(rt)) return false;
    if (!rt->lost_trees || !tree_sweep(rt)) return true;
    atom32_store(&rt->doorbell, 0);
    return false;
}

uint64_t post_reap(filch_runtime *rt)
{
    if (rt->offer_next < rt->slot_count) sched_offer_again(rt);
    if (rt->lost_trees) tree_sweep(rt);
    uint32_t index = done_reap(rt);
    if (index == SLOT_NONE) return 0;
    uint64_t life = atom64_load(&rt->slots[index].life);
    return life & LIFE_CLOSED ? handle_of(index, life_generation(life)) : 0; /* else a forged link */
}

filch_status post_release(filch_runtime *rt, uint64_t handle)
{
    filch_slot *slot = post_find(rt, handle);
    if (!slot) return FILCH_STALE_HANDLE;
    if (slot->listed != SLOT_REAPED) return FILCH_BAD_ARGUMENT;
    slot->listed = 0; /* as a member it is never listed */
    rt->posted--;
    life_end(slot);
    if (after_released(slot)) pool_give(rt, handle_slot(handle));
    return FILCH_OK;
}

void post_stop(filch_runtime *rt)
{
    if (atom32_exchange(&rt->stopped, 1)) return;
    for (uint32_t i = 0; i < rt->slot_count; i++) {
        post_cancel(rt, handle_of(i, life_generation(atom64_load(&rt->slots[i].life))));
    }
    idle_wake_all(rt);
}
