/* resize: scales a picture by Lanczos's filter, in two passes: first along the rows, then along the columns.
 *
 * One iteration is one tile of 32 * 32 pixels of what the pass makes, row by row from the upper left; those at the right and
 * lower edge may be smaller. So, with the same arguments but for `pass`, post
 *   pass 0: ceil(width / 32) * ceil(source_height / 32) iterations, and when they are done
 *   pass 1: ceil(width / 32) * ceil(height / 32)
 *
 *   source          source_width * source_height pixels of 4 bytes: red, green, blue, alpha, not premultiplied (as a canvas's)
 *   middle          4 * width * source_height numbers, which pass 0 writes and pass 1 reads
 *   out             width * height pixels, as the source's
 *   owners          one byte for each tile of the pass: 1 + the number of the worker that computed it
 *   source_width    pixels
 *   source_height   pixels
 *   width           pixels
 *   height          pixels
 *   pass            0 or 1
 *
 * Codes: 1 source is too short; 2 middle is too short; 3 out is too short; 4 owners is given and too short; 5 pass is neither 0
 * nor 1; 6 the loop has more iterations than the pass has tiles; 7 the source is empty, or has more than 1000 pixels to each of
 * the picture's in a row or a column.
 *
 * Colours are weighted by their alpha, so that what is transparent lends none to its neighbours; their numbers are taken as they
 * are (sRGB's, not light's). At the edges the weights of what is there are scaled to make 1. The filter is 3 pixels to each
 * side, of the coarser picture. C. Duchon, "Lanczos filtering in one and two dimensions", 1979; the placement of taps is
 * Pillow's (https://pillow.readthedocs.io). Weights are made in doubles and rounded to floats; sums are floats, in order. */
#include "../runtime/filch.h"

enum {
    SOURCE_TOO_SHORT = 1, MIDDLE_TOO_SHORT = 2, OUT_TOO_SHORT = 3, OWNERS_TOO_SHORT = 4, BAD_PASS = 5, PAST_THE_TILES = 6,
    BAD_SIZE = 7
};

enum { TILE = 32, RADIUS = 3, MOST_TO_ONE = 1000, TAPS = 2 * RADIUS * MOST_TO_ONE + 2 };

typedef float f32s __attribute__((vector_size(4 * sizeof(float)))); /* red, green, blue, each times alpha; alpha */
typedef uint8_t u8s __attribute__((vector_size(4)));

/* sin(pi * x) / (pi * x) for x from -1 to 1, by its Taylor series: at most 1e-14 off. */
static double sinc(double x)
{
    static const double RATIOS[] = { /* of each term to the one before, but for -(pi * x)^2 */
        1.0 / (2 * 3), 1.0 / (4 * 5), 1.0 / (6 * 7), 1.0 / (8 * 9), 1.0 / (10 * 11), 1.0 / (12 * 13), 1.0 / (14 * 15),
        1.0 / (16 * 17), 1.0 / (18 * 19), 1.0 / (20 * 21), 1.0 / (22 * 23), 1.0 / (24 * 25), 1.0 / (26 * 27),
    };
    const double pi = 3.14159265358979323846, square = pi * pi * x * x;
    double sum = 1;
    for (int i = sizeof RATIOS / sizeof RATIOS[0]; i-- > 0;) sum = 1 - square * RATIOS[i] * sum;
    return sum;
}

/* sinc(t) * sinc(t / 3) for t from -3 to 3, else 0. With u = t / 3 and s = sin(pi * u): sin(pi * t) = 3 s - 4 s^3. */
static double lanczos(double t)
{
    const double pi = 3.14159265358979323846, u = t / RADIUS;
    if (!(u > -1 && u < 1)) return 0;
    const double g = sinc(u), s = pi * u * g;
    return g * g * (1 - 4.0 / 3 * s * s);
}

/* What makes one pixel of a row (or column) of `to` pixels out of one of `from`: pixels first .. first + count - 1. */
typedef struct resize_taps {
    uint32_t first, count;
    float weight[TAPS];
} resize_taps;

static void tap(resize_taps *taps, uint32_t at, uint32_t from, uint32_t to)
{
    const double ratio = (double)from / to, stretch = ratio > 1 ? ratio : 1, center = (at + 0.5) * ratio;
    const double low = __builtin_floor(center - RADIUS * stretch + 0.5), high = __builtin_floor(center + RADIUS * stretch + 0.5);
    taps->first = low > 0 ? (uint32_t)low : 0;
    taps->count = (high < from ? (uint32_t)high : from) - taps->first;
    double sum = 0;
    for (uint32_t k = 0; k < taps->count; k++) sum += lanczos((taps->first + k + 0.5 - center) / stretch);
    for (uint32_t k = 0; k < taps->count; k++) {
        taps->weight[k] = (float)(lanczos((taps->first + k + 0.5 - center) / stretch) / sum);
    }
}
