/* The platform in an Emscripten application. Its threads: threads.h. */
#include "platform/threads.h"

#include <emscripten/em_js.h>
#include <emscripten/emscripten.h>
#include <emscripten/threading.h>
#include <math.h>

/* A leaf behind a pointer: wasm.c gives the reason. */
static void wait_in_a_leaf(atom32 *word, uint32_t expected, int64_t nanoseconds)
{
    __builtin_wasm_memory_atomic_wait32((int *)&word->word, (int)expected, nanoseconds);
}

static void (*volatile leaf)(atom32 *, uint32_t, int64_t) = wait_in_a_leaf;

void futex_wait(atom32 *word, uint32_t expected) { leaf(word, expected, -1); }

void futex_wait_for(atom32 *word, uint32_t expected, uint64_t nanoseconds)
{
#ifdef __EMSCRIPTEN_PTHREADS__
    /* Other threads proxy calls such as printf() to the main thread, and Emscripten's own wait runs
     * them. */
    if (emscripten_is_main_runtime_thread()) {
        double milliseconds = nanoseconds > INT64_MAX ? INFINITY : (double)nanoseconds / 1e6;
        emscripten_futex_wait(&word->word, expected, milliseconds);
        return;
    }
#endif
    leaf(word, expected, nanoseconds > INT64_MAX ? -1 : (int64_t)nanoseconds);
}

#ifdef __EMSCRIPTEN_PTHREADS__
void futex_wake(atom32 *word, uint32_t count)
{
    emscripten_futex_wake(&word->word, count > INT32_MAX ? INT32_MAX : (int)count);
}
#else
void futex_wake(atom32 *word, uint32_t count)
{
    __builtin_wasm_memory_atomic_notify((int *)&word->word, count);
}
#endif

EM_JS(int, filch_js_may_wait, (void), { return +(ENVIRONMENT_IS_NODE || ENVIRONMENT_IS_WORKER); })

bool thread_may_wait(void) { return filch_js_may_wait(); }

uint64_t clock_ns(void) { return (uint64_t)(emscripten_get_now() * 1e6); }

void spin_hint(void) {}

void host_notify(void) {}
