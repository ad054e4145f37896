/* The plan: where the parts of a region stand, and how many there are of each. region_attach()
 * writes it, once per thread that knows the region.
 *
 * Invariant: nothing of the plan is read from the region, which a page's script can overwrite.
 * So an index that is below a count of the plan names a place of the region, and a loop that
 * ends at such a count ends.
 *
 * In the module for JavaScript the plan is in globals of the instance: no script reaches them.
 * Elsewhere it stands ahead of the runtime: a C program trusts its memory, and the tests overwrite
 * all but this.
 *
 * Any thread that has attached the region. */
#ifndef FILCH_PLAN_H
#define FILCH_PLAN_H

#include "core/types.h"

/* submit_limit: slots that submitted tasks may have; the others are for members of trees.
 * spare:        free slots that members of trees leave to submitted tasks.
 * scarce:       with fewer free slots trees go on rather than begin, see fork_admit.h.
 * mask:         places of a deque, which are a power of two, less one.
 * kernel_count: of the table of kernels, whose entries may be NULL.
 * event_count:  1 to EVENTS_MAX; 0: no task can wait, and there are no waiters and no inboxes. */
#define PLAN_NUMBERS(X) \
    X(worker_count) X(slot_count) X(submit_limit) X(spare) X(scarce) X(mask) X(stack_bytes)       \
    X(kernel_count) X(event_count)
/* ranges:       range.h: slot_count per worker, and as many for unclaimed work.
 * links:        per slot: the next in the list of free slots or of completions, index + 1.
 * edges:        depend.h: DEPENDENCIES_MAX per slot.
 * dependencies: the owner's: handles of what each slot depends on, DEPENDENCIES_MAX per slot, 0:
 *               no more.
 * records:      RECORDS_STRIDE per worker.
 * items:        of all deques: the injector's, then each worker's, then those of the inboxes.
 * waiters:      per slot. */
#define PLAN_PARTS(X)                                                                           \
    X(filch_runtime, runtime) X(filch_worker, workers) X(filch_slot, slots) X(atom64, ranges)     \
    X(atom32, links) X(atom32, edges) X(uint64_t, dependencies) X(filch_record, records)          \
    X(atom32, items) X(filch_waiter, waiters) X(atom64, events) X(unsigned char, stacks)          \
    X(const filch_kernel *const, kernels)

typedef struct filch_plan {
#define PLAN_NUMBER(name) uint32_t name;
#define PLAN_PART(type, name) type *name;
    PLAN_NUMBERS(PLAN_NUMBER) PLAN_PARTS(PLAN_PART)
#undef PLAN_NUMBER
#undef PLAN_PART
} filch_plan;

#if defined(__wasm__) && !defined(FILCH_EMBED)
#define PLAN_HEADER 0
/* Assembly without side effects: the compiler keeps the value, as nothing writes a global but
 * plan_set(), in a call of its own from JavaScript. */
#define PLAN_GLOBAL(type, cast, name)                                                           \
    __asm__(".globaltype filch_plan_" #name ", i32\nfilch_plan_" #name ":\n");                \
    static inline type plan_##name(const filch_runtime *rt)                                     \
    {                                                                                             \
        uintptr_t value;                                                                          \
        (void)rt;                                                                                 \
        __asm__("global.get filch_plan_" #name "\nlocal.set %0" : "=r"(value));                 \
        return cast value;                                                                        \
    }
#define PLAN_NUMBER(name) PLAN_GLOBAL(uint32_t, , name)
#define PLAN_PART(type, name) PLAN_GLOBAL(type *, (type *), name)
PLAN_NUMBERS(PLAN_NUMBER)
PLAN_PARTS(PLAN_PART)
#undef PLAN_NUMBER
#undef PLAN_PART
#undef PLAN_GLOBAL
static inline void plan_set(const filch_plan *plan)
{
#define PLAN_SET(name)                                                                          \
    __asm__ volatile("local.get %0\nglobal.set filch_plan_" #name : : "r"(plan->name));
#define PLAN_SET_PART(type, name) PLAN_SET(name)
    PLAN_NUMBERS(PLAN_SET)
    PLAN_PARTS(PLAN_SET_PART)
#undef PLAN_SET
#undef PLAN_SET_PART
}
#else
#define PLAN_HEADER ((sizeof(filch_plan) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE)
static inline filch_plan *plan_at(const filch_runtime *rt)
{
    return (filch_plan *)(void *)((unsigned char *)(uintptr_t)rt - PLAN_HEADER);
}
#define PLAN_NUMBER(name)                                                                       \
    static inline uint32_t plan_##name(const filch_runtime *rt) { return plan_at(rt)->name; }
#define PLAN_PART(type, name)                                                                   \
    static inline type *plan_##name(const filch_runtime *rt) { return plan_at(rt)->name; }
PLAN_NUMBERS(PLAN_NUMBER)
PLAN_PARTS(PLAN_PART)
#undef PLAN_NUMBER
#undef PLAN_PART
static inline void plan_set(const filch_plan *plan) { *plan_at(plan->runtime) = *plan; }
#endif

static inline uint32_t slot_index(const filch_runtime *rt, const filch_slot *slot)
{
    return (uint32_t)(slot - plan_slots(rt));
}
static inline uint32_t worker_index(const filch_runtime *rt, const filch_worker *w)
{
    return (uint32_t)(w - plan_workers(rt));
}

/* The slot that w runs in. w runs in one. */
static inline filch_slot *worker_slot(const filch_runtime *rt, const filch_worker *w)
{
    uint32_t index = __atomic_load_n(&w->slot, __ATOMIC_RELAXED) - 1;
    return &plan_slots(rt)[FILCH_CORRUPT_IF(index >= plan_slot_count(rt)) ? 0 : index];
}
static inline void worker_set_slot(const filch_runtime *rt, filch_worker *w, const filch_slot *slot)
{
    w->slot = slot_index(rt, slot) + 1;
}

static inline filch_record *worker_records(const filch_runtime *rt, const filch_worker *w)
{
    return plan_records(rt) + (size_t)worker_index(rt, w) * RECORDS_STRIDE + 1;
}

/* The worker that runs the task. */
static inline filch_worker *worker_of(filch_task *task)
{
    return (filch_worker *)(void *)((unsigned char *)task - offsetof(filch_worker, view));
}
static inline filch_runtime *runtime_of(const filch_task *task)
{
#if defined(__wasm__) && !defined(FILCH_EMBED)
    (void)task;
    return plan_runtime(0);
#else
    return task->runtime;
#endif
}

/* NULL: no kernel has this number. The owner may write other entries meanwhile. */
static inline const filch_kernel *plan_kernel(const filch_runtime *rt, uint32_t k)
{
    return k < plan_kernel_count(rt)
               ? __atomic_load_n((const filch_kernel **)(uintptr_t)&plan_kernels(rt)[k],
                                 __ATOMIC_RELAXED)
               : 0;
}

#endif
