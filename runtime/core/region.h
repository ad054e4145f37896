/* The region: the one piece of memory that holds a runtime, laid out once, never moved, grown,
 * or freed.
 *
 * Invariants
 *   - Words that different threads write stand in different cache lines.
 *   - A worker's stack grows down from its top to its end. A red zone lies below the end, and no
 *     code uses it: each of its words is RED_WORD. A chunk that overran its stack has changed some
 *     of them, unless its frames stepped over the zone. The chunk may have gone on below the zone,
 *     so no word of the region can be relied on then: the host ends the runtime.
 *
 * region_lay(), region_init(): one thread, before any other knows the region. The others: any
 * thread; region_check_stack(): the worker itself. */
#ifndef FILCH_REGION_H
#define FILCH_REGION_H

#include "core/plan.h"

typedef struct filch_options {
    uint32_t workers; /* 1 to WORKERS_MAX */
    uint32_t slots;   /* of submitted tasks, 1 to SLOTS_MAX */
    /* per worker, STACK_MIN to STACK_MAX; 0 where the platform brings its own stacks */
    uint32_t stack_bytes;
    /* further slots, for tasks that tasks spawn; with `slots` at most SLOTS_MAX */
    uint32_t members;
    uint32_t events; /* 0 to EVENTS_MAX; 0: no task can wait */
} filch_options;
/* Enough members for some deep recursions at a time: a saved recursion has a slot for each of
 * its calls, and for each child spawned before. */
#define MEMBERS(workers) (1024 + 48 * (workers))

/* Bytes of the region, a multiple of CACHE_LINE; 0 where an option is out of its range. */
uint64_t region_bytes(const filch_options *options);
/* The calling instance of the module knows the region from now on: see plan.h. The options are
 * in their ranges. */
void region_attach(void *region, const filch_options *options, const filch_kernel *const *kernels,
                   uint32_t kernel_count);
/* Lays the runtime out in a region that the instance has attached. */
void region_lay(filch_runtime *rt);
/* Both, in memory of region_bytes(), CACHE_LINE-aligned. NULL: an option is out of its range. */
filch_runtime *region_init(void *region, const filch_options *options,
                           const filch_kernel *const *kernels, uint32_t kernel_count);
unsigned char *region_stack_top(const filch_runtime *rt, uint32_t worker);
unsigned char *region_stack_end(const filch_runtime *rt, uint32_t worker);
/* After foreign code, in a task still. Traps where the worker has written to the words next to its
 * stack's end. */
void region_check_stack(const filch_runtime *rt, uint32_t worker);
/* After a trap. The worker has written somewhere in the zone. Reads no other word, and no stack. */
bool region_is_stack_overrun(const filch_runtime *rt, uint32_t worker);

#endif
