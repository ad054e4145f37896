/* The whole runtime as one translation unit, so that the compiler inlines across its files. They
 * stand in the order of the layers, the lowest first.
 *   FILCH_EXPLORE  for the explorer
 *   FILCH_EMBED    for a C program: filch_embed.h
 *   neither        the module for JavaScript, or natively the runtime alone, for tests
 *
 * Files between SELDOM and END_SELDOM are compiled for the least size: control, recovery,
 * dependencies, waits, and descriptions. No worker runs their code in a loop or a fork; a post
 * looks its kernel up there, once, and a task its end and its dependents. */
#define SELDOM _Pragma("clang attribute push(__attribute__((minsize)), apply_to = function)")
#define END_SELDOM _Pragma("clang attribute pop")

#ifdef FILCH_EMBED
#include "host/embed_linkage.h"
#endif
#include "core/deque.c"
#include "core/state.c"
SELDOM
#include "core/wait.c"
END_SELDOM
#include "core/slots.c"
#include "core/range.c"
#include "core/trace.c"
#include "core/tree.c"
#include "core/reduce.c"
SELDOM
#include "core/region.c"
END_SELDOM

#include "sched/sleep.c"
#include "sched/completions.c"
#include "sched/steal.c"
#include "sched/notify.c"
#include "sched/queue.c"
SELDOM
#include "sched/inbox.c"
#include "sched/depend.c"
#include "sched/settle.c"
#include "sched/wait.c"
END_SELDOM
#include "sched/preempt.c"
#include "sched/loop_task.c"
#include "sched/fork_publish.c"
SELDOM
#include "sched/fork_suspend.c"
END_SELDOM
#include "sched/fork.c"
#include "sched/fork_admit.c"
#include "sched/worker.c"

#ifndef FILCH_EMBED /* JavaScript alone submits batches */
#include "owner/batch.c"
#endif
SELDOM
#include "construct/event.c"
#include "construct/alarm.c"
#include "owner/recover.c"
#include "owner/control.c"
END_SELDOM
#include "owner/submit.c"
#include "owner/reap.c"

#if defined(FILCH_EXPLORE)
/* the explorer is explore.c */
#elif defined(FILCH_EMBED)
#include "host/embed.c"
#include "host/embed_jobs.c"
#include "host/embed_parallel_for.c"
#if defined(__EMSCRIPTEN__)
#include "platform/emscripten.c"
#else
#include "platform/posix.c"
#endif
#if defined(__EMSCRIPTEN_WASM_WORKERS__) && !defined(__EMSCRIPTEN_PTHREADS__)
#include "platform/threads_wasm_workers.c"
#else
#include "platform/threads_pthread.c"
#endif
#elif defined(__wasm__)
SELDOM
#include "host/kernel_table.c"
#include "host/describe.c"
#include "host/waits.c"
END_SELDOM
#include "host/wasm.c"
#include "platform/wasm.c"
#else
#include "platform/posix.c"
#endif
