/* One time step of heat in a plate: the arguments that heat.c and stencil.c share. */
#ifndef HEAT_H
#define HEAT_H

#include "filch.h"

/* grid holds two plates of width * height points. A step computes plate (step + 1) % 2 from plate
 * step % 2. */
#define HEAT_ARGS(F) \
    F(array, f64, grid) F(value, u32, width) F(value, u32, height) F(value, u32, step)

#endif
