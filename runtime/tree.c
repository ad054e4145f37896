#include "tree.h"

#include "done.h"
#include "frame.h"
#include "idle.h"
#include "life.h"
#include "pool.h"
#include "sched.h"
#include "search.h"

/* -- the reserve: a list through the links -- */
bool tree_reserve(filch_runtime *rt, filch_worker *w, uint32_t count)
{
    if (w->reserved < count && pool_free(rt) < rt->spare + count - w->reserved) return false;
    while (w->reserved < count) {
        uint32_t index = pool_take(rt, rt->spare);
        if (index == SLOT_NONE) return false;
        filch_slot *slot = &rt->slots[index];
        uint64_t life = atom64_load(&slot->life);
        if (life & LIFE_ANY) return false; /* a forged link: the slot is in use */
        tree_set_kind(slot, KIND_RESERVED);
        atom64_store(&slot->life, life | LIFE_WORKER(w->view.worker));
        atom32_store(&rt->links[index], w->reserve);
        w->reserve = index + 1;
        w->reserved++;
    }
    return true;
}

static uint32_t from_reserve(filch_runtime *rt, filch_worker *w)
{
    if (!tree_reserve(rt, w, 1)) return SLOT_NONE;
    uint32_t index = w->reserve - 1;
    if (index >= rt->slot_count) return SLOT_NONE; /* forged */
    w->reserve = atom32_load(&rt->links[index]);
    w->reserved--;
    return index;
}

void tree_give_back(filch_runtime *rt, filch_worker *w)
{
    while (w->reserved) {
        uint32_t index = from_reserve(rt, w);
        if (index == SLOT_NONE) break;
        life_end(&rt->slots[index]);
        pool_give(rt, index);
    }
}

filch_slot *tree_spawn(filch_runtime *rt, filch_worker *w, filch_slot *root, uint8_t kind)
{
    uint32_t index = from_reserve(rt, w);
    if (index == SLOT_NONE) return 0;
    filch_slot *slot = &rt->slots[index];
    if (!(atom32_load(&root->members) & ROOT_HAD)) atom32_or(&root->members, ROOT_HAD);
    atom32_add(&root->members, 1);
    atom32_store(&slot->root, slot_index(rt, root));
    atom32_store(&slot->join, JOIN_OPEN);
    atom32_store(&slot->hidden, 0);
    atom32_store(&slot->status, FILCH_PENDING);
    tree_set_kind(slot, kind);
    slot->awaited = slot->child = slot->sibling = slot->step = 0;
    return slot;
}

/* One member less, or the root closed. True: that was the last of both. */
static bool less(filch_slot *root, const filch_worker *w, uint32_t members, uint32_t closed)
{
    uint32_t old = atom32_load(&root->members), new;
    bool last;
    do {
        new = (old - members) | closed;
        last = (new & ~ROOT_HAD) == ROOT_CLOSED;
        if (last) new |= (w ? w->view.worker + 1 : LISTER_OWNER) << 16;
    } while (!atom32_cas(&root->members, &old, new));
    return last;
}

bool tree_close(filch_slot *root, const filch_worker *w) { return less(root, w, 0, ROOT_CLOSED); }

void tree_release(filch_runtime *rt, filch_worker *w, filch_slot *member)
{
    filch_slot *root = tree_root(rt, member);
    uint32_t index = slot_index(rt, member);
    life_end(member);
    atom32_store(&member->root, index);
    pool_give(rt, index);
    if (less(root, w, 1, 0)) sched_list(rt, w, root);
}

void tree_push(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    if (atom32_load(&slot->hidden)) atom32_store(&slot->hidden, 0); /* and then it looks at its level: who changes that, the other way round */
    uint32_t level = tree_level(rt, slot);
    search_make_room(rt, w, level);
    deque_push(&w->deques[level], item_of(slot_index(rt, slot), atom64_load(&slot->life)));
}

void tree_push_all(filch_runtime *rt, filch_worker *w, filch_slot *root)
{
    for (uint32_t i = 0; i < rt->slot_count; i++) {
        filch_slot *slot = &rt->slots[i];
        if (tree_root(rt, slot) != root) continue;
        if (life_unhold(slot) || (atom64_load(&slot->life) & LIFE_QUEUED)) tree_push(rt, w, slot);
    }
    w->owes = true;
}

