/* The work-stealing deque of Chase and Lev (SPAA 2005), fixed in size, under sequential
 * consistency.
 *
 * Invariants
 *   - The items are items[top .. bottom), compared by signed difference, so that the indices may
 *     wrap.
 *   - One thread, the deque's owner, writes bottom.
 *   - top only grows, by compare-exchange. The thread that moves top from t to t + 1 has item t,
 *     and no other thread has.
 *   - The owner takes the bottom item without a compare-exchange only where top cannot reach
 *     that item.
 *
 * The owner pushes and pops. Any thread steals and looks at the length. A thread that dies in
 * the middle of a steal leaves the deque whole; for an owner that dies see deque_adopt().
 *
 * An item is a slot's index and 16 bits of its generation. The item is a hint; the slot's state
 * decides. */
#ifndef FILCH_DEQUE_H
#define FILCH_DEQUE_H

#include "core/plan.h"

/* Not items, since SLOTS_MAX keeps 0xffff from being a slot. */
#define ITEM_NONE 0xffffffffu
#define ITEM_LOST 0xfffeffffu /* another thread took it first: there may be more */

void deque_init(filch_deque *d, uint32_t number, uint32_t start);
/* The owner: its next push succeeds. */
bool deque_has_room(const filch_runtime *rt, filch_deque *d);
/* The owner. False: the deque is full. */
bool deque_try_push(const filch_runtime *rt, filch_deque *d, uint32_t item);
/* The owner: the newest item, or ITEM_NONE. */
uint32_t deque_pop(const filch_runtime *rt, filch_deque *d);
/* The oldest item, ITEM_NONE, or ITEM_LOST. */
uint32_t deque_steal(const filch_runtime *rt, filch_deque *d);
/* The item at this index, if it is between top and bottom; else ITEM_NONE. Any thread. */
uint32_t deque_item(const filch_runtime *rt, const filch_deque *d, uint32_t index);
uint32_t deque_length(const filch_deque *d); /* at some moment of the call */
bool deque_is_empty(const filch_deque *d);
/* The calling thread becomes the owner after the old one has died, and finishes a pop that the
 * old owner left half done. */
void deque_adopt(filch_deque *d);
/* The deque's places, as many as plan_mask() + 1. */
atom32 *deque_items(const filch_runtime *rt, const filch_deque *d);

#endif
