/* The sleep protocol: no worker sleeps while there is work, and no producer pays for waking when nobody sleeps.
 *
 * One 64-bit word {searching, sleeping}, a bit per worker in each half. A worker is running (neither bit), searching (it has no
 * task and looks for one), or sleeping (it waits on its own futex word, or is about to).
 *
 *     producer: publish work;  look at the word            sleeper: searching -> sleeping;  look for work everywhere;  wait
 *
 * Both are sequentially consistent, so the producer sees the sleeper or the sleeper sees the work. A producer that sees somebody
 * searching wakes nobody: that searcher finds the work, or looks once more after it has announced its sleep. In return the
 * last searcher that finds work wakes the next sleeper, for there may be more (Go's scheduler; rayon's sleep module).
 * Whoever wakes a sleeper moves its bit to `searching` first: so each sleeper is woken once, by one.
 *
 * A late store to a futex word can only wake somebody for nothing: a sleeper sets its word before it looks at its bit.
 * Bits, not counts: what a dead worker leaves can be cleared. */
#ifndef FILCH_IDLE_H
#define FILCH_IDLE_H

#include "layout.h"

/* A worker without a task may search on: true; or enough others do, and it should sleep: false. */
bool idle_search(filch_runtime *rt, uint32_t w);
/* A searching worker found a task. True: nobody searches any more, somebody sleeps, and there may be more work, published by
 * somebody who relied on this searcher: it must look for work everywhere, and wake one if there is any. */
bool idle_found(filch_runtime *rt, uint32_t w);
/* A worker announces that it will sleep. It must then look for work everywhere, and call one of the next two. */
void idle_announce(filch_runtime *rt, uint32_t w);
void idle_retract(filch_runtime *rt, uint32_t w); /* there is work: it searches again */
void idle_sleep(filch_runtime *rt, uint32_t w);   /* waits until somebody wakes it; it searches then */
bool idle_awake(const filch_runtime *rt);      /* somebody does not sleep */
uint32_t idle_count(const filch_runtime *rt); /* workers that search or sleep */
/* Work for `parts` more workers was published: wakes as many sleepers, less those who search. False: nobody searches or slept. */
bool idle_wake(filch_runtime *rt, uint32_t parts);
/* The owner: wakes this worker, if it sleeps. */
void idle_wake_one(filch_runtime *rt, uint32_t w);
/* The owner, at a stop: wakes everybody. */
void idle_wake_all(filch_runtime *rt);
/* The owner, after w's death. */
void idle_bury(filch_runtime *rt, uint32_t w);

#endif
