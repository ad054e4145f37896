/* shade: fills data with sin(i) by way of libm, which the host lends. */
#include <math.h>
#include "filch.h"

#define SHADE_ARGS(F) F(array, f64, data)
FILCH_KERNEL(parallel, shade, SHADE_ARGS)
{
    (void)task;
    if (end > args->data.length) return 1;
    for (uint64_t i = begin; i < end; i++) args->data.at[i] = sin((double)i);
    return FILCH_OK;
}
