/* fib: the Fibonacci number n, by its recursion.
 *
 * The recursion has about 1.6^n calls, which do nothing but call. A bad way to compute the number,
 * and a good way to measure the cost of a spawn and a join. */
#include "filch.h"

FILCH_FORK(fibonacci, uint64_t, (uint32_t n;), (uint64_t a, b;))
{
    FILCH_BEGIN;
    if (f->n < 2) FILCH_RETURN(f->n);
    FILCH_SPAWN(fibonacci, f->n - 1);
    FILCH_CALL(f->b, fibonacci, f->n - 2);
    FILCH_JOIN(f->a, fibonacci);
    FILCH_RETURN(f->a + f->b);
    FILCH_END;
}

#define FIB_ARGS(F) F(value, u32, n) F(state, u64, result)
FILCH_FORK_KERNEL(fib, FIB_ARGS)
{
    FILCH_BEGIN;
    FILCH_CALL(f->result, fibonacci, f->n);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
