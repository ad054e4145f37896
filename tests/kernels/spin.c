/* spin: busy arithmetic of a known length, for loops of any shape.
 *
 * One iteration, i, takes `cost` steps of a 64-bit generator started from i, or costs[i % costs.length] steps where a table
 * is given. A step is one multiplication and one addition, each waiting for the one before: about 4 cycles of one core.
 *
 *   costs    steps of each iteration, repeated; wins over cost
 *   cost     steps of every iteration
 *   owners   one byte for each iteration: 1 + the number of the worker that ran it
 *   sum      the sum, modulo 2^64, of what the iterations came to: the same whoever ran them, different if one ran twice
 *
 * Code 1: owners is given and has fewer bytes than the loop has iterations. */
#include "../../runtime/filch.h"

enum { OWNERS_TOO_SHORT = 1 };

#define SPIN_ARGS(F) F(option, u32, costs) F(value, u32, cost) F(option, u8, owners) F(state, u64, sum)
FILCH_KERNEL(parallel, spin, SPIN_ARGS)
{
    const uint8_t owner = (uint8_t)(1 + filch_worker_of(task));
    if (args->owners.at && end > args->owners.length) return OWNERS_TOO_SHORT;

    uint64_t sum = 0;
    for (uint64_t i = begin; i < end; i++) {
        const uint32_t steps = args->costs.length ? args->costs.at[i % args->costs.length] : args->cost;
        uint64_t x = i + 1;
        for (uint32_t step = 0; step < steps; step++) x = x * 6364136223846793005u + 1442695040888963407u;
        sum += x;
        if (args->owners.at) args->owners.at[i] = owner;
    }
    __atomic_fetch_add(&args->sum, sum, __ATOMIC_SEQ_CST);
    return FILCH_OK;
}
