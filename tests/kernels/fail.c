/* fail: returns `code` when it comes to iteration `at`.
 *
 *   at      the iteration that fails
 *   code    what the kernel returns then, 1 to 65535
 *   count   the other iterations that ran */
#include "../../runtime/filch.h"

#define FAIL_ARGS(F) F(value, u64, at) F(value, u32, code) F(state, u64, count)
FILCH_KERNEL(parallel, fail, FAIL_ARGS)
{
    (void)task;
    for (uint64_t i = begin; i < end; i++) {
        if (i == args->at) return (int32_t)args->code;
        __atomic_fetch_add(&args->count, 1, __ATOMIC_SEQ_CST);
    }
    return FILCH_OK;
}
