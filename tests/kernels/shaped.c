/* shaped: busy arithmetic as in spin.c, for loops whose iterations differ, with as little as can be besides: the shortest
 * iteration takes about 1 ns.
 *
 * Iteration i takes costs[i >> shift] steps, so a table of any length does for a loop of any length.
 *
 *   costs   steps
 *   shift   0 to 63
 *   giant   an iteration that walks once more, from its own number
 *   more    the steps of that
 *   sum     as in spin.c
 *
 * Code 1: costs is too short. */
#include "filch.h"

enum { COSTS_TOO_SHORT = 1 };

static inline uint64_t walk(uint64_t x, uint32_t steps)
{
    for (uint32_t step = 0; step < steps; step++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        __asm__ volatile("" : "+r"(x)); /* else eight steps are folded to one */
    }
    return x;
}

#define SHAPED_ARGS(F) F(array, u32, costs) F(value, u32, shift) F(value, u32, more) F(value, u64, giant) F(state, u64, sum)
FILCH_KERNEL(parallel, shaped, SHAPED_ARGS)
{
    (void)task;
    const uint32_t *costs = args->costs.at, shift = args->shift & 63;
    if (begin < end && (end - 1) >> shift >= args->costs.length) return COSTS_TOO_SHORT;
    uint64_t sum = 0;
    for (uint64_t i = begin; i < end; i++) sum += walk(i + 1, costs[i >> shift]);
    if (args->giant >= begin && args->giant < end) sum += walk(args->giant, args->more);
    __atomic_fetch_add(&args->sum, sum, __ATOMIC_SEQ_CST);
    return FILCH_OK;
}
