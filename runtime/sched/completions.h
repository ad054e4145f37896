/* Completions: ended tasks, from the thread that completes them to the owner, and the owner's
 * doorbell.
 *
 * The list is a stack through the slots' links that the owner takes whole by one exchange. So
 * the list has no ABA problem, no capacity, and no cell that a lost worker could leave half
 * written.
 *
 * The doorbell is one word. 1: the owner waits on it (Atomics.waitAsync) or is about to. 0: the
 * owner looks by itself. A worker that adds a completion and finds 1 makes it 0 and notifies:
 * one notification for all that completes until the owner has looked.
 *     owner:  doorbell = 1; is the list empty? wait while 1
 *     worker: add to the list; is the doorbell 1? make it 0 and notify
 * Either the owner sees the task or the worker sees the 1.
 *
 * The same doorbell tells the owner that a full injector has space again. The owner makes
 * `injector_space` WANTED and looks at the injector once more. The worker that takes an item and
 * finds WANTED makes it MADE and notifies. The owner that has armed the doorbell looks for MADE. */
#ifndef FILCH_COMPLETIONS_H
#define FILCH_COMPLETIONS_H

#include "core/plan.h"

enum { SPACE_ENOUGH, SPACE_WANTED, SPACE_MADE }; /* rt->injector_space */

/* the thread that completes the task, once */
void completions_add(filch_runtime *rt, uint32_t slot);
bool completions_try_notify(filch_runtime *rt); /* any thread. True: the owner waited */
/* The owner. */
uint32_t completions_take(filch_runtime *rt); /* the oldest completion, or SLOT_NONE */
/* true: the doorbell will notify; false: there is a completion, or space in the injector */
bool completions_try_arm(filch_runtime *rt);
void completions_collect(filch_runtime *rt); /* marks all tasks in the list as completed */

#endif
