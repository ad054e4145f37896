/* point: adds how far it is from the origin, squared, for each iteration.
 *
 *   point_x, point_y   where it is
 *   sum                of all iterations */
#include "../../runtime/filch.h"

#define POINT_ARGS(F) F(value, i32, point_x) F(value, i32, point_y) F(state, i64, sum)
FILCH_KERNEL(sequential, point, POINT_ARGS)
{
    (void)task;
    for (uint64_t i = begin; i < end; i++) args->sum += args->point_x * args->point_x + args->point_y * args->point_y;
    return FILCH_OK;
}
