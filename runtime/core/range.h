/* Ranges: the iterations of a task that no worker has claimed.
 *
 * One 64-bit word {end, next} for each task and holder. Holder w is worker w: what w has still
 * to run. The last holder, range_home(), has what the owner submitted and no worker has taken.
 * Units: iterations from the start of the task's current block.
 *
 * Invariants
 *   - The ranges of a task are disjoint, from each other and from the chunks that run.
 *   - A change takes iterations off a range by one compare-exchange; they belong to the thread
 *     that made it.
 *   - Only the holder fills a range, and only an empty one.
 *   - A word belongs to one task for as long as a worker runs in that task (state.h). So a
 *     compare-exchange that succeeds got iterations of that task, whatever happened in between:
 *     there is no ABA problem.
 *
 * Workers that run in the task; for range_home() the owner before it submits the task. */
#ifndef FILCH_RANGE_H
#define FILCH_RANGE_H

#include "core/plan.h"

typedef struct range {
    uint32_t next, end;
} range;

/* The words of one holder share cache lines with no other holder's. */
static inline atom64 *range_at(const filch_runtime *rt, uint32_t holder, uint32_t slot)
{
    return &plan_ranges(rt)[(uint64_t)holder * plan_slot_count(rt) + slot];
}
static inline uint32_t range_home(const filch_runtime *rt) { return plan_worker_count(rt); }

static inline uint64_t range_pack(range r) { return (uint64_t)r.end << 32 | r.next; }
static inline range range_unpack(uint64_t word)
{
    return (range){(uint32_t)word, (uint32_t)(word >> 32)};
}
static inline uint32_t range_length(range r) { return r.next < r.end ? r.end - r.next : 0; }

/* A deterministic reduction's iterations come in leaves of `leaf` iterations, a power of two; 0:
 * no leaves. A chunk ends where its leaf ends, and no thief splits off a leaf that has begun. So
 * one worker after the other runs a leaf, in order. */

/* Claims at most `length` iterations from the front. The answer is empty where the range is. */
range range_claim(atom64 *word_at, uint32_t length, uint32_t leaf);
#define RANGE_ALL UINT32_MAX
/* Takes `share` iterations off the front of a range that was *word, at most half of them,
 * rounded up; with leaves the upper half; or RANGE_ALL. *taken is empty where there is nothing
 * to take. False: the range has changed, *word is its new value, and nothing was taken. */
bool range_try_split(atom64 *word_at, uint64_t *word, uint32_t share, uint32_t leaf, range *taken);
/* A thief could take something. */
bool range_has_spare(const atom64 *word_at, uint32_t leaf);
/* Empties every range of the slot. */
void range_clear(const filch_runtime *rt, uint32_t slot);

#endif
