/* All that the runtime needs from what it runs on, and the only place that knows what that is.
 *   wasm.c     WebAssembly threads, hosted by JavaScript
 *   posix.c    POSIX threads: sanitizers, stress, benchmarks
 *   explore.c  one thread under a controlled scheduler: see explore.h
 * Any thread may call any of these, but futex_wait: never the owner's. */
#ifndef FILCH_PLATFORM_H
#define FILCH_PLATFORM_H

#include "platform/atomic.h"

/* Blocks while the word is `expected`, until a futex_wake() on it. May return for no reason: the caller looks again. */
void futex_wait(atom32 *word, uint32_t expected);
/* Unblocks at most `count` waiters. Costs 20 to 40 ns with nobody waiting, so know that somebody is. */
void futex_wake(atom32 *word, uint32_t count);
/* Nanoseconds of a monotonic clock. Its step is 1 ns natively, 5 to 100 us in browsers. */
uint64_t clock_ns(void);
/* One turn of a bounded spin. */
void spin_hint(void);
/* Asks the host to deliver a message to the owner where the owner cannot wait on a futex. */
void host_notify(void);
/* Calls a function of a module of the host's, with what the host wrote into the block; leaves there what came of it. A kernel's code.
 * On wasm alone. */
int32_t host_call(uint32_t module, uint8_t *block, uint32_t bytes);

#endif
