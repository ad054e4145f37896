/* kmeans: the first half of a step of k-means in the plane.
 *
 * One iteration is one point. The kernel assigns the point to the nearest centre, the first one if
 * several are equally near. The total has the sum and the number of each centre's points, and the
 * sum of the squares of all distances. The caller divides each sum by its number, which gives the
 * next centres.
 *
 *   points    x and y of each point
 *   centres   x and y of each centre, 1 to 16 of them
 *   labels    a byte for each point: the number of its centre
 *
 * Codes: 1 points or labels is shorter than the loop; 2 there is no centre, or more than 16.
 *
 * Source: S. Lloyd, "Least squares quantization in PCM", 1982. */
#include "filch.h"
#include "small.h"

#define CENTRES 16

#define KMEANS_ARGS(F) F(array, f32, points) F(array, f32, centres) F(option, u8, labels)
#define KMEANS_TOTAL(NUMBER, ARRAY) \
    ARRAY(f64, sums, 2 * CENTRES) ARRAY(u32, counts, CENTRES) NUMBER(f64, distance)
FILCH_REDUCTION(kmeans, KMEANS_ARGS, KMEANS_TOTAL, { *total = (kmeans_total){0}; },
                {
                    SMALL for (int i = 0; i < 2 * CENTRES; i++) into->sums[i] += from->sums[i];
                    SMALL for (int i = 0; i < CENTRES; i++) into->counts[i] += from->counts[i];
                    into->distance += from->distance;
                })
{
    (void)task;
    uint32_t centres = args->centres.length / 2;
    if (end > args->points.length / 2 || (args->labels.at && end > args->labels.length)) return 1;
    if (!centres || centres > CENTRES) return 2;
    for (uint64_t i = begin; i < end; i++) {
        float x = args->points.at[2 * i], y = args->points.at[2 * i + 1];
        float least = __builtin_inff();
        uint32_t nearest = 0;
        for (uint32_t c = 0; c < centres; c++) {
            float dx = x - args->centres.at[2 * c], dy = y - args->centres.at[2 * c + 1];
            float square = dx * dx + dy * dy;
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
