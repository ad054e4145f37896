/* trap: traps at iteration `at`.
 *
 *   at      the iteration that traps
 *   count   the other iterations that ran */
#include "../../runtime/filch.h"

#define TRAP_ARGS(F) F(value, u64, at) F(state, u64, count)
FILCH_KERNEL(parallel, trap, TRAP_ARGS)
{
    (void)task;
    for (uint64_t i = begin; i < end; i++) {
        if (i == args->at) __builtin_trap();
        __atomic_fetch_add(&args->count, 1, __ATOMIC_SEQ_CST);
    }
    return FILCH_OK;
}
