/* All that the runtime needs from the platform that it runs on. Each platform is one file:
 *   wasm.c        WebAssembly threads, hosted by JavaScript
 *   posix.c       native programs, with POSIX threads
 *   emscripten.c  Emscripten applications
 *   explore.c     the explorer: one thread, under a controlled scheduler
 *
 * Any thread may call these functions, except futex_wait(): the owner's thread never waits. */
#ifndef FILCH_PLATFORM_H
#define FILCH_PLATFORM_H

#include "platform/atomic.h"

/* Blocks while the word is `expected`, until a futex_wake() on the word. May return for no reason,
 * so the caller looks again. */
void futex_wait(atom32 *word, uint32_t expected);
/* Unblocks at most `count` waiters. A call without a waiter costs 20 to 40 ns, so the caller makes
 * sure that there is one. */
void futex_wake(atom32 *word, uint32_t count);
/* Nanoseconds of a monotonic clock. Its step is 1 ns natively, and 5 to 100 us in browsers. */
uint64_t clock_ns(void);
/* One turn of a bounded spin. */
void spin_hint(void);
/* Asks the host for a message to the owner, where the owner cannot wait on a futex. */
void host_notify(void);
/* Calls a function of one of the host's modules, with the arguments that the host wrote into the
 * block. The function's result replaces the arguments. FILCH_OK, or a code as a kernel's. Only on
 * wasm. */
int32_t host_call(uint32_t module, uint8_t *block, uint32_t bytes);

#endif
