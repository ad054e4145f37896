/* Trees: a submitted task, the root, and its members, tasks that workers spawned for it in slots
 * of their own.
 *
 * Members are promoted children and saved frames (fork.h), and loops that a chunk or a fork
 * function submitted. The root's status, priority, and pause count for all of them.
 *
 * `members` of the root counts its members. ROOT_CLOSED in it says that only they keep the root
 * from its completion. The thread that closes the root or releases the last member, whichever
 * comes second, writes its number into the same word and completes the root. If that thread dies
 * the owner knows whose turn it was.
 *
 * `join` of a member is where its end meets its joiner. Each side changes the word once; the
 * second one acts.
 *     JOIN_OPEN ─ the member ends ─▶ JOIN_DONE: the joiner takes the result, releases the slot
 *       ├─ the frame in slot s suspends ─▶ s + 1 ─ the member ends ─▶ JOIN_DONE: the frame goes on
 *       └─ the parent detaches it ─▶ JOIN_DETACHED ─ the member ends ─▶ its worker releases it
 *
 * Workers that run in a task of the tree. */
#ifndef FILCH_TREE_H
#define FILCH_TREE_H

#include "core/plan.h"

enum { JOIN_OPEN = 0, JOIN_DONE = 0x10000, JOIN_DETACHED = 0x20000 };
/* slot->tree.members: the number of members, and */
#define ROOT_CLOSED 0x80000000u
/* it has had members: its iterations do not tell what became of them */
#define ROOT_HAD 0x20000000u
#define ROOT_LOST 0x40000000u /* a worker of the tree was lost, and the owner completes the root */
/* The thread that completes the root: a worker's number + 1, or LISTER_OWNER; 0: none yet. */
#define ROOT_LISTER(members) ((members) >> 16 & 0xff)
#define ROOT_COUNT(members) ((members)&0xffff)
#define LISTER_OWNER 0xffu
/* The kind of a slot that a worker keeps in reserve; above those of filch_kind. */
enum { KIND_RESERVED = 100 };

/* The owner looks at slots that workers take and give back meanwhile, and sees the kind of some
 * moment. */
static inline uint8_t tree_kind(const filch_slot *slot)
{
    return __atomic_load_n(&slot->kind, __ATOMIC_RELAXED);
}
static inline void tree_set_kind(filch_slot *slot, uint8_t kind)
{
    __atomic_store_n(&slot->kind, kind, __ATOMIC_RELAXED);
}

static inline filch_slot *tree_root(const filch_runtime *rt, const filch_slot *slot)
{
    /* constant while the slot is in use, unless corrupt */
    uint32_t root = racy32_load(&slot->tree.root);
    return &plan_slots(rt)[root < plan_slot_count(rt) ? root : 0];
}
static inline bool tree_is_member(const filch_runtime *rt, const filch_slot *slot)
{
    return racy32_load(&slot->tree.root) != slot_index(rt, slot);
}
/* The end of the tree is decided. */
static inline bool tree_has_ended(const filch_runtime *rt, const filch_slot *slot)
{
    return atom32_load(&tree_root(rt, slot)->status) != FILCH_PENDING;
}
/* A task that is to end is most urgent: its end takes no time, and the owner waits for it. */
static inline uint32_t tree_priority(const filch_runtime *rt, const filch_slot *slot)
{
    if (tree_has_ended(rt, slot)) return 0;
    /* The owner that changes the priority queues the task again, after this load or before. */
    uint32_t priority = atom32_load(&tree_root(rt, slot)->priority);
    return priority < PRIORITIES ? priority : PRIORITIES - 1;
}

/* The member belongs in no queue. Once its tree is to end its parent may be gone, and it belongs
 * in one. */
static inline bool tree_is_private(const filch_runtime *rt, const filch_slot *slot)
{
    return atom32_load(&slot->tree.is_private) && !tree_has_ended(rt, slot);
}

/* Makes sure that w has `count` slots in reserve. False: there are not that many free slots. */
bool tree_try_reserve(filch_runtime *rt, filch_worker *w, uint32_t count);
void tree_give_back(filch_runtime *rt, filch_worker *w); /* the whole reserve */
/* A new member of the tree, from the reserve if there is one, with w running in it. NULL: no
 * slot is free. */
filch_slot *tree_spawn(filch_runtime *rt, filch_worker *w, filch_slot *root, uint8_t kind);
/* The root is closed. True: w (NULL: the owner) must complete it; false: another thread will. */
bool tree_close_is_last(const filch_runtime *rt, filch_slot *root, const filch_worker *w);
/* A member of the root is released. True: w must complete the root. */
bool tree_release_is_last(const filch_runtime *rt, filch_slot *root, const filch_worker *w);

#endif
