/* Heat that spreads in a plate for a number of time steps: a parallel loop over the rows for each, and all rows of a step are
 * done before one of the next begins. The result is in plate steps % 2 of the grid.
 *
 * Fails with 1 where the grid is shorter than two plates. */
#include "heat.h"

FILCH_KERNEL_DECLARE(heat, HEAT_ARGS)

#define STENCIL_ARGS(F) F(array, f64, grid) F(value, u32, width) F(value, u32, height) F(value, u32, steps) F(state, u32, step)
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
