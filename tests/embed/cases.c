#include "cases.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels.h"

static double milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* -- a gate at which workers stay busy -- */
static uint32_t gate[2];

static filch_job shut(uint32_t workers)
{
    memset(gate, 0, sizeof gate);
    gate_args args = {.gate = {.at = gate, .length = 2}};
    filch_job job =
        filch_post(&filch_kernel_gate, 0, workers, &args, &(filch_post_options){.grain = 1});
    while (job > 0 && __atomic_load_n(&gate[1], __ATOMIC_SEQ_CST) < workers) sched_yield();
    return job;
}

/* -- jobs -- */
static filch_job post_point(point_args args, filch_post_options options)
{
    return filch_post(&filch_kernel_point, 0, 1, &args, &options);
}

static filch_job post_ticket(uint32_t *counter, uint32_t *order, uint32_t slot,
                             filch_priority priority)
{
    ticket_args args = {
        .counter = {.at = counter, .length = 1}, .order = {.at = order, .length = 3}, .slot = slot};
    return filch_post(&filch_kernel_ticket, 0, 1, &args,
                      &(filch_post_options){.priority = priority});
}

static void open_gate(void) { __atomic_store_n(&gate[0], 1, __ATOMIC_SEQ_CST); }

/* -- start and stop -- */
static void nothing(void *context, uint32_t from, uint32_t to)
{
    (void)context, (void)from, (void)to;
}

static void test_refusals(void)
{
    uint32_t counter[1] = {0}, order[1];
    ticket_args args = {.counter = {.at = counter, .length = 1},
                        .order = {.at = order, .length = 1}};
    check(filch_post(&filch_kernel_ticket, 0, 1, &args, 0) == -FILCH_STOPPED,
          "a post before the start is refused");
    check(filch_parallel_for(0, 9, nothing, 0) == FILCH_STOPPED, "so is filch_parallel_for()");
    check(filch_wait(1 << 16, 0) == FILCH_STALE_HANDLE && filch_wait(0, 0) == FILCH_STALE_HANDLE,
          "a wait for no job says so");
    check(filch_stop() == FILCH_OK, "a stop before the start does nothing");
    check(filch_start(31) == FILCH_BAD_OPTIONS && !filch_workers(), "31 workers are refused");
    check(filch_start_with((filch_setup){.workers = 1, .jobs = 40000}) == FILCH_BAD_OPTIONS,
          "so are 40,000 jobs");
    check(filch_start_with((filch_setup){.workers = 1, .stack_bytes = 1000}) == FILCH_BAD_OPTIONS,
          "and stacks of 1000 bytes");
    check(filch_start(2) == FILCH_OK && filch_workers() == 2, "2 workers start");
    check(filch_start(2) == FILCH_BAD_ARGUMENT, "a second start is refused");
    check(filch_post(&filch_kernel_ticket, 1, 0, &args, 0) == -FILCH_BAD_RANGE,
          "a range that ends before it begins is refused");
    check(filch_post(&filch_kernel_ticket, 0, 1, 0, 0) == -FILCH_BAD_ARGUMENT,
          "a post without arguments is refused");
    filch_post_options options = {.priority = 2};
    check(filch_post(&filch_kernel_ticket, 0, 1, &args, &options) == -FILCH_BAD_ARGUMENT,
          "a priority of 2 is refused");
    check(filch_wait(-FILCH_BAD_RANGE, FILCH_FOREVER) == FILCH_BAD_RANGE,
          "a wait hands a refusal on");
    check(filch_parallel_for(5, 5, 0, 0) == FILCH_OK, "no iterations, no calls");
}

static void test_stop(void)
{
    filch_stop();
    filch_start(2);
    spin_args args = {.cost = 100000};
    filch_job running = filch_post(&filch_kernel_spin, 0, 1000000000, &args, 0);
    while (!filch_done(running)) sched_yield();
    check(filch_stop() == FILCH_OK && !filch_workers(), "a stop cancels running jobs");
    check(filch_wait(running, FILCH_FOREVER) == FILCH_STALE_HANDLE, "after it no job is known");
    check(filch_start(1) == FILCH_OK && filch_workers() == 1, "and a start begins anew");
    check(filch_stop() == FILCH_OK, "a stop with nothing to do");
}

