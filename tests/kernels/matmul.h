/* The arguments of matmul.c and matmulrows.c: square matrices of n rows, row after row; c += a * b. */
#ifndef MATMUL_H
#define MATMUL_H

#include "filch.h"

#define MATMUL_ARGS(F) F(array, f32, a) F(array, f32, b) F(array, f32, c) F(value, u32, n) F(state, u32, got)

static inline bool matmul_fits(uint32_t n, uint32_t length) { return (uint64_t)n * n <= length; }

#endif
