/* Free slots: a lock-free list (Treiber, 1986) with a tag against ABA.
 *
 * Invariant: one 64-bit word {tag, free, link} heads the list. `link` is the first free slot's
 * index + 1, `free` counts the free slots, and every change adds 1 to the 32-bit tag. The links
 * of the slots chain the rest. A slot in the list has no task, and belongs to no tree: its
 * tree.root is its own index.
 *
 * Any thread, but slots_init(): the owner, before the workers start. */
#ifndef FILCH_SLOTS_H
#define FILCH_SLOTS_H

#include "core/plan.h"

void slots_init(filch_runtime *rt);
/* Takes a free slot and leaves at least `spare` others. SLOT_NONE: there are not that many. */
uint32_t slots_take(filch_runtime *rt, uint32_t spare);
/* After 2^47 tasks a slot is given away no more. */
void slots_give(filch_runtime *rt, uint32_t slot);
uint32_t slots_free_count(const filch_runtime *rt); /* at some moment of the call */

#endif
