/* Loops: how a worker runs chunks of one, and how a task spawns one.
 *
 * Invariant: a worker runs in at most one task. Its range of that task is its own to fill. The
 * worker leaves the task only with its range empty, or with the task QUEUED or PAUSED.
 *
 * The length of a chunk tunes itself, per worker and kernel, to 20 to 50 microseconds.
 *
 * Worker w's own thread, but loop_lay_out(): the owner before it submits the task, or the
 * spawning worker. */
#ifndef FILCH_LOOP_TASK_H
#define FILCH_LOOP_TASK_H

#include "core/plan.h"

/* Iterations of a loop: all of a range, or the pieces of it that are left to run. */
typedef struct loop_extent {
    uint64_t begin, total;
    /* pairs {begin, end}, none of them empty, ascending and apart; NULL: the whole range */
    const double *pieces;
    uint32_t piece_count;
} loop_extent;

/* The iteration that a bound of a piece names; 0 where the number is out of range. */
uint64_t loop_whole(double number);
/* The piece of this number. *end: where the one before it ends, then where the piece does. False:
 * there is none, or corrupt words name none. */
bool loop_try_piece(const filch_slot *slot, uint32_t number, uint64_t *begin, uint64_t *end);
/* Sets the loop to its beginning. Its ranges are empty. */
void loop_lay_out(filch_runtime *rt, filch_slot *slot, loop_extent extent);
/* w runs a part of the task from now on. The workers that have done so before, a bit each. */
uint32_t loop_add_helper(const filch_runtime *rt, filch_slot *slot, filch_worker *w);
/* Runs the loop that w is in until nothing of it is left for w, or w yields. */
run_outcome loop_run(filch_runtime *rt, filch_worker *w);
/* w leaves the loop, its range being empty. True: w goes on with the loop's next block instead. */
bool loop_leave_has_next_block(filch_runtime *rt, filch_worker *w);

/* The loop as a member of the tree that w works on, queued. `join`: tree.h. NULL: no slot, or no
 * such kernel. */
filch_slot *loop_spawn(filch_runtime *rt, filch_worker *w, const filch_loop *loop, uint32_t join);
/* The same loop at once, on w. The kernel's own code, or 0. */
int32_t loop_run_inline(filch_worker *w, const filch_loop *loop);

#endif
