/* Frames: which iterations of a task nobody has claimed yet.
 *
 * One 64-bit word {end, next} for each task and row: row w holds what worker w has still to run of it, the last row (home) what
 * the owner posted and no worker has taken. Units: iterations from the start of the task's current block.
 *
 * Invariant: the ranges in a slot's frames are disjoint, and so are they and the chunks that are running. A change takes
 * something off a range by one compare-exchange, and what was taken belongs to whoever made it; only the worker of a row puts a
 * range in, and only into an empty frame. Since a word belongs to one task for as long as anybody is engaged in it (life.h), a
 * compare-exchange that succeeds got iterations of that task, whatever happened in between: there is no ABA problem.
 *
 * Called by the workers engaged in the task, and for the home row by the owner before the post. */
#ifndef FILCH_FRAME_H
#define FILCH_FRAME_H

#include "layout.h"

typedef struct range { uint32_t next, end; } range;

static inline atom64 *frame_of(const filch_runtime *rt, uint32_t row, uint32_t slot)
{
    return &rt->frames[(uint64_t)row * rt->slot_count + slot]; /* a row is one worker's: its words share lines with no other's */
}
static inline uint32_t frame_home(const filch_runtime *rt) { return rt->worker_count; }

static inline uint64_t range_word(range r) { return (uint64_t)r.end << 32 | r.next; }
static inline range word_range(uint64_t word) { return (range){(uint32_t)word, (uint32_t)(word >> 32)}; }
static inline uint32_t range_length(range r) { return r.next < r.end ? r.end - r.next : 0; }

/* A deterministic reduction's iterations come in leaves, `leaf` of them, a power of two (0: there are none): a chunk ends where a
 * leaf does, and a leaf that has been begun is not split off, so one worker after the other runs it, in order. */

/* Claims at most `length` iterations from the front. The answer is empty where the frame is. */
range frame_claim(atom64 *frame, uint32_t length, uint32_t leaf);
#define FRAME_ALL UINT32_MAX
/* Takes `share` iterations off the front of a frame that was *word, at most half of them, rounded up; with leaves the upper half; or
 * FRAME_ALL. *taken is empty where there is nothing to take. False: the frame has changed, is *word now, and nothing is taken. */
bool frame_split(atom64 *frame, uint64_t *word, uint32_t share, uint32_t leaf, range *taken);
/* There is something to take. */
bool frame_spare(const atom64 *frame, uint32_t leaf);

#endif
