/* forever: a loop of tiny iterations, about a nanosecond each, to be posted with more of them than anyone will wait for.
 *
 *   count   iterations that ran; a cancelled task's is exact, because a chunk runs whole or not at all */
#include "../../runtime/filch.h"

#define FOREVER_ARGS(F) F(state, u64, count)
FILCH_KERNEL(parallel, forever, FOREVER_ARGS)
{
    (void)task;
    for (uint64_t i = begin; i < end; i++) __asm__ volatile("" : : "r"((uint32_t)i)); /* not to be optimised away */
    __atomic_fetch_add(&args->count, end - begin, __ATOMIC_SEQ_CST);
    return FILCH_OK;
}
