/* Many threads call at once: jobs of their own, loops of their own. */
#include "callers.h"

#include <pthread.h>
#include <unistd.h>

#include "cases.h"
#include "kernels.h"

enum { CALLERS = 4, TIMES = 300, LENGTH = 1000 };
static bool wrong[CALLERS];

static void add(void *context, uint32_t from, uint32_t to)
{
    uint64_t sum = 0;
    for (uint32_t i = from; i < to; i++) sum += i;
    __atomic_fetch_add((uint64_t *)context, sum, __ATOMIC_RELAXED);
}

static void *call(void *at)
{
    bool *bad = at;
    for (int i = 0; i < TIMES; i++) {
        uint64_t sum = 0;
        point_args state;
        point_args args = {.point_x = 1, .point_y = i};
        filch_post_options options = {.state = &state};
        filch_job job = filch_post(&filch_kernel_point, 0, 100, &args, &options);
        *bad |= filch_parallel_for(0, LENGTH, add, &sum) != FILCH_OK ||
                sum != LENGTH / 2 * (LENGTH - 1);
        filch_status status;
        while ((status = filch_wait(job, i % 3 ? FILCH_FOREVER : 1)) == FILCH_PENDING) {}
        *bad |= status != FILCH_OK || state.sum != 100 * (1 + i * i);
    }
    return 0;
}

/* Two threads wait. The first one gets the notifications and hands them on, but gives up first. */
static uint32_t gate[2];
static filch_job gated;

static void *wait_for_long(void *answer)
{
    *(filch_status *)answer = filch_wait(gated, FILCH_FOREVER);
    return 0;
}

static void *wait_a_little(void *answer)
{
    *(filch_status *)answer = filch_wait(gated, 100);
    return 0;
}

static void test_handing_over(void)
{
    pthread_t threads[2];
    filch_status answers[2];
    gate_args args = {.gate = {.at = gate, .length = 2}};
    gated = filch_post(&filch_kernel_gate, 0, 1, &args, 0);
    pthread_create(&threads[0], 0, wait_a_little, &answers[0]);
    usleep(30000);
    pthread_create(&threads[1], 0, wait_for_long, &answers[1]);
    pthread_join(threads[0], 0);
    usleep(30000);
    __atomic_store_n(&gate[0], 1, __ATOMIC_SEQ_CST);
    pthread_join(threads[1], 0);
    check(answers[0] == FILCH_PENDING && answers[1] == FILCH_OK,
          "a thread waits on after another has given up");
}

void run_callers(void)
{
    pthread_t threads[CALLERS];
    bool right = filch_start(2) == FILCH_OK;
    for (int i = 0; i < CALLERS; i++) pthread_create(&threads[i], 0, call, &wrong[i]);
    for (int i = 0; i < CALLERS; i++) pthread_join(threads[i], 0);
    for (int i = 0; i < CALLERS; i++) right &= !wrong[i];
    check(right, "4 threads post, wait, and run loops at once");
    test_handing_over();
    check(filch_stop() == FILCH_OK, "and then it stops");
}
