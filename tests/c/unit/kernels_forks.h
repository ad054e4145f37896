/* Calls of kernels that fork. */
#ifndef FILCH_KERNELS_FORKS_H
#define FILCH_KERNELS_FORKS_H

#include "kernels_test.h"

call call_queens(uint32_t n);
call call_quadrature(uint32_t function, double from, double to, double tolerance);

static inline uint32_t failed_with(uint32_t code) { return FILCH_KERNEL_FAILED | code << 16; }
static inline void must_fail(team *t, call c, uint32_t code)
{
    assert_int_equal(team_run(t, &c, 0, 1), failed_with(code));
}

#endif
