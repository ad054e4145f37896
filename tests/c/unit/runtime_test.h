/* A runtime on this thread alone, with a clock that the tests advance.
 *
 * The platform is the tests' own. A wait ends the test, since no call of the only thread may wait.
 * The region is allocated to the byte, so that AddressSanitizer sees an access past its end. */
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
extern uint64_t test_clock; /* the answer of clock_ns() */
extern uint32_t test_wakes; /* calls of futex_wake() */
/* The test overwrites words at random, so that no invariant holds. start() clears this. */
extern bool test_corrupts;

/* -- kernels -- */
enum { KERNEL_RECORD, KERNEL_RECORD_SEQUENTIAL, LOOPS, KERNEL_SUM = LOOPS, KERNEL_TREE, KERNELS };
/* In runtime_reduce.c and runtime_trees.c. */
extern const filch_kernel filch_kernel_sum, filch_kernel_tree;

typedef struct record_args {
    uint64_t fail_at;   /* at this iteration the kernel fails with `code` */
    uint64_t leave_at;  /* at this one the kernel leaves by `test_escape` */
    uint64_t cancel_at; /* at this one the kernel cancels its task */
    uint64_t act_at;    /* at this one the kernel calls `act` */
    void (*act)(void);
    uint64_t cost; /* of an iteration, in ns of test_clock */
    uint32_t code;
    uint32_t tag;        /* of its chunk records */
    uint64_t state;      /* counts iterations */
    uint64_t begin, end; /* no chunk may leave this range */
} record_args;

typedef struct chunk_record {
    uint64_t begin, end;
    uint32_t tag, worker;
} chunk_record;
#define RECORDS_MAX 4096
extern chunk_record test_chunks[RECORDS_MAX]; /* the first RECORDS_MAX chunks that ran, in order */
extern uint32_t test_chunk_count;
void test_record_chunk(chunk_record chunk);
extern bool test_out_of_range; /* a chunk left its task's range */
extern jmp_buf test_escape;
extern uint64_t test_handle; /* the task that cancel_at cancels */

/* -- a runtime -- */
extern filch_runtime *rt;
void start(uint32_t workers, uint32_t slots); /* clears the records and sets the clock to 1 s */
int finish(void **state);                     /* each check's teardown */

/* A task to be posted. */
typedef struct setup {
    uint64_t begin, end;
    uint32_t kernel, priority, grain;
    record_args args;
} setup;
/* KERNEL_RECORD over [begin, end), with priority 1 and grain 1. */
setup plain(uint64_t begin, uint64_t end);
uint64_t try_post(const setup *s, filch_status *why);
uint64_t must_post(setup s);
uint64_t post_plain(uint64_t begin, uint64_t end);
filch_submission submission_of(const setup *s); /* points into *s */
uint64_t must_submit(filch_submission submission);
uint64_t post_depending(setup s, const uint64_t *dependencies, uint32_t count);
/* The chunks of this tag are [begin, end), each iteration once. */
void check_ran_once(uint64_t begin, uint64_t end, uint32_t tag);
uint32_t status_of(uint64_t handle); /* without the kernel's code */
filch_slot *slot_of(uint64_t handle);
const record_args *args_of(uint64_t handle);
void run_all(uint32_t worker);   /* time slices until there is nothing to do */
void must_reap(uint64_t handle); /* reaps the task, which must be the next, and releases it */

#define GROUP(name) extern const struct CMUnitTest name[]; extern const size_t name##_count;
GROUP(region_tests)
GROUP(part_tests)
GROUP(deque_tests)
GROUP(range_tests)
GROUP(state_tests)
GROUP(task_tests)
GROUP(loss_tests)
GROUP(slice_tests)
GROUP(pause_tests)
GROUP(priority_tests)
GROUP(depend_tests)
GROUP(piece_tests)
GROUP(reduce_tests)
GROUP(tree_tests)
GROUP(corrupt_tests)
GROUP(corrupt_tree_tests)
GROUP(trap_tests)
GROUP(wait_tests)
GROUP(refused_wait_tests)
#define TEST(name) cmocka_unit_test_teardown(name, finish)
#define END_OF_GROUP(name) const size_t name##_count = sizeof name / sizeof *name

#endif
