/* The life word of a slot: who is concerned with its task. One 64-bit word, so every step is one compare-exchange.
 *
 *     63 .. 34   generation: bumped when the slot is released, so an old handle never names a new task
 *     33         WAITING: for a child, for a loop, or for the tasks that it comes after; whoever ends the wait makes it go on
 *     32         HELD: paused, with nothing in any queue; a resume makes it QUEUED
 *     31         QUEUED: the task wants a worker, and an item in some queue says so
 *     30         CLOSED: nobody may join any more; whoever closed it settles it
 *     29 .. 0    bit w: worker w is engaged, it holds or looks for a part of the range
 *
 * Invariant: a posted task has one of these bits. Iterations that nobody has claimed stand in frames
 * (frame.h), and only engaged workers touch a task's frames. The worker that would leave nobody behind closes the task instead:
 * so exactly one closes it, after the last iteration, and knows that nobody else is concerned.
 *
 * The word is the truth, an item in a queue only a hint to it. A worker that takes an item must win the QUEUED bit, so an item
 * that is stale or there twice does no harm; and what a dead worker was concerned with can be read off the words.
 *
 * Any thread may call these; worker w's bit is set by w alone, and cleared by w, or by the owner after w's death. */
#ifndef FILCH_LIFE_H
#define FILCH_LIFE_H

#include "layout.h"

#define LIFE_WAITING ((uint64_t)1 << 33)
#define LIFE_HELD ((uint64_t)1 << 32)
#define LIFE_QUEUED ((uint64_t)1 << 31)
#define LIFE_CLOSED ((uint64_t)1 << 30)
#define LIFE_WORKERS (LIFE_CLOSED - 1)
#define LIFE_WORKER(w) ((uint64_t)1 << (w))
#define LIFE_ANY (((uint64_t)1 << 34) - 1) /* what makes a slot in use */
#define GENERATION_MAX 0x3fffffffu

static inline uint32_t life_generation(uint64_t life) { return (uint32_t)(life >> 34); }
static inline uint64_t life_of(uint32_t generation) { return (uint64_t)generation << 34; } /* of a free slot */

/* A handle is generation and slot in 46 bits of a double's 53; generation 0 is never used, so a handle is never 0. */
static inline uint64_t handle_of(uint32_t slot, uint32_t generation) { return (uint64_t)generation << 16 | slot; }
static inline uint32_t handle_slot(uint64_t handle) { return (uint32_t)(handle & 0xffff); }
static inline uint32_t handle_generation(uint64_t handle) { return (uint32_t)(handle >> 16) & GENERATION_MAX; }

static inline uint32_t item_of(uint32_t slot, uint64_t life) { return slot | life_generation(life) << 16; }
static inline uint32_t item_slot(uint32_t item) { return item & 0xffff; }

/* Worker w takes the task that a queue item names. False: somebody else took it, or the item is stale. */
bool life_take(filch_slot *slot, uint32_t w, uint32_t item);
/* Worker w joins the workers of the task that the handle names. False: there are none (any more), or the handle is stale. */
bool life_join(filch_slot *slot, uint32_t w, uint64_t handle);
/* Worker w leaves. True: it was the last, has closed the task instead, and must settle it or reopen it. */
bool life_leave(filch_slot *slot, uint32_t w);
/* Worker w leaves, and wants a worker for what it leaves in the frames. True: w must put an item in a queue; false: there is one. */
bool life_yield(filch_slot *slot, uint32_t w);
/* The closer goes on with the task, engaged as worker w. */
void life_reopen(filch_slot *slot, uint32_t w);
/* The owner closes a task that is QUEUED, HELD, or WAITING, and nothing else, if its word still is `life`; what the bits say may
 * change meanwhile. False: a worker has it, or it has ended, or is no task any more. */
bool life_close_idle(filch_slot *slot, uint64_t life);
/* Worker w leaves a task that is paused, with all that is left of it in the frames. */
void life_hold(filch_slot *slot, uint32_t w);
/* What is queued is held instead. False: it is not queued. */
bool life_hold_queued(filch_slot *slot, uint64_t handle);
/* What is held is queued again. True: the caller must put an item in a queue; false: it is not held. */
bool life_unhold(filch_slot *slot);
/* The only worker w leaves, and the task waits. */
void life_wait(filch_slot *slot, uint32_t w);
/* The wait is over: it is queued, and the caller must put an item in a queue; or it is worker w's. False: it does not wait. */
bool life_end_wait(filch_slot *slot);
bool life_end_wait_as(filch_slot *slot, uint32_t w);
/* The slot is free from now on, under its next generation; the caller gives it to the pool. */
void life_end(filch_slot *slot);

#endif
