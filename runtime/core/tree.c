#include "core/tree.h"

#include "core/slots.h"
#include "core/state.h"

/* -- the reserve: a list through the links -- */
bool tree_try_reserve(filch_runtime *rt, filch_worker *w, uint32_t count)
{
    uint32_t had = w->tree.reserved;
    if (had >= count) return true;
    if (slots_free_count(rt) < (uint64_t)plan_spare(rt) + count - had) return false;
    while (w->tree.reserved < count) {
        uint32_t index = slots_take(rt, plan_spare(rt));
        if (index == SLOT_NONE) return false;
        filch_slot *slot = &plan_slots(rt)[index];
        uint64_t state = atom64_load(&slot->state);
        if (FILCH_CORRUPT_IF(state & STATE_IN_USE)) return false; /* a corrupt link */
        tree_set_kind(slot, KIND_RESERVED);
        atom64_store(&slot->state, state | STATE_WORKER(worker_index(rt, w)));
        atom32_store(&plan_links(rt)[index], w->tree.reserve);
        w->tree.reserve = index + 1;
        w->tree.reserved++;
    }
    return true;
}

static uint32_t take_from_reserve(filch_runtime *rt, filch_worker *w)
{
    if (!tree_try_reserve(rt, w, 1)) return SLOT_NONE;
    uint32_t index = w->tree.reserve - 1;
    if (FILCH_CORRUPT_IF(index >= plan_slot_count(rt))) return SLOT_NONE;
    w->tree.reserve = atom32_load(&plan_links(rt)[index]);
    w->tree.reserved--;
    return index;
}

void tree_give_back(filch_runtime *rt, filch_worker *w)
{
    /* corrupt words may make the list of the reserve endless */
    for (uint32_t i = 0; w->tree.reserved && i < plan_slot_count(rt); i++) {
        uint32_t index = take_from_reserve(rt, w);
        if (index == SLOT_NONE) break;
        state_end(&plan_slots(rt)[index]);
        slots_give(rt, index);
    }
}

filch_slot *tree_spawn(filch_runtime *rt, filch_worker *w, filch_slot *root, uint8_t kind)
{
    uint32_t index = take_from_reserve(rt, w);
    if (index == SLOT_NONE) return 0;
    filch_slot *slot = &plan_slots(rt)[index];
    if (!(atom32_load(&root->tree.members) & ROOT_HAD)) atom32_or(&root->tree.members, ROOT_HAD);
    atom32_add(&root->tree.members, 1);
    atom32_store(&slot->tree.root, slot_index(rt, root));
    atom32_store(&slot->tree.join, JOIN_OPEN);
    atom32_store(&slot->tree.is_private, 0);
    atom32_store(&slot->status, FILCH_PENDING);
    tree_set_kind(slot, kind);
    slot->tree.awaited = slot->tree.child = slot->tree.sibling = slot->tree.step = 0;
    return slot;
}

/* Takes members away from the root's word, or closes the root. True: that was the last of both. */
static bool subtract_is_last(const filch_runtime *rt, filch_slot *root, const filch_worker *w,
                             uint32_t members, uint32_t closed)
{
    uint32_t old = atom32_load(&root->tree.members), new;
    bool last;
    do {
        new = (old - members) | closed;
        last = (new & ~ROOT_HAD) == ROOT_CLOSED;
        if (last) new |= (w ? worker_index(rt, w) + 1 : LISTER_OWNER) << 16;
    } while (!atom32_cas(&root->tree.members, &old, new));
    FILCH_INVARIANT(ROOT_COUNT(old) >= members && !(closed & old));
    return last;
}

bool tree_close_is_last(const filch_runtime *rt, filch_slot *root, const filch_worker *w)
{
    return subtract_is_last(rt, root, w, 0, ROOT_CLOSED);
}

bool tree_release_is_last(const filch_runtime *rt, filch_slot *root, const filch_worker *w)
{
    return subtract_is_last(rt, root, w, 1, 0);
}
