/* Calls what nobody has: refused. */
#include "filch.h"

double besselj(double order, double x);

#define IMPORTING_ARGS(F) F(state, f64, value)
FILCH_KERNEL(sequential, importing, IMPORTING_ARGS)
{
    (void)task;
    for (uint64_t i = begin; i < end; i++) args->value += besselj(1, (double)i);
    return FILCH_OK;
}
