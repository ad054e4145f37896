/* The pool of task slots: a fixed array, with the free ones on a lock-free stack (Treiber 1986).
 *
 * Invariant: a slot is free, and on the list, or somebody's. The list's head is {tag, how many are free, index + 1}, of 32, 16, and
 * 16 bits; each change bumps the tag, so a head that looks the same is the same. Any thread may take and give. */
#ifndef FILCH_POOL_H
#define FILCH_POOL_H

#include "layout.h"

#define SLOT_NONE 0xffffffffu

void pool_init(filch_runtime *rt);
/* A slot's index; SLOT_NONE: every slot is in use, or no more than `spare` are free. */
uint32_t pool_take(filch_runtime *rt, uint32_t spare);
void pool_give(filch_runtime *rt, uint32_t slot);
uint32_t pool_free(const filch_runtime *rt);

#endif
