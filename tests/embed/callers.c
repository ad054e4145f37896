/* Many threads call at once: jobs of their own, loops of their own. */
#include "callers.h"

#include <pthread.h>
#include <string.h>

#include "cases.h"
#include "filch_embed.h"

#define POINT_ARGS(F) F(value, i32, point_x) F(value, i32, point_y) F(state, i64, sum)
FILCH_KERNEL_DECLARE(point, POINT_ARGS)

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
        filch_job job = filch_post(&filch_kernel_point, 0, 100, &(point_args){1, i, 0}, &(filch_post_options){.state = &state});
        *bad |= filch_parallel_for(0, LENGTH, add, &sum) != FILCH_OK || sum != LENGTH / 2 * (LENGTH - 1);
        filch_status status;
        while ((status = filch_wait(job, i % 3 ? FILCH_FOREVER : 1)) == FILCH_PENDING) {}
        *bad |= status != FILCH_OK || state.sum != 100 * (1 + i * i);
    }
    return 0;
}

void run_callers(void)
{
    pthread_t threads[CALLERS];
    bool right = filch_start(2) == FILCH_OK;
    for (int i = 0; i < CALLERS; i++) pthread_create(&threads[i], 0, call, &wrong[i]);
    for (int i = 0; i < CALLERS; i++) pthread_join(threads[i], 0);
    for (int i = 0; i < CALLERS; i++) right &= !wrong[i];
    check(right, "4 threads post, wait, and run loops at once");
    check(filch_stop() == FILCH_OK, "and then it stops");
}
