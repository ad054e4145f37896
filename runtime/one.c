/* The whole runtime as one translation unit, so that the compiler inlines across its files. FILCH_EMBED: for a C program, see
 * filch_embed.h. */
#ifdef FILCH_EMBED
#include "inner.h"
#endif
#include "after.c"
#include "deque.c"
#include "done.c"
#include "fork.c"
#include "frame.c"
#include "idle.c"
#include "layout.c"
#include "life.c"
#include "many.c"
#include "pool.c"
#include "post.c"
#include "reduce.c"
#include "sched.c"
#include "search.c"
#include "trace.c"
#include "tree.c"

#if defined(FILCH_EXPLORE)
#include "platform/explore.c"
#elif defined(FILCH_EMBED)
#include "embed.c"
#if defined(__EMSCRIPTEN__)
#include "platform/emscripten.c"
#else
#include "platform/posix.c"
#endif
#if defined(__EMSCRIPTEN_WASM_WORKERS__) && !defined(__EMSCRIPTEN_PTHREADS__)
#include "platform/wasm_workers.c"
#else
#include "platform/threads.c"
#endif
#elif defined(__wasm__)
#include "host.c"
#include "platform/wasm.c"
#else
#include "platform/posix.c"
#endif
