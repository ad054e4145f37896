/* Reductions: where the accumulators are, and how they become one.
 *
 * A fast reduction has an accumulator per worker, to which everything goes that the worker ran.
 * So the way in which a sum of floating-point numbers is rounded depends on the schedule.
 *
 * A deterministic reduction has an accumulator per leaf. The length of the range alone cuts the
 * range into at most LEAVES_MAX leaves of a power of two of iterations. One worker after the
 * other runs a leaf, in order (range.h). The leaves are combined in pairs, in a tree that their
 * number alone decides. So the bits of the result do not depend on the workers.
 *
 * Workers that run in the task; reduce_try_combine(): the thread that completes it; reduce_leaf(),
 * reduce_parts(): any thread. */
#ifndef FILCH_REDUCE_H
#define FILCH_REDUCE_H

#include "core/plan.h"

#ifndef LEAVES_MAX
#define LEAVES_MAX 1024
#endif

uint32_t reduce_leaf(uint64_t total); /* iterations of a leaf */
/* How many accumulators a reduction over `total` iterations has. */
uint32_t reduce_parts(const filch_runtime *rt, uint64_t total, bool deterministic);
/* Before w's first chunk of a fast reduction. `helpers`: the workers that have run a part. */
void reduce_begin(filch_slot *slot, const filch_kernel *kernel, uint32_t w, uint32_t helpers);
/* The accumulator of w's chunk that begins `offset` iterations after the range does. `leaf`: the
 * caller's copy, which fits the range. */
void *reduce_total(filch_slot *slot, const filch_kernel *kernel, uint32_t w, uint64_t offset,
                   uint32_t leaf);
/* The kernel of a reduction. NULL: the task is none. */
const filch_kernel *reduce_kernel(const filch_runtime *rt, const filch_slot *slot);
/* A reduction whose iterations have all run: only its result is missing, and a worker combines. */
bool reduce_has_run(const filch_runtime *rt, const filch_slot *slot);
/* Leaves the result in the first accumulator. Once: a second time counts parts twice. False: words
 * of the task are corrupt. */
bool reduce_try_combine(const filch_runtime *rt, filch_slot *slot, const filch_kernel *kernel);

#endif