/* -- posts -- */
static void test_priorities(void)
{
    uint32_t counter[1] = {0}, order[3] = {0};
    const filch_priority priorities[3] = {FILCH_LOW, FILCH_NORMAL, FILCH_HIGH};
    check(filch_stop() == FILCH_OK && filch_start(1) == FILCH_OK, "another number of workers");
    filch_job gated = shut(filch_workers()), jobs[3];
    for (uint32_t i = 0; i < 3; i++) jobs[i] = post_ticket(counter, order, i, priorities[i]);
    open_gate();
    bool done = filch_wait(gated, FILCH_FOREVER) == FILCH_OK;
    for (uint32_t i = 0; i < 3; i++) done &= filch_wait(jobs[i], FILCH_FOREVER) == FILCH_OK;
    check(done && order[2] == 1 && order[1] == 2 && order[0] == 3,
          "the most urgent of three loops runs first");

    counter[0] = 0;
    gated = shut(filch_workers());
    for (uint32_t i = 0; i < 3; i++) jobs[i] = post_ticket(counter, order, i, FILCH_NORMAL);
    done = filch_set_priority(jobs[2], FILCH_HIGH) == FILCH_OK;
    done &= filch_set_priority(jobs[2], 5) == FILCH_BAD_ARGUMENT;
    open_gate();
    done &= filch_wait(gated, FILCH_FOREVER) == FILCH_OK;
    for (uint32_t i = 0; i < 3; i++) done &= filch_wait(jobs[i], FILCH_FOREVER) == FILCH_OK;
    check(done && order[2] == 1 && order[0] == 2, "a queued loop is made more urgent");
    filch_stop();
    filch_start(2);
}

enum { LENGTH = 100000 };
static double ones[LENGTH], numbers[LENGTH];

static void test_sums(void)
{
    enum { JOBS = 20 };
    dot_args args = {.a = {.at = numbers, .length = LENGTH}, .b = {.at = ones, .length = LENGTH}};
    filch_job jobs[JOBS];
    double sums[JOBS], expected = LENGTH / 2.0 * (LENGTH - 1);
    for (uint32_t i = 0; i < LENGTH; i++) ones[i] = 1, numbers[i] = i;
    for (uint32_t i = 0; i < JOBS; i++) {
        filch_post_options options = {.total = &sums[i]};
        jobs[i] = filch_post(&filch_kernel_dot, 0, LENGTH, &args, &options);
    }
    bool right = true;
    for (uint32_t i = JOBS; i--;) {
        right &= filch_wait(jobs[i], FILCH_FOREVER) == FILCH_OK && sums[i] == expected;
    }
    check(right, "20 reductions at once, waited for backwards");

    for (uint32_t i = 0; i < LENGTH; i++) numbers[i] = 1 / (1.0 + i);
    for (uint32_t i = 0; i < JOBS; i++) {
        filch_post_options options = {.total = &sums[i], .deterministic = true};
        jobs[i] = filch_post(&filch_kernel_dot, 0, LENGTH, &args, &options);
    }
    right = true;
    for (uint32_t i = 0; i < JOBS; i++) {
        right &= filch_wait(jobs[i], FILCH_FOREVER) == FILCH_OK && sums[i] == sums[0];
    }
    check(right && fabs(sums[0] - 12.09014612986) < 1e-9,
          "deterministic reductions have the same bits");

    point_args state, from = {.point_x = 3, .point_y = 4, .sum = 1};
    filch_post_options options = {.state = &state};
    filch_job job = filch_post(&filch_kernel_point, 5, 1005, &from, &options);
    check(filch_wait(job, FILCH_FOREVER) == FILCH_OK && state.sum == 25001,
          "a sequential loop gives its state back");
}

static void test_trees(void)
{
    fib_args state;
    filch_post_options options = {.state = &state};
    filch_job job = filch_post(&filch_kernel_fib, 0, 0, &(fib_args){.n = 20}, &options);
    check(filch_wait(job, FILCH_FOREVER) == FILCH_OK && state.result == 6765, "fork-join");

    enum { WIDTH = 32, HEIGHT = 20, PLATE = WIDTH * HEIGHT, STEPS = 9 };
    static double grid[2 * PLATE], serial[2 * PLATE];
    for (uint32_t i = 0; i < 2 * PLATE; i++) grid[i] = serial[i] = i % PLATE % 7;
    for (uint32_t s = 0; s < STEPS; s++) {
        const double *from = serial + s % 2 * PLATE;
        double *to = serial + (s + 1) % 2 * PLATE;
        for (uint32_t i = 0; i < PLATE; i++) {
            bool border =
                i < WIDTH || i >= PLATE - WIDTH || i % WIDTH == 0 || i % WIDTH == WIDTH - 1;
            double sum =
                border ? 0 : from[i - 1] + from[i + 1] + *(from + i - WIDTH) + from[i + WIDTH];
            to[i] = border ? from[i] : 0.25 * sum;
        }
    }
    bool right = filch_define(&filch_kernel_heat) == FILCH_OK;
    stencil_args args = {.grid = {.at = grid, .length = 2 * PLATE},
                         .width = WIDTH,
                         .height = HEIGHT,
                         .steps = STEPS};
    right &=
        filch_wait(filch_post(&filch_kernel_stencil, 0, 0, &args, 0), FILCH_FOREVER) == FILCH_OK;
    check(right && !memcmp(grid, serial, sizeof grid), "loops inside a fork function");
}

