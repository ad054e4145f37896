/* The region: the one piece of memory that holds a runtime, laid out once, never moved, grown,
 * or freed.
 *
 * Invariants
 *   - Words that different threads write stand in different cache lines.
 *   - A worker's stack grows down from its top to its end. A red zone lies below the end; guard
 *     words head it.
 *
 * region_init(): one thread, before any other knows the region. The others: any thread;
 * region_has_stack_overrun(), region_is_stack_overrun(): the worker itself. */
#ifndef FILCH_REGION_H
#define FILCH_REGION_H

#include "core/types.h"

typedef struct filch_options {
    uint32_t workers; /* 1 to WORKERS_MAX */
    uint32_t slots;   /* of submitted tasks, 1 to SLOTS_MAX */
    /* per worker, STACK_MIN to STACK_MAX; 0 where the platform brings its own stacks */
    uint32_t stack_bytes;
    /* further slots, for tasks that tasks spawn; with `slots` at most SLOTS_MAX */
    uint32_t members;
} filch_options;
/* Enough members for some deep recursions at a time: a saved recursion has a slot for each of
 * its calls, and for each child spawned before. */
#define MEMBERS(workers) (1024 + 48 * (workers))

/* Bytes of the region, a multiple of CACHE_LINE; 0 where an option is out of its range. */
uint64_t region_bytes(const filch_options *options);
/* Lays the runtime out in memory of region_bytes(), CACHE_LINE-aligned. NULL: an option is out
 * of its range. */
filch_runtime *region_init(void *region, const filch_options *options,
                           const filch_kernel *const *kernels, uint32_t kernel_count);
unsigned char *region_stack_top(const filch_runtime *rt, uint32_t worker);
unsigned char *region_stack_end(const filch_runtime *rt, uint32_t worker);
/* The worker has written below its stack's end. */
bool region_has_stack_overrun(const filch_runtime *rt, uint32_t worker);
/* The same, since the last call: the guard is mended. */
bool region_is_stack_overrun(filch_runtime *rt, uint32_t worker);

#endif
