/* matmulrows: multiplies matrices by a plain triple loop: a row of c an iteration.
 *
 * Code 1: a matrix is too short, or the loop has more iterations than it has rows. */
#include "matmul.h"

FILCH_KERNEL(parallel, matmulrows, MATMUL_ARGS)
{
    (void)task;
    const uint32_t n = args->n;
    if (!matmul_fits(n, args->a.length) || !matmul_fits(n, args->b.length) || !matmul_fits(n, args->c.length)) return 1;
    if (end > n) return 1;
    for (uint64_t i = begin; i < end; i++) {
        for (uint32_t k = 0; k < n; k++) {
            for (uint32_t j = 0; j < n; j++) args->c.at[i * n + j] += args->a.at[i * n + k] * args->b.at[(uint64_t)k * n + j];
        }
    }
    return FILCH_OK;
}
