/* What an embedding program needs besides platform.h: threads of its own, and waits that end.
 *   threads.c       POSIX threads, native or Emscripten's
 *   wasm_workers.c  Emscripten's Wasm Workers */
#ifndef FILCH_THREADS_H
#define FILCH_THREADS_H

#include "platform/platform.h"

typedef uintptr_t filch_thread;

/* A thread that calls work(argument). False: there is none to be had. */
bool thread_start(filch_thread *thread, void (*work)(uint32_t), uint32_t argument, uint32_t stack_bytes);
/* After `work` has come to its end, or is about to. Waits for the thread only where that is allowed. */
void thread_end(filch_thread thread);
/* This thread may wait; a browser's main thread may not. */
bool thread_may_wait(void);
uint32_t thread_cores(void); /* 1 or more */
#define FUTEX_FOREVER UINT64_MAX
/* futex_wait(), for so many nanoseconds at most. */
void futex_wait_for(atom32 *word, uint32_t expected, uint64_t nanoseconds);

#endif
