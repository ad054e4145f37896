/* All that a C program's runtime needs besides platform.h: threads of its own, and waits with a
 * limit. Any thread may call these functions.
 *   threads_pthread.c       POSIX threads, native or Emscripten's
 *   threads_wasm_workers.c  Emscripten's Wasm Workers */
#ifndef FILCH_THREADS_H
#define FILCH_THREADS_H

#include "platform/platform.h"

typedef uintptr_t filch_thread;

/* Starts a thread that calls work(argument). argument: below 32, and different for each thread that
 * lives. False: the platform has no thread to give. */
bool thread_try_start(filch_thread *thread, void (*work)(uint32_t), uint32_t argument,
                      uint32_t stack_bytes);
/* Gives the thread back. Its work() has returned, or is about to. Waits for the thread's end only
 * where the caller may wait. */
void thread_end(filch_thread thread);
/* The calling thread may wait; a browser's main thread may not. */
bool thread_may_wait(void);
uint32_t thread_cores(void); /* 1 or more */
#define FUTEX_FOREVER UINT64_MAX
/* futex_wait(), for at most so many nanoseconds. */
void futex_wait_for(atom32 *word, uint32_t expected, uint64_t nanoseconds);

#endif
