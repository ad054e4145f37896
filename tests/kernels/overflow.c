/* overflow: each iteration writes `bytes` of its worker's stack, all of them, from the top down, in frames of about 1 KiB.
 * With more bytes than the stack has it overruns it; with fewer it is an honest kernel that needs a deep stack.
 *
 *   bytes   stack to write in one iteration, in bytes; rounded up to whole frames
 *   count   iterations that came back */
#include "../../runtime/filch.h"

enum { FRAME = 1024 };

static __attribute__((noinline)) uint32_t descend(uint32_t bytes)
{
    volatile uint8_t frame[FRAME];
    for (uint32_t i = FRAME; i-- > 0;) frame[i] = 0xA5;
    const uint32_t below = bytes > FRAME ? descend(bytes - FRAME) : 0;
    return below + frame[bytes % FRAME]; /* read after the call: the frame outlives it, and the call is no tail call */
}

#define OVERFLOW_ARGS(F) F(value, u32, bytes) F(state, u64, count)
FILCH_KERNEL(parallel, overflow, OVERFLOW_ARGS)
{
    (void)task;
    for (uint64_t i = begin; i < end; i++) {
        (void)descend(args->bytes);
        __atomic_fetch_add(&args->count, 1, __ATOMIC_SEQ_CST);
    }
    return FILCH_OK;
}
