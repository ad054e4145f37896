/* histogram: how often each value of a byte occurs in the data.
 *
 * One iteration is one byte.
 *
 * Code: 1 the data is shorter than the loop. */
#include "filch.h"
#include "small.h"

#define HISTOGRAM_ARGS(F) F(array, u8, data)
#define HISTOGRAM_TOTAL(NUMBER, ARRAY) ARRAY(u32, bins, 256)
FILCH_REDUCTION(histogram, HISTOGRAM_ARGS, HISTOGRAM_TOTAL,
                { SMALL for (int i = 0; i < 256; i++) total->bins[i] = 0; },
                { SMALL for (int i = 0; i < 256; i++) into->bins[i] += from->bins[i]; })
{
    (void)task;
    if (end > args->data.length) return 1;
    for (uint64_t i = begin; i < end; i++) total->bins[args->data.at[i]]++;
    return FILCH_OK;
}
