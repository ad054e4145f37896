/* An Emscripten application with pthreads that knows nothing of Filch: its arrays, and a thread of
 * its own. */
#include <emscripten/emscripten.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

/* 1, 2, 3, ... */
EMSCRIPTEN_KEEPALIVE double *numbers(uint32_t length)
{
    double *at = malloc(length * sizeof *at);
    for (uint32_t i = 0; at && i < length; i++) at[i] = i + 1;
    return at;
}

EMSCRIPTEN_KEEPALIVE double sum(const double *at, uint32_t length)
{
    double sum = 0;
    for (uint32_t i = 0; i < length; i++) sum += at[i];
    return sum;
}

typedef struct counter {
    pthread_t thread;
    uint32_t stop;
    uint64_t turns;
} counter;
static counter own;

static void *count(void *at)
{
    counter *c = at;
    while (!__atomic_load_n(&c->stop, __ATOMIC_SEQ_CST)) {
        __atomic_fetch_add(&c->turns, 1, __ATOMIC_SEQ_CST);
    }
    return 0;
}

EMSCRIPTEN_KEEPALIVE int begin_counting(void)
{
    return pthread_create(&own.thread, 0, count, &own);
}
EMSCRIPTEN_KEEPALIVE double turns(void)
{
    return (double)__atomic_load_n(&own.turns, __ATOMIC_SEQ_CST);
}
EMSCRIPTEN_KEEPALIVE void end_counting(void) { __atomic_store_n(&own.stop, 1, __ATOMIC_SEQ_CST); }
