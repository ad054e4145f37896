/* The kernels of programs. Each says to the oracles what it begins and ends. Between the two is a
 * scheduling point. */
#ifndef PROGRAM_KERNELS_H
#define PROGRAM_KERNELS_H

#include "program_totals.h"

/* By program_kernel; then those that tasks run inside. */
extern const filch_kernel *const program_kernel_table[];
enum { BATCHED = PROGRAM_KERNEL_COUNT, VISITED, PROGRAM_TABLE_COUNT };

/* The arguments of a task's kernel, all but the state's zeros. */
void program_args(uint32_t task, unsigned char *args);
/* The unit of the task runs. FAIL_CODE: the kernel must return that; it traps, where the program
 * says so. */
int32_t program_run_unit(uint32_t task, const filch_task *view, uint64_t unit);

/* -- of the threads: program_threads.c -- */
_Noreturn void program_trap(uint32_t worker);

/* -- of program_trees.c, which runs loops of `visited` -- */
typedef struct visited_args {
    uint32_t task, base, needs; /* units that must have ended before */
} visited_args;
extern const filch_kernel filch_kernel_visited, filch_kernel_grown, filch_kernel_widened,
    filch_kernel_phased, filch_kernel_branched;

#endif
