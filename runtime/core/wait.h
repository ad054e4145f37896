/* Waits: which task waits for which event, or for which time; and the events.
 *
 * A task that waits is BLOCKED (state.h), and has no worker. Its word says what it waits for, and
 * how far its wait is:
 *
 *     63 .. 32   the event's number; 0: none
 *     31 .. 10   sequence: +1 at each wait of the slot, so that no word comes again soon
 *      9 .. 5    the worker that ran the task last
 *      4 .. 3    how the wait has ended, a filch_waited
 *      2 .. 0    the phase
 *
 *     NONE ── the worker, in the task ──▶ REGISTERED ── the worker, once it is BLOCKED ──▶ ARMED
 *       ▲                                 │    │                                     │
 *       ├──── the worker withdraws ───────┘    │ another thread ends the wait        │
 *       │                                      ▼                                     ▼
 *       └──── the task goes on ──────────── EARLY: its worker makes it QUEUED     PASSED
 *
 * Invariants
 *   - Each change of a wait that is on is a compare-exchange, so a wait ends once.
 *   - The thread that makes ARMED PASSED makes the task QUEUED. Of EARLY the worker does: the task
 *     may not be BLOCKED yet. So one thread makes the task QUEUED.
 *   - Only the owner ends a wait with an event or a timeout. A worker ends one where the tree is to
 *     end.
 *
 * An event is one 64-bit word:
 *     63 .. 48   generation: a number of an event that was closed names no later one
 *     33, 32     it is in use; it is set: each task passes
 *     31 .. 0    permits: as many tasks pass, each takes one
 *
 *     worker: REGISTERED; reads the event            owner: changes the event; reads the words
 * All are sequentially consistent. So the worker sees that the event is open, or the owner sees the
 * task.
 *
 * Any thread. Protocol and proof: docs/internals/waits.md. */
#ifndef FILCH_WAIT_H
#define FILCH_WAIT_H

#include "core/plan.h"

typedef enum wait_phase {
    WAIT_NONE,
    WAIT_REGISTERED,
    WAIT_ARMED,
    WAIT_EARLY,
    WAIT_PASSED,
} wait_phase;

static inline wait_phase wait_phase_of(uint64_t word) { return (wait_phase)(word & 7); }
static inline filch_waited wait_end_of(uint64_t word) { return (filch_waited)(word >> 3 & 3); }
static inline uint32_t wait_worker_of(uint64_t word) { return (uint32_t)(word >> 5 & 31); }
static inline uint32_t wait_event_of(uint64_t word) { return (uint32_t)(word >> 32); }
/* The task waits, or is about to. */
static inline bool wait_is_on(uint64_t word)
{
    return wait_phase_of(word) == WAIT_REGISTERED || wait_phase_of(word) == WAIT_ARMED;
}
static inline uint64_t wait_load(const filch_runtime *rt, uint32_t slot)
{
    return atom64_load(&plan_waiters(rt)[slot].word);
}

/* When this wait ends at the latest, in clock_ns(), from now on; 0: never. */
uint64_t wait_deadline(double milliseconds);
/* Both numbers of the request are in their ranges. */
bool wait_is_valid(const filch_wait_request *request);

/* The alarm is at this deadline, or earlier. True: this call made it so. */
bool wait_try_lower_alarm(filch_runtime *rt, uint64_t deadline);

/* -- the worker w that runs in the task -- */
/* The slot's task is REGISTERED. Its word. */
uint64_t wait_register(filch_runtime *rt, uint32_t slot, uint32_t w, uint32_t event,
                       uint64_t deadline);
/* The task does not wait after all. False: the wait has ended already. */
bool wait_try_withdraw(filch_runtime *rt, uint32_t slot, uint64_t word);
/* The task is BLOCKED. False: the wait has ended already, and the caller makes the task QUEUED. */
bool wait_try_arm(filch_runtime *rt, uint32_t slot, uint64_t word);
/* The task goes on, or is at its end: no wait is left. How the last one ended; NOT_WAITED: it had
 * none since the last call. */
filch_waited wait_take(filch_runtime *rt, uint32_t slot);
/* Keeps, for wait_take(), how the wait has ended that the worker has withdrawn. */
void wait_keep(filch_runtime *rt, uint32_t slot, filch_waited end);

/* -- the thread that ends the wait -- */
typedef enum wait_ending {
    ENDING_LOST, /* the word has changed */
    ENDING_EARLY,
    ENDING_PASSED, /* the caller makes the task QUEUED */
} wait_ending;
/* The wait that was *word, and is on, ends so. LOST: *word is its new value. */
wait_ending wait_end(filch_runtime *rt, uint32_t slot, uint64_t *word, filch_waited end);
/* The slot's tree is to end. True: its task has waited, is QUEUED now, and the caller puts an item
 * into a queue. */
bool wait_try_release(filch_runtime *rt, filch_slot *slot);

/* -- events -- */
#define EVENT_SET ((uint64_t)1 << 32)
#define EVENT_IN_USE ((uint64_t)1 << 33)
static inline uint32_t event_index(uint32_t number) { return number & 0xffff; }
static inline uint32_t event_generation(uint64_t event) { return (uint32_t)(event >> 48); }
/* The event of this number. NULL: there is none of this index. */
atom64 *event_at(const filch_runtime *rt, uint32_t number);
/* The event ends a wait now: *end says how, and a permit is taken. False: it is closed to tasks. */
bool event_try_pass(const filch_runtime *rt, uint32_t number, filch_waited *end);
/* The same question, with nothing taken. */
bool event_is_open(const filch_runtime *rt, uint32_t number);

#endif
