/* One time step of heat in a plate: see heat.c; stencil.c runs it step after step. */
#ifndef HEAT_H
#define HEAT_H

#include "filch.h"

/* grid: two plates of width * height; step: from plate step % 2 to the other. */
#define HEAT_ARGS(F) F(array, f64, grid) F(value, u32, width) F(value, u32, height) F(value, u32, step)

#endif
