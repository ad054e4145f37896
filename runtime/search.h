/* Looking for work.
 *
 * Order: level by level from the most urgent, and at each level the worker's own deque, the owner's injector, the other workers'
 * deques, then the loops that others are running. Victims: the one that paid last, then from a random one on. Own deque: newest
 * first, but oldest first, after the injector, once the worker has made room for others. Nobody starves: every 61st pick is
 * oldest first, and begins with the least urgent level; what it finds there ahead of more urgent tasks has a slice of time.
 *
 * Each function runs on worker w's own thread. */
#ifndef FILCH_SEARCH_H
#define FILCH_SEARCH_H

#include "layout.h"

#ifndef FAIRNESS /* the explorer counts chunks before urgent work: there nobody is fair */
#define FAIRNESS 61
#endif

bool search_task(filch_runtime *rt, filch_worker *w, bool oldest); /* true: w is engaged in w->slot */
bool search_this(filch_runtime *rt, filch_worker *w, uint64_t handle); /* the same, in this task or in none */
/* Fills w's empty frame with iterations of its task that nobody has claimed: a part of what a worker has, `chunk` or more,
 * all of what nobody has.
 * Answers how many; 0: at some moment since the call each frame of the task was empty. */
uint32_t search_frames_of(filch_runtime *rt, filch_worker *w, uint32_t chunk);
bool search_queued(filch_runtime *rt, uint32_t level);             /* some queue of this level has an item. Any thread */
bool search_possible(filch_runtime *rt, const filch_worker *w);    /* search_task() might find something */
bool search_waiting(filch_runtime *rt, const filch_worker *w);     /* a task as urgent as w's own waits where w looks first */
/* There is something more urgent than `level`; or, posted by the owner, as urgent. */
bool search_urgent(const filch_runtime *rt, const filch_worker *w, uint32_t level, bool as_urgent);
/* Makes sure that w can push one item to its own deque. The pool has no more tasks than a
 * deque has places, so a full one has items that are stale, or several of one task, to drop. */
bool search_make_room(filch_runtime *rt, filch_worker *w, uint32_t level);

#endif
