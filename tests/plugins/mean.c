/* mean: sum and count of data. */
#include "filch.h"

#define MEAN_ARGS(F) F(array, f64, data)
#define MEAN_TOTAL(NUMBER, ARRAY) NUMBER(f64, sum) NUMBER(u64, count)
FILCH_REDUCTION(mean, MEAN_ARGS, MEAN_TOTAL, { total->sum = 0; total->count = 0; }, {
    into->sum += from->sum;
    into->count += from->count;
})
{
    (void)task;
    if (end > args->data.length) return 1;
    for (uint64_t i = begin; i < end; i++) total->sum += args->data.at[i];
    total->count += end - begin;
    return FILCH_OK;
}