/* -- ends -- */
static void test_waits(void)
{
    filch_job job = shut(1);
    double begin = milliseconds();
    filch_status status = filch_wait(job, 30);
    double took = milliseconds() - begin;
    check(status == FILCH_PENDING && took >= 29, "a wait ends after its time");
    check(filch_wait(job, 0) == FILCH_PENDING, "a look does not wait");
    open_gate();
    check(filch_wait(job, 60000) == FILCH_OK, "the same job is waited for again");
    check(filch_wait(job, 60000) == FILCH_STALE_HANDLE, "after its end was told a job is no more");
}

static void test_failures(void)
{
    filch_result result;
    fail_args state;
    filch_post_options options = {.grain = 10, .result = &result, .state = &state};
    fail_args args = {.at = 500, .code = 7};
    filch_job job = filch_post(&filch_kernel_fail, 0, 1000, &args, &options);
    filch_status status = filch_wait(job, FILCH_FOREVER);
    check(status == FILCH_KERNEL_FAILED && result.status == status && result.code == 7,
          "a kernel's code is told");
    check(result.failed_begin <= 500 && 500 < result.failed_end &&
              result.failed_end - result.failed_begin <= 10,
          "and the chunk");
    check(result.done <= state.count && state.count < 1000 && result.helpers,
          "and the iterations done");
}

static void test_dependencies(void)
{

    fail_args fails = {.at = 5, .code = 9};
    filch_job first = filch_post(&filch_kernel_fail, 0, 10, &fails, 0);
    filch_post_options options = {.after = &first, .after_count = 1};
    filch_job next = post_point((point_args){0}, options);
    check(filch_wait(next, FILCH_FOREVER) == FILCH_DEPENDENCY_FAILED &&
              filch_wait(first, FILCH_FOREVER) == FILCH_KERNEL_FAILED,
          "a job that depends on a failed job fails");
    point_args early, late;
    first = shut(1);
    options.state = &late;
    next = post_point((point_args){.point_x = 1}, options);
    filch_job beside =
        post_point((point_args){.point_x = 1}, (filch_post_options){.state = &early});
    bool right =
        filch_wait(beside, FILCH_FOREVER) == FILCH_OK && filch_wait(next, 5) == FILCH_PENDING;
    open_gate();
    right &= filch_wait(next, FILCH_FOREVER) == FILCH_OK && late.sum == 1;
    right &= filch_wait(first, FILCH_FOREVER) == FILCH_OK;
    check(right, "a job that depends on another waits for that");
}

static void test_orders(void)
{
    spin_args args = {.cost = 1000};
    filch_result result;
    filch_post_options options = {.result = &result};
    filch_job job = filch_post(&filch_kernel_spin, 0, 1000000000, &args, &options);
    while (!filch_done(job)) sched_yield();
    bool right = !filch_paused(job) && filch_pause(job) == FILCH_OK;
    while (!filch_paused(job)) sched_yield();
    uint64_t done = filch_done(job);
    right &= filch_wait(job, 20) == FILCH_PENDING && filch_done(job) == done;
    right &= filch_resume(job) == FILCH_OK;
    while (filch_done(job) == done) sched_yield();
    check(right, "a job is paused and goes on");
    right = filch_cancel(job) == FILCH_OK && filch_wait(job, FILCH_FOREVER) == FILCH_CANCELLED;
    check(right && result.status == FILCH_CANCELLED && result.done < 1000000000,
          "a job is cancelled");
    check(filch_cancel(job) == FILCH_STALE_HANDLE && filch_pause(job) == FILCH_STALE_HANDLE &&
              filch_forget(job) == FILCH_STALE_HANDLE,
          "a job that is no more takes no orders");
}

/* -- filch_parallel_for() -- */
typedef struct counting {
    uint8_t *marks;
    uint64_t sum;
} counting;

static void mark(void *context, uint32_t from, uint32_t to)
{
    counting *c = context;
    uint64_t sum = 0;
    for (uint32_t i = from; i < to; i++) {
        c->marks[i]++;
        sum += i;
    }
    __atomic_fetch_add(&c->sum, sum, __ATOMIC_RELAXED);
}

