/* Sleep: no worker is parked while there is work, and no producer pays for a wake-up that
 * nothing needs.
 *
 * One 64-bit word {searching, sleeping} has a bit per worker in each half. A worker is busy
 * (neither bit), searching (it has no task and looks for one), or sleeping (it is parked on its
 * own futex word, or about to).
 *
 *     producer: publish work; read the word
 *     worker:   searching -> sleeping; look for work everywhere; park
 *
 * Both are sequentially consistent, so the producer sees the sleeper or the sleeper sees the
 * work.
 *   - A producer that sees a searching worker wakes no other: that worker finds the work, or
 *     looks once more after its prepare_park.
 *   - In return the last searching worker that finds work looks for more, and unparks the next
 *     sleeper (as in Go's scheduler, and in rayon's sleep module).
 *   - The thread that unparks a sleeper first moves its bit to `searching`. So one thread wakes
 *     a sleeper, once.
 *   - A late store to a futex word can only wake its worker for nothing: the worker sets the
 *     word before it reads its bit.
 *   - A worker that waits elsewhere, in its event loop, may come back late. A second word has its
 *     bit, `outside`, and until that is cleared no producer relies on its search. A bit that stays
 *     too long costs a wake-up for nothing.
 *   - The word holds bits, not counts: the owner can clear what a lost worker leaves.
 *
 * Protocol and proof: docs/internals/sleep.md. */
#ifndef FILCH_SLEEP_H
#define FILCH_SLEEP_H

#include "core/plan.h"

/* A searching worker looks at so many victims, some 20 us long, then parks. After it has
 * completed a task: four times as many where the owner looks by itself, so that a caller that
 * submits and awaits in turn finds the worker awake; none where the owner waited and had to be
 * notified, for then the owner's thread is mostly put on this core. Counted, not timed: the
 * page's clock has steps of 5 us and more. */
#ifndef SPIN_TURNS
#ifdef FILCH_EXPLORE
#define SPIN_TURNS 0
#else
#define SPIN_TURNS 4096
#endif
#endif

/* Worker w, which has no task. True: it may search on; false: enough others search, and it
 * should park. */
bool sleep_try_search(filch_runtime *rt, uint32_t w);
/* Worker w has found a task. True: no other searches inside, some worker sleeps, and a producer may
 * have relied on w. So w must look for more work everywhere, and unpark a worker if there is
 * any. */
bool sleep_end_search_is_last(filch_runtime *rt, uint32_t w);
/* Worker w is about to park. It must then look for work everywhere, and call one of the next
 * two. */
void sleep_prepare_park(filch_runtime *rt, uint32_t w);
void sleep_cancel_park(filch_runtime *rt, uint32_t w); /* there is work: w searches again */
/* waits until a thread unparks w; w searches then */
void sleep_park(filch_runtime *rt, uint32_t w);
/* The two calls of a worker that waits elsewhere. False of the first: a thread has unparked w,
 * which searches. False of the second: no thread has, and the futex word of w is 1. The thread of w
 * waits while that is so, and calls again. */
bool sleep_try_leave(filch_runtime *rt, uint32_t w);
bool sleep_try_come_back(filch_runtime *rt, uint32_t w);

/* Any thread. */
bool sleep_is_any_awake(const filch_runtime *rt);
uint32_t sleep_idle_count(const filch_runtime *rt); /* workers that search or sleep */
/* Work for `parts` more workers is published: unparks as many, less those that search inside.
 * False: none searches inside or slept. */
bool sleep_try_unpark(filch_runtime *rt, uint32_t parts);

/* The owner. */
void sleep_unpark_worker(filch_runtime *rt, uint32_t w); /* if it sleeps */
void sleep_unpark_all(filch_runtime *rt);
void sleep_recover(filch_runtime *rt, uint32_t w); /* after the loss of w */

#endif