void tree_finish(filch_runtime *rt, filch_worker *w, filch_slot *member, uint64_t result)
{
    member->result = result;
    uint32_t joiner = atom32_exchange(&member->join, JOIN_DONE);
    if (joiner == JOIN_NOBODY) {
        tree_release(rt, w, member);
    } else if (joiner != JOIN_OPEN && joiner - 1 < rt->slot_count) {
        filch_slot *frame = &rt->slots[joiner - 1];
        if (life_end_wait(frame)) {
            w->last = joiner - 1;
            tree_push(rt, w, frame);
            w->owes = true; /* it is what w takes next, most likely */
        }
    }
}

void tree_abandon(filch_runtime *rt, filch_worker *w, uint32_t link)
{
    if (!link || link > rt->slot_count) return;
    filch_slot *member = &rt->slots[link - 1];
    if (atom32_exchange(&member->join, JOIN_NOBODY) == JOIN_DONE) {
        tree_release(rt, w, member);
    } else if (atom64_load(&member->life) & LIFE_QUEUED) { /* it may be in no queue */
        tree_push(rt, w, member);
        w->owes = true;
    }
}

/* -- after a death (owner) -- */
void tree_lose(filch_runtime *rt, filch_slot *slot, uint32_t w)
{
    filch_slot *root = tree_root(rt, slot);
    uint32_t members = atom32_or(&root->members, ROOT_LOST);
    if (ROOT_LISTER(members)) {
        if (ROOT_LISTER(members) == w + 1 && !(members & ROOT_LOST)) sched_list(rt, 0, root); /* as it was about to */
        return;
    }
    life_wait(slot, w);
    if (members & ROOT_LOST) return;
    rt->lost_trees++;
    if (sched_decide(rt, root, FILCH_WORKER_LOST)) {
        root->failed_begin = rt->workers[w].chunk_begin;
        root->failed_end = rt->workers[w].chunk_end;
    }
    atom32_store(&root->status, FILCH_WORKER_LOST); /* whatever was decided: what the worker held is gone */
}

/* Somebody works on it, or will without being asked. A closed member is nobody's but its joiner's, or its closer's, who has the tree
 * in its `tree` until it is through. */
static bool worked_on(const filch_runtime *rt, uint32_t root)
{
    uint64_t life = atom64_load(&rt->slots[root].life);
    for (uint32_t w = 0; w < rt->worker_count; w++) {
        if (atom64_load(&rt->workers[w].tree) == handle_of(root, life_generation(life))) return true;
    }
    if ((life & LIFE_CLOSED) && !(life & LIFE_WAITING) && !(atom32_load(&rt->slots[root].members) & ROOT_CLOSED)) return true;
    for (uint32_t i = 0; i < rt->slot_count; i++) {
        const filch_slot *slot = &rt->slots[i];
        if (racy32_load(&slot->root) != root) continue;
        life = atom64_load(&slot->life);
        if (!(life & LIFE_CLOSED) && (life & (LIFE_QUEUED | LIFE_WORKERS))) return true;
    }
    return false;
}

static void empty_frames(filch_runtime *rt, uint32_t slot)
{
    for (uint32_t row = 0; row <= rt->worker_count; row++) atom64_store(frame_of(rt, row, slot), 0);
}

static void sweep(filch_runtime *rt, uint32_t root)
{
    for (uint32_t i = 0; i < rt->slot_count; i++) {
        filch_slot *slot = &rt->slots[i];
        if (i == root || racy32_load(&slot->root) != root) continue;
        atom32_store(&slot->root, i);
        if (!(atom64_load(&slot->life) & LIFE_ANY)) continue;
        empty_frames(rt, i); /* of a loop */
        life_end(slot);
        pool_give(rt, i);
    }
    filch_slot *slot = &rt->slots[root];
    rt->lost_trees--;
    atom32_store(&slot->members, ROOT_LOST | LISTER_OWNER << 16);
    atom64_store(&slot->life, (atom64_load(&slot->life) & ~LIFE_ANY) | LIFE_CLOSED);
    empty_frames(rt, root);
    sched_list(rt, 0, slot);
}

bool tree_sweep(filch_runtime *rt)
{
    bool swept = false;
    for (uint32_t i = 0; rt->lost_trees && i < rt->slot_count; i++) {
        uint32_t members = atom32_load(&rt->slots[i].members);
        if (!(members & ROOT_LOST) || ROOT_LISTER(members) || worked_on(rt, i)) continue;
        sweep(rt, i);
        swept = true;
    }
    return swept;
}
