/* Reductions: where accumulators are, and how they become one.
 *
 * A fast reduction has an accumulator per worker; what a worker ran goes to its own, so how a sum of floating-point numbers is
 * rounded depends on who ran what. A deterministic one has an accumulator per leaf: the range is cut into at most LEAVES_MAX
 * leaves of a power of two of iterations, by its length alone. A leaf is run in order, by one worker after the other (frame.h), and the leaves
 * are combined in pairs, in a tree that their number alone decides. So its bits do not depend on the workers.
 *
 * Called by the workers engaged in the task, but reduce_combine(), by whoever settles it, and reduce_leaf(), by the owner. */
#ifndef FILCH_REDUCE_H
#define FILCH_REDUCE_H

#include "layout.h"

#ifndef LEAVES_MAX
#define LEAVES_MAX 1024
#endif

uint32_t reduce_leaf(uint64_t total);                                /* iterations of a leaf */
uint32_t reduce_parts(const filch_runtime *rt, uint64_t total, bool deterministic); /* accumulators */
/* Before w's first chunk of the task: `helpers` were there before. */
void reduce_begin(filch_runtime *rt, filch_slot *slot, const filch_kernel *kernel, uint32_t w, uint32_t helpers);
/* The accumulator of a chunk that begins at iteration `at`. */
void *reduce_total(filch_runtime *rt, filch_slot *slot, const filch_kernel *kernel, uint32_t w, uint64_t at);
void reduce_combine(filch_runtime *rt, filch_slot *slot); /* leaves the result in the first accumulator */

#endif
