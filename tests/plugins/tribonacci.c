/* tribonacci: by its recursion, a task for every call. */
#include "filch.h"

FILCH_FORK(tribonacci_of, uint64_t, (uint32_t n;), (uint64_t a, b, c;))
{
    FILCH_BEGIN;
    if (f->n < 3) FILCH_RETURN(f->n == 2);
    FILCH_SPAWN(tribonacci_of, f->n - 1);
    FILCH_SPAWN(tribonacci_of, f->n - 2);
    FILCH_CALL(f->c, tribonacci_of, f->n - 3);
    FILCH_JOIN(f->b, tribonacci_of);
    FILCH_JOIN(f->a, tribonacci_of);
    FILCH_RETURN(f->a + f->b + f->c);
    FILCH_END;
}

#define TRIBONACCI_ARGS(F) F(value, u32, n) F(state, u64, result)
FILCH_FORK_KERNEL(tribonacci, TRIBONACCI_ARGS)
{
    FILCH_BEGIN;
    FILCH_CALL(f->result, tribonacci_of, f->n);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
