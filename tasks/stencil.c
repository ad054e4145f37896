/* stencil: heat that spreads in a plate for a number of time steps.
 *
 * Each step is a parallel loop over the rows, of the kernel heat. A step begins when the step
 * before is done. The result is in plate steps % 2 of the grid, which heat.h describes.
 *
 * Code: 1 the grid is shorter than two plates. */
#include "heat.h"

FILCH_KERNEL_DECLARE(heat, HEAT_ARGS)

#define STENCIL_ARGS(F)                                                                 \
    F(array, f64, grid) F(value, u32, width) F(value, u32, height) F(value, u32, steps) \
    F(state, u32, step)
FILCH_FORK_KERNEL(stencil, STENCIL_ARGS)
{
    FILCH_BEGIN;
    if ((uint64_t)f->width * f->height > f->grid.length / 2) FILCH_FAIL(1);
    for (f->step = 0; f->step < f->steps; f->step++) {
        FILCH_LOOP(heat, 0, f->height, {f->grid.at, f->grid.length}, f->width, f->height, f->step);
    }
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
