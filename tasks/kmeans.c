/* The first half of a step of k-means in the plane (Lloyd, Least squares quantization in PCM, 1982): assigns each point to the
 * nearest of at most 16 centres, and sums up the points of each, and the squares of their distances. The caller divides, which
 * gives the next centres. points and centres: x and y in turn. labels, where given: a byte for each point, its centre. Of
 * centres that are as near, it is the first.
 *
 * Fails with 1 where an array ends before the range does, with 2 where there is no centre or more than 16. */
#include "filch.h"

#define CENTRES 16

#define KMEANS_ARGS(F) F(array, f32, points) F(array, f32, centres) F(option, u8, labels)
#define KMEANS_TOTAL(NUMBER, ARRAY) ARRAY(f64, sums, 2 * CENTRES) ARRAY(u32, counts, CENTRES) NUMBER(f64, distance)
FILCH_REDUCTION(kmeans, KMEANS_ARGS, KMEANS_TOTAL, { *total = (kmeans_total){0}; },
                {
                    for (int i = 0; i < 2 * CENTRES; i++) into->sums[i] += from->sums[i];
                    for (int i = 0; i < CENTRES; i++) into->counts[i] += from->counts[i];
                    into->distance += from->distance;
                })
{
    (void)task;
    uint32_t centres = args->centres.length / 2;
    if (end > args->points.length / 2 || (args->labels.at && end > args->labels.length)) return 1;
    if (!centres || centres > CENTRES) return 2;
    for (uint64_t i = begin; i < end; i++) {
        float x = args->points.at[2 * i], y = args->points.at[2 * i + 1], least = __builtin_inff();
        uint32_t nearest = 0;
        for (uint32_t c = 0; c < centres; c++) {
            float dx = x - args->centres.at[2 * c], dy = y - args->centres.at[2 * c + 1], square = dx * dx + dy * dy;
            if (square < least) {
                least = square;
                nearest = c;
            }
        }
        total->sums[2 * nearest] += x;
        total->sums[2 * nearest + 1] += y;
        total->counts[nearest]++;
        total->distance += least;
        if (args->labels.at) args->labels.at[i] = (uint8_t)nearest;
    }
    return FILCH_OK;
}
