/* scale: multiplies data[i] by factor, and counts. Code 1: data is shorter than the loop. With data of its own, and a table of
 * functions, so that both must be placed. */
#include "filch.h"

static const double powers[] = {1, 10, 100, 1000};
static float times(float a, float b) { return a * b; }
static float plus(float a, float b) { return a + b; }
static float (*const operations[])(float, float) = {times, plus};

#define SCALE_ARGS(F) F(array, f32, data) F(value, f32, factor) F(value, u32, operation) F(value, u32, power) F(state, u64, count)
FILCH_KERNEL(parallel, scale, SCALE_ARGS)
{
    (void)task;
    if (end > args->data.length) return 1;
    float (*operation)(float, float) = operations[args->operation & 1];
    for (uint64_t i = begin; i < end; i++) args->data.at[i] = operation(args->data.at[i], args->factor) * (float)powers[args->power & 3];
    __atomic_fetch_add(&args->count, end - begin, __ATOMIC_RELAXED);
    return FILCH_OK;
}
