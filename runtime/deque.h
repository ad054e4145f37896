/* The work-stealing deque of Chase and Lev (SPAA 2005), fixed in size, under sequential consistency.
 *
 * Invariant: the items are slots[top .. bottom), compared by signed difference, so the indices may wrap. bottom is written by
 * one thread, the deque's owner; top only grows, by compare-exchange. Whoever moves top from t to t + 1 has item t, and nobody
 * else; the owner takes the bottom item without that only where it has seen that top cannot reach it.
 *
 * Push and pop: the owner. Steal, and the look at the size: any thread. A thread that dies in the middle of a steal leaves the
 * deque whole; for a dead owner see deque_adopt().
 *
 * An item is a slot's index and 16 bits of its generation. It is a hint: see life.h. */
#ifndef FILCH_DEQUE_H
#define FILCH_DEQUE_H

#include "platform/platform.h"

typedef struct filch_deque {
    _Alignas(64) atom32 top;
    _Alignas(64) atom32 bottom;
    uint32_t seen_top; /* the owner's: a value that top had, so the room is at least what it says */
    uint32_t mask;     /* capacity - 1; the capacity is a power of two */
    atom32 *items;
} filch_deque;

/* Not items, since SLOTS_MAX keeps 0xffff from being a slot. */
#define ITEM_NONE 0xffffffffu
#define ITEM_LOST 0xfffeffffu /* somebody else was faster: there may be more */

void deque_init(filch_deque *d, atom32 *items, uint32_t capacity, uint32_t start);
bool deque_room(filch_deque *d);                /* the owner's next push will succeed */
bool deque_push(filch_deque *d, uint32_t item); /* false: full */
uint32_t deque_pop(filch_deque *d);             /* the newest, or ITEM_NONE */
uint32_t deque_steal(filch_deque *d);           /* the oldest, ITEM_NONE, or ITEM_LOST */
uint32_t deque_length(const filch_deque *d);    /* at some moment of the call */
bool deque_empty(const filch_deque *d);
/* A new thread becomes the owner, after the old one died: puts right what a pop left half done. */
void deque_adopt(filch_deque *d);

#endif
