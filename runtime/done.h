/* The way back: settled tasks, from whoever closed them to the owner, and the doorbell that calls the owner.
 *
 * A stack through the slots' links that the owner takes whole by one exchange, so it has no ABA problem, no capacity, and no
 * cell that a dying worker could leave half written.
 *
 * The doorbell is one word: 1, the owner waits on it (Atomics.waitAsync) or is about to; 0, the owner will look by itself.
 * Whoever lists a task and finds 1 makes it 0 and notifies: one ring for all that settles until the owner has looked.
 *     owner:   bell = 1;  list empty?  wait while bell == 1        worker:  list task;  bell == 1?  bell = 0, notify
 * Either the owner sees the task or the worker sees the 1.
 *
 * The same bell tells the owner that an injector which was full has room: the owner makes `room` WANTED and looks at the injector
 * again; the worker that takes an item and finds WANTED makes it MADE and rings; the owner, having armed the bell, looks for MADE. */
#ifndef FILCH_DONE_H
#define FILCH_DONE_H

#include "layout.h"

enum { ROOM_ENOUGH, ROOM_WANTED, ROOM_MADE }; /* filch_runtime.room */

void done_list(filch_runtime *rt, uint32_t slot);  /* whoever closed the task, once */
bool done_ring(filch_runtime *rt);                 /* any thread. True: the owner waited */
uint32_t done_reap(filch_runtime *rt);             /* the owner: the task that was listed first, or SLOT_NONE */
bool done_arm(filch_runtime *rt);                  /* the owner: true, the bell will ring; false, there is something to reap,
                                                      or room again for a post */
void done_collect(filch_runtime *rt);              /* the owner: marks all that has been listed */

#endif
