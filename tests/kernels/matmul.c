/* matmul: multiplies matrices by quarters: two rounds of four products of half the size, each round side by side (as in Cilk's
 * examples), down to blocks that a first-level cache holds.
 *
 * Codes: 1 a matrix is too short; 2 n is neither a power of two nor at most 64. */
#include "matmul.h"

#define BLOCK 64

static void multiply_block(float *restrict c, const float *restrict a, const float *restrict b, uint32_t n, uint32_t stride)
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < n; k++) {
            const float factor = a[i * stride + k];
            for (uint32_t j = 0; j < n; j++) c[i * stride + j] += factor * b[k * stride + j];
        }
    }
}

/* Where a quarter begins: row and column are 0 or 1. */
#define QUARTER(matrix, row, column) ((matrix) + ((row) * f->stride + (column)) * (f->n / 2))
/* What this round adds to a quarter. */
#define PRODUCT(row, column) \
    QUARTER(f->c, row, column), QUARTER(f->a, row, f->middle), QUARTER(f->b, f->middle, column), f->n / 2, f->stride

FILCH_FORK(matmul_add, uint32_t, (float *c; const float *a; const float *b; uint32_t n, stride;), (uint32_t middle, got;))
{
    FILCH_BEGIN;
    if (f->n <= BLOCK) {
        multiply_block(f->c, f->a, f->b, f->n, f->stride);
        FILCH_RETURN(0);
    }
    for (f->middle = 0; f->middle < 2; f->middle++) {
        FILCH_SPAWN(matmul_add, PRODUCT(0, 0));
        FILCH_SPAWN(matmul_add, PRODUCT(0, 1));
        FILCH_SPAWN(matmul_add, PRODUCT(1, 0));
        FILCH_CALL(f->got, matmul_add, PRODUCT(1, 1));
        FILCH_JOIN(f->got, matmul_add);
        FILCH_JOIN(f->got, matmul_add);
        FILCH_JOIN(f->got, matmul_add);
    }
    FILCH_RETURN(0);
    FILCH_END;
}

FILCH_FORK_KERNEL(matmul, MATMUL_ARGS)
{
    FILCH_BEGIN;
    if (!matmul_fits(f->n, f->a.length) || !matmul_fits(f->n, f->b.length) || !matmul_fits(f->n, f->c.length)) FILCH_FAIL(1);
    if (f->n > BLOCK && (f->n & (f->n - 1))) FILCH_FAIL(2);
    FILCH_CALL(f->got, matmul_add, f->c.at, f->a.at, f->b.at, f->n, f->n);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
