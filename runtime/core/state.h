/* The state of a task: one 64-bit word per slot, so that every transition is one
 * compare-exchange.
 *
 *     63 .. 34   generation: +1 when the slot is released, so that no old handle names a new task
 *     33         BLOCKED: the task waits for a child, for a loop, or for its dependencies
 *     32         PAUSED: no worker runs in the task, no queue has it; a resume makes it QUEUED
 *     31         QUEUED: the task wants a worker, and an item in some queue says so
 *     30         CLOSED: no worker may join any more; the worker that closed the task completes it
 *     29 .. 0    bit w: worker w runs in the task, or looks for a part of it
 *
 *            submit                take                   leave, the last one
 *     free ─────────▶ QUEUED ──────────────▶ workers ───────────────────────▶ CLOSED ──end──▶ free
 *       │                ▲ ▲                 │ │ │ ▲                            │
 *       │ dependencies   │ └──── yield ──────┘ │ │ └───── reopen: next block ───┘
 *       ▼                │                     │ │
 *     BLOCKED ──unblock──┤ ◀── unpause ── PAUSED ◀┘ pause
 *       ▲                                      │
 *       └────────────── block ─────────────────┘
 *
 * Invariants
 *   - A submitted task has one of the bits 0 to 33.
 *   - Iterations that no worker has claimed stand in the task's ranges (range.h), and only
 *     workers that run in the task touch its ranges.
 *   - The worker that would leave the task to no other closes it instead. So exactly one worker
 *     closes a task, after the last iteration, and no other thread is concerned with the task
 *     then.
 *   - The word is the truth; an item in a queue is a hint. A worker that takes an item must win
 *     the QUEUED bit, so that a stale or doubled item does no harm.
 *   - Everything that a lost worker was concerned with can be read off these words.
 *
 * Any thread. Worker w sets bit w; worker w clears it, or the owner after the loss of w. */
#ifndef FILCH_STATE_H
#define FILCH_STATE_H

#include "core/plan.h"

#define STATE_BLOCKED ((uint64_t)1 << 33)
#define STATE_PAUSED ((uint64_t)1 << 32)
#define STATE_QUEUED ((uint64_t)1 << 31)
#define STATE_CLOSED ((uint64_t)1 << 30)
#define STATE_WORKERS (STATE_CLOSED - 1)
#define STATE_WORKER(w) ((uint64_t)1 << (w))
#define STATE_IN_USE (((uint64_t)1 << 34) - 1) /* a slot with one of these bits has a task */
#define GENERATION_MAX 0x3fffffffu

static inline uint32_t state_generation(uint64_t state) { return (uint32_t)(state >> 34); }
static inline uint64_t state_free(uint32_t generation) { return (uint64_t)generation << 34; }

/* A handle is era, generation, and slot, in 63 bits. The era counts the times that the generation
 * has wrapped; a slot whose era would wrap is not used again (slots.h). So no handle ever names two
 * tasks. No generation is 0, so no handle is 0.
 *
 * Without its era it tells the tasks of a slot apart for the time that a worker looks at one. */
#define HANDLE_SLOT_BITS 16
#define HANDLE_ERA_SHIFT 46
#define ERA_MAX 0x1ffffu
static inline uint64_t handle_of(uint32_t slot, uint32_t generation)
{
    return (uint64_t)generation << HANDLE_SLOT_BITS | slot;
}
static inline uint32_t handle_slot(uint64_t handle) { return (uint32_t)(handle & SLOTS_MAX); }
static inline uint32_t handle_generation(uint64_t handle)
{
    return (uint32_t)(handle >> HANDLE_SLOT_BITS) & GENERATION_MAX;
}

static inline uint32_t item_of(uint32_t slot, uint64_t state)
{
    return slot | state_generation(state) << 16;
}
static inline uint32_t item_slot(uint32_t item) { return item & 0xffff; }

/* Written before the state that it belongs to. */
static inline uint32_t state_era(const filch_slot *slot)
{
    return __atomic_load_n(&slot->era, __ATOMIC_RELAXED);
}

/* The handle of the task in this slot. The caller keeps the task there. */
uint64_t state_handle(const filch_runtime *rt, uint32_t slot);
/* The handle as JavaScript has it: a double holds 53 of the bits. That is enough, since JavaScript
 * uses no handle after it has released the task. */
static inline double handle_number(uint64_t handle) { return (double)(handle & RANGE_MAX); }

/* The slot that the handle names, where that task is still there; else NULL. */
filch_slot *state_find(filch_runtime *rt, uint64_t handle);
/* Worker w takes the task that a queue item names. False: another thread took it, or the item is
 * stale. */
bool state_try_take(filch_slot *slot, uint32_t w, uint32_t item);
/* Worker w joins the workers of the task that the handle names. False: no worker runs in it, or
 * the handle is stale. */
bool state_try_join(filch_slot *slot, uint32_t w, uint64_t handle);
/* Worker w leaves. True: w was the last, has closed the task, and must complete or reopen it. */
bool state_leave_is_last(filch_slot *slot, uint32_t w);
/* Worker w leaves, and wants a worker for what the ranges still hold. True: w must put an item
 * into a queue; false: there is one. */
bool state_yield_needs_item(filch_slot *slot, uint32_t w);
/* The worker that closed the task goes on with it, as worker w. */
void state_reopen(filch_slot *slot, uint32_t w);
/* Closes a task that is QUEUED, PAUSED, or BLOCKED and has no worker. `closer`: the bit of the
 * worker that must complete the task, 0: the owner. False: a worker has the task, or the task has
 * ended or gone. */
bool state_try_close_idle(filch_slot *slot, uint64_t handle, uint64_t closer);
/* Worker w leaves a task that is to pause; the ranges hold what is left. */
void state_pause(filch_slot *slot, uint32_t w);
/* A QUEUED task becomes PAUSED. False: it is not QUEUED, or the handle is stale. */
bool state_try_pause_queued(filch_slot *slot, uint64_t handle);
/* A PAUSED task becomes QUEUED. True: the caller must put an item into a queue; false: it is not
 * PAUSED. */
bool state_try_unpause(filch_slot *slot);
/* The only worker, w, leaves, and the task waits. */
void state_block(filch_slot *slot, uint32_t w);
/* The wait is over. True: the caller must put an item into a queue; false: the task does not
 * wait. */
bool state_try_unblock(filch_slot *slot);
/* The same for a task of this generation, which becomes `to`: QUEUED or PAUSED. False also where
 * the slot has another task by now. */
bool state_try_unwait(filch_slot *slot, uint32_t generation, uint64_t to);
/* The slot is free, under its next generation; the caller gives it back to the free slots. */
void state_end(filch_slot *slot);

#endif
