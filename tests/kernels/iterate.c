/* iterate: a sequential loop that knows whether its order was kept. Iteration k does x = x * 6364136223846793005 + k, modulo
 * 2^64, `cost` times over: any other order, a lost or a repeated iteration gives another x.
 *
 *   cost   steps of each iteration, of about 4 cycles
 *   x      the number iterated; starts at what the caller gives
 *   next   the iteration that has to come next; starts at the loop's first
 *
 * Code 1: a chunk that is not the next one. */
#include "../../runtime/filch.h"

enum { OUT_OF_ORDER = 1 };

#define ITERATE_ARGS(F) F(value, u32, cost) F(state, u64, x) F(state, u64, next)
FILCH_KERNEL(sequential, iterate, ITERATE_ARGS)
{
    (void)task;
    if (begin != args->next) return OUT_OF_ORDER;
    uint64_t x = args->x;
    for (uint64_t k = begin; k < end; k++) {
        for (uint32_t step = 0; step < args->cost; step++) x = x * 6364136223846793005u + k;
    }
    args->x = x;
    args->next = end;
    return FILCH_OK;
}