static void test_parallel_for(void)
{
    enum { N = 200000, TIMES = 200 };
    uint8_t *marks = calloc(N, 1);
    bool right = true;
    for (uint32_t t = 0; t < TIMES; t++) {
        counting c = {.marks = marks};
        uint32_t last = t % 4 ? t : N;
        right &= filch_parallel_for(t / 2, last, mark, &c) == FILCH_OK;
        for (uint32_t i = t / 2; i < last; i++) right &= marks[i] == 1;
        memset(marks, 0, N);
        right &= c.sum == (t / 2 < last ? (uint64_t)(last - t / 2) * (last - 1 + t / 2) / 2 : 0);
    }
    check(right, "filch_parallel_for() runs each iteration once, and returns after the last");
    counting top = {.marks = marks - (UINT32_MAX - 100)};
    right = filch_parallel_for(UINT32_MAX - 100, UINT32_MAX, mark, &top) == FILCH_OK;
    check(right && marks[0] == 1 && marks[99] == 1, "up to 2^32 - 1");
    free(marks);
}

typedef struct inner {
    filch_job job;
    uint32_t wrong;
    uint64_t sum;
    uint8_t marks[64];
    filch_job posted;
} inner;

static void nested(void *context, uint32_t from, uint32_t to)
{
    inner *in = context;
    counting c = {.marks = calloc(100, 1)};
    uint32_t wrong = filch_wait(in->job, 1) != FILCH_WOULD_BLOCK;
    wrong += filch_wait(in->job, 0) != FILCH_PENDING;
    wrong += filch_stop() != FILCH_WOULD_BLOCK;
    wrong += filch_start(1) != FILCH_WOULD_BLOCK;
    wrong += filch_parallel_for(0, 100, mark, &c) != FILCH_OK || c.sum != 4950;
    free(c.marks);
    point_args args = {.point_x = 1};
    if (from <= 30 && 30 < to) in->posted = filch_post(&filch_kernel_point, 0, 2, &args, 0);
    for (uint32_t i = from; i < to; i++) in->marks[i]++;
    __atomic_fetch_add(&in->wrong, wrong, __ATOMIC_RELAXED);
}

static void test_inside(void)
{
    inner in = {.job = shut(1)};
    bool right = filch_parallel_for(0, 64, nested, &in) == FILCH_OK && !in.wrong;
    for (uint32_t i = 0; i < 64; i++) right &= in.marks[i] == 1;
    check(right,
          "inside a kernel a wait, a start, and a stop are refused, and a loop runs in place");
    check(in.posted > 0 && filch_wait(in.posted, FILCH_FOREVER) == FILCH_OK,
          "a kernel posts a job, and another thread waits for the job");
    open_gate();
    check(filch_wait(in.job, FILCH_FOREVER) == FILCH_OK, "and the job of those waits goes on");
}

static void test_full(void)
{
    const filch_setup setup = {.workers = 1, .jobs = 2};
    bool right = filch_stop() == FILCH_OK && filch_start_with(setup) == FILCH_OK;
    point_args args = {0};
    filch_job gated = shut(1), second = filch_post(&filch_kernel_point, 0, 1, &args, 0);
    right &= filch_post(&filch_kernel_point, 0, 1, &args, 0) == -FILCH_POOL_FULL;
    check(right && second > 0, "a post past the last slot is refused");
    counting c = {.marks = calloc(10, 1)};
    check(filch_parallel_for(0, 10, mark, &c) == FILCH_OK && c.sum == 45,
          "and filch_parallel_for() runs in place");
    free(c.marks);
    right = filch_forget(second) == FILCH_OK && filch_wait(second, 0) == FILCH_STALE_HANDLE;
    open_gate();
    right &= filch_wait(gated, FILCH_FOREVER) == FILCH_OK;
    for (uint32_t i = 0; i < 100; i++) {
        filch_job job;
        do {
            job = filch_post(&filch_kernel_point, 0, 1, &args, 0);
            if (job == -FILCH_POOL_FULL) sched_yield();
        } while (job == -FILCH_POOL_FULL);
        right &= filch_forget(job) == FILCH_OK;
    }
    check(right, "forgotten jobs leave their slots to others");
}

void run_jobs(void)
{
    test_sums();
    test_trees();
    test_waits();
    test_failures();
    test_dependencies();
    test_orders();
    test_parallel_for();
    test_inside();
}

void run_cases(void)
{
    test_refusals();
    test_priorities();
    run_jobs();
    test_full();
    test_stop();
}
