/* The kernels of tasks/ and tests/fixtures/kernels/ that the cases post. */
#ifndef FILCH_EMBED_KERNELS_H
#define FILCH_EMBED_KERNELS_H

#include "filch_embed.h"

#define DOT_ARGS(F) F(array, f64, a) F(array, f64, b)
FILCH_KERNEL_DECLARE(dot, DOT_ARGS)
#define FIB_ARGS(F) F(value, u32, n) F(state, u64, result)
FILCH_KERNEL_DECLARE(fib, FIB_ARGS)
#define STENCIL_ARGS(F) \
    F(array, f64, grid) F(value, u32, width) F(value, u32, height) F(value, u32, steps) \
    F(state, u32, step)
FILCH_KERNEL_DECLARE(stencil, STENCIL_ARGS)
extern const filch_kernel filch_kernel_heat;
#define TICKET_ARGS(F) F(array, u32, counter) F(array, u32, order) F(value, u32, slot)
FILCH_KERNEL_DECLARE(ticket, TICKET_ARGS)
#define FAIL_ARGS(F) F(value, u64, at) F(value, u32, code) F(state, u64, count)
FILCH_KERNEL_DECLARE(fail, FAIL_ARGS)
#define GATE_ARGS(F) F(array, u32, gate)
FILCH_KERNEL_DECLARE(gate, GATE_ARGS)
#define SPIN_ARGS(F) \
    F(option, u32, costs) F(value, u32, cost) F(option, u8, owners) F(state, u64, sum)
FILCH_KERNEL_DECLARE(spin, SPIN_ARGS)
#define POINT_ARGS(F) F(value, i32, point_x) F(value, i32, point_y) F(state, i64, sum)
FILCH_KERNEL_DECLARE(point, POINT_ARGS)

#endif
