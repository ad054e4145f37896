#include "platform/threads.h"

#include <pthread.h>
#include <unistd.h>

#if defined(__EMSCRIPTEN__)
#include <emscripten/em_js.h>
#include <emscripten/threading.h>
#endif

/* A thread's function returns a pointer, and work() returns nothing. A call through a cast pointer
 * would be undefined behaviour, so begin() calls work(). */
typedef struct beginning {
    void (*work)(uint32_t);
    uint32_t argument;
} beginning;
static beginning beginnings[32]; /* by argument; each thread reads its own */

static void *begin(void *at)
{
    const beginning *b = at;
    b->work(b->argument);
    return 0;
}

bool thread_try_start(filch_thread *thread, void (*work)(uint32_t), uint32_t argument,
                      uint32_t stack_bytes)
{
    pthread_attr_t how;
    pthread_t made;
    beginnings[argument] = (beginning){.work = work, .argument = argument};
    if (pthread_attr_init(&how)) return false;
    bool started = !pthread_attr_setstacksize(&how, stack_bytes) &&
                   !pthread_create(&made, &how, begin, &beginnings[argument]);
    pthread_attr_destroy(&how);
    if (started) *thread = (filch_thread)made;
    return started;
}

void thread_end(filch_thread thread)
{
    if (thread_may_wait()) pthread_join((pthread_t)thread, 0);
    else pthread_detach((pthread_t)thread);
}

#if defined(__EMSCRIPTEN__)
uint32_t thread_cores(void)
{
    int cores = emscripten_num_logical_cores();
    return cores > 0 ? (uint32_t)cores : 1;
}
#else
bool thread_may_wait(void) { return true; }

uint32_t thread_cores(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 ? (uint32_t)cores : 1;
}
#endif
