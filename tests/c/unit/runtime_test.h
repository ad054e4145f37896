/* What the checks of the runtime share: a runtime on this thread alone, with a clock that the tests turn.
 *
 * The platform is the tests' own: a wait ends the test, for nothing that one thread calls may wait. The region is allocated to
 * the byte, so that AddressSanitizer sees a step out of it. */
#ifndef FILCH_RUNTIME_TEST_H
#define FILCH_RUNTIME_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/deque.h"
#include "core/range.h"
#include "core/region.h"
#include "core/slots.h"
#include "core/state.h"
#include "core/tree.h"
#include "owner/control.h"
#include "owner/reap.h"
#include "owner/recover.h"
#include "owner/submit.h"
#include "sched/completions.h"
#include "sched/notify.h"
#include "sched/sleep.h"
#include "sched/steal.h"
#include "sched/worker.h"

#include <cmocka.h>

/* -- the platform -- */
extern uint64_t test_clock; /* what clock_ns() answers */
extern uint32_t test_wakes; /* calls of futex_wake() */
extern bool test_corrupts;  /* the test overwrites words at random, so that no invariant holds; start() clears it */

/* -- kernels -- */
enum { KERNEL_RECORD, KERNEL_RECORD_SEQUENTIAL, LOOPS, KERNEL_SUM = LOOPS, KERNEL_TREE, KERNELS };
extern const filch_kernel filch_kernel_sum, filch_kernel_tree; /* runtime_reduce.c, runtime_trees.c */

typedef struct record_args {
    uint64_t fail_at;          /* KERNEL_FAILED with `code` at this iteration */
    uint64_t leave_at;         /* leaves by `test_escape` at this iteration */
    uint64_t cancel_at;        /* cancels its own task there */
    uint64_t act_at;           /* calls `act` there, on the worker's thread in the middle of its chunk */
    void (*act)(void);
    uint64_t cost;             /* of an iteration, in ns of test_clock */
    uint32_t code;
    uint32_t tag;              /* in the record */
    uint64_t state;            /* counts iterations */
    uint64_t begin, end;       /* no chunk may step out of these */
} record_args;

typedef struct chunk_record { uint64_t begin, end; uint32_t tag, worker; } chunk_record;
#define RECORDS_MAX 4096
extern chunk_record test_chunks[RECORDS_MAX]; /* the chunks that ran, in order; the first RECORDS_MAX */
extern uint32_t test_chunk_count;
extern bool test_out_of_range;                /* a chunk stepped out of its task's range */
extern jmp_buf test_escape;
extern uint64_t test_handle;                  /* what cancel_at cancels */

/* -- a runtime -- */
extern filch_runtime *rt;
void start(uint32_t workers, uint32_t slots); /* forgets the records and sets the clock to 1 s */
int finish(void **state);                     /* each check's teardown */

/* Posts KERNEL_RECORD over [begin, end), priority 1, grain 1, nothing special, but for what `set` changes. */
typedef struct setup { uint64_t begin, end; uint32_t kernel, priority, grain; record_args args; } setup;
setup plain(uint64_t begin, uint64_t end);
uint64_t try_post(const setup *s, filch_status *why);
uint64_t must_post(setup s);
uint64_t post_plain(uint64_t begin, uint64_t end);
filch_submission posting_of(const setup *s);      /* to add to; `s` stays */
uint64_t must_post_as(filch_submission posting);
uint64_t post_after(setup s, const uint64_t *after, uint32_t count);
void ran_once(uint64_t begin, uint64_t end, uint32_t tag); /* the chunks of this tag are [begin, end), each iteration once */
uint32_t status_of(uint64_t handle); /* without the kernel's code */
filch_slot *slot_of(uint64_t handle);
const record_args *args_of(uint64_t handle);
void run_all(uint32_t worker);                 /* slices until there is nothing to do */
void settle(uint64_t handle);                  /* reaps it, which must be next, and releases it */

#define GROUP(name) extern const struct CMUnitTest name[]; extern const size_t name##_count;
GROUP(storage_tests)
GROUP(task_tests)
GROUP(death_tests)
GROUP(slice_tests)
GROUP(pause_tests)
GROUP(level_tests)
GROUP(after_tests)
GROUP(piece_tests)
GROUP(reduce_tests)
GROUP(tree_tests)
GROUP(forged_tests)
GROUP(forged_tree_tests)
#define TEST(name) cmocka_unit_test_teardown(name, finish)
#define END_OF_GROUP(name) const size_t name##_count = sizeof name / sizeof *name

#endif
