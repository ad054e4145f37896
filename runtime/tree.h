/* Trees: a posted task, its root, and the members that it spawned: tasks of slots of their own that the owner does not know of.
 *
 * Members are promoted children and saved frames (fork.h), and loops that a chunk or a fork function posted. The status,
 * priority, and pause of all of them is the root's. The root settles when it is closed and its last member is released:
 * `members` counts them, and ROOT_CLOSED in it says that only they keep the root from being settled. Whoever brings both about
 * writes its number into the same word, and lists the root; so if it dies the owner knows whose turn it was.
 *
 * `join` of a member is how its end meets whoever wants its result: each side changes the word once, the second one acts.
 *     JOIN_OPEN  ─ the member ends ─▶ JOIN_DONE, the joiner takes the result and releases the slot
 *        ├─ the frame in slot s suspends ─▶ s + 1 ─ the member ends ─▶ JOIN_DONE: the frame goes on, and releases
 *        └─ the joiner is gone ─▶ JOIN_NOBODY ─ the member ends ─▶ it is released
 *
 * Called by workers engaged in a task of the tree, but for those marked (owner). */
#ifndef FILCH_TREE_H
#define FILCH_TREE_H

#include "layout.h"

enum { JOIN_OPEN = 0, JOIN_DONE = 0x10000, JOIN_NOBODY = 0x20000 };
/* filch_slot.members: how many there are, and */
#define ROOT_CLOSED 0x80000000u
#define ROOT_HAD 0x20000000u  /* it has had members: what became of them is not seen in its iterations */
#define ROOT_LOST 0x40000000u /* a worker of the tree died, and the owner settles it */
#define ROOT_LISTER(members) ((members) >> 16 & 0xff) /* who lists the root: a worker + 1, LISTER_OWNER; 0: nobody yet */
#define ROOT_COUNT(members) ((members) & 0xffff)
#define LISTER_OWNER 0xffu
/* The kind of a slot that a worker keeps for a frame; above those of filch_kind. */
enum { KIND_RESERVED = 100 };

/* The owner looks at slots that workers take and give back meanwhile: what it sees of their kind is of some moment. */
static inline uint8_t tree_kind(const filch_slot *slot) { return __atomic_load_n(&slot->kind, __ATOMIC_RELAXED); }
static inline void tree_set_kind(filch_slot *slot, uint8_t kind) { __atomic_store_n(&slot->kind, kind, __ATOMIC_RELAXED); }

static inline uint32_t slot_index(const filch_runtime *rt, const filch_slot *slot) { return (uint32_t)(slot - rt->slots); }
static inline filch_slot *tree_root(const filch_runtime *rt, const filch_slot *slot)
{
    uint32_t root = racy32_load(&slot->root); /* constant while the slot is in use, but forged */
    return &rt->slots[root < rt->slot_count ? root : 0];
}
static inline bool tree_is_member(const filch_runtime *rt, const filch_slot *slot)
{
    return racy32_load(&slot->root) != slot_index(rt, slot);
}
static inline bool tree_ended(const filch_runtime *rt, const filch_slot *slot)
{
    return atom32_load(&tree_root(rt, slot)->status) != FILCH_PENDING;
}
/* What is to end is most urgent: it takes no time, and somebody waits for that. */
static inline uint32_t tree_level(const filch_runtime *rt, const filch_slot *slot)
{
    if (tree_ended(rt, slot)) return 0;
    uint32_t level = atom32_load(&tree_root(rt, slot)->level); /* whoever changes it looks for the task again, after this or before */
    return level < LEVELS ? level : LEVELS - 1;
}

/* It is to be in no queue. Once its tree is to end its parent may not be there any more. */
static inline bool tree_hidden(const filch_runtime *rt, const filch_slot *slot)
{
    return atom32_load(&slot->hidden) && !tree_ended(rt, slot);
}

/* Makes sure that w has `count` slots in reserve. False: the pool has not so many. */
bool tree_reserve(filch_runtime *rt, filch_worker *w, uint32_t count);
void tree_give_back(filch_runtime *rt, filch_worker *w); /* all that is in reserve */
/* A new member of the tree, from the reserve if there is one; engaged as w. NULL: no slot is free. */
filch_slot *tree_spawn(filch_runtime *rt, filch_worker *w, filch_slot *root, uint8_t kind);
void tree_release(filch_runtime *rt, filch_worker *w, filch_slot *member);
/* The root is closed. True: w (NULL: the owner) must list it; false: somebody else will. */
bool tree_close(filch_slot *root, const filch_worker *w);
/* The member that w has closed is at its end. */
void tree_finish(filch_runtime *rt, filch_worker *w, filch_slot *member, uint64_t result);
/* Nobody will join this member (index + 1) any more. */
void tree_abandon(filch_runtime *rt, filch_worker *w, uint32_t link);
/* Puts a member or root that is QUEUED into w's own deque. */
void tree_push(filch_runtime *rt, filch_worker *w, filch_slot *slot);
/* The tree is to end, w has decided: all of it that is QUEUED, or was HELD. */
void tree_push_all(filch_runtime *rt, filch_worker *w, filch_slot *root);

void tree_lose(filch_runtime *rt, filch_slot *slot, uint32_t w); /* (owner) the dead worker w was engaged in this slot */
bool tree_sweep(filch_runtime *rt);                              /* (owner) settles the lost trees that nobody works on. True: some */

#endif
