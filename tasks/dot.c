/* dot: the dot product of two arrays of doubles.
 *
 * One iteration is one element of both arrays.
 *
 * Code: 1 an array is shorter than the loop. */
#include "filch.h"

#define DOT_ARGS(F) F(array, f64, a) F(array, f64, b)
#define DOT_TOTAL(NUMBER, ARRAY) NUMBER(f64, sum)
FILCH_REDUCTION(dot, DOT_ARGS, DOT_TOTAL, { total->sum = 0; }, { into->sum += from->sum; })
{
    (void)task;
    if (end > args->a.length || end > args->b.length) return 1;
    double sum = total->sum;
    for (uint64_t i = begin; i < end; i++) sum += args->a.at[i] * args->b.at[i];
    total->sum = sum;
    return FILCH_OK;
}
