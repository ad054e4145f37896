/* resize: scales a picture by Lanczos's filter, in two passes: first along the rows, then along the
 * columns.
 *
 * One iteration is one tile of 32 * 32 pixels of the pass's result, row by row from the upper left.
 * A tile at the right or lower edge may be smaller. Post two loops, with the same arguments except
 * `pass`, the second when the first is done:
 *   pass 0  ceil(width / 32) * ceil(source_height / 32) iterations
 *   pass 1  ceil(width / 32) * ceil(height / 32) iterations
 *
 *   source          source_width * source_height pixels of 4 bytes: red, green, blue, alpha, not
 *                   premultiplied, as a canvas has them
 *   middle          4 * width * source_height numbers, which pass 0 writes and pass 1 reads
 *   out             width * height pixels, as the source's
 *   owners          a byte for each tile of the pass: 1 + the number of the worker that computed
 *                   the tile
 *   source_width    in pixels
 *   source_height   in pixels
 *   width           in pixels
 *   height          in pixels
 *   pass            0 or 1
 *
 * Codes: 1 source is too short; 2 middle is too short; 3 out is too short; 4 owners is given, and
 * too short; 5 pass is neither 0 nor 1; 6 the loop has more iterations than the pass has tiles; 7 a
 * size is 0, or the source is more than 256 times as wide or as high as the picture.
 *
 * Colours are weighted by their alpha, so a transparent pixel lends no colour to its neighbours.
 * Colours are sRGB values, not light, and are filtered as they are. At an edge the weights of the
 * pixels that exist are scaled to add up to 1. The filter has 3 pixels of the coarser picture on
 * each side. Weights are computed in doubles and rounded to floats; sums are floats, in order.
 *
 * Sources: C. Duchon, "Lanczos filtering in one and two dimensions", 1979; for the placement of the
 * taps, Pillow (https://pillow.readthedocs.io). */
#include "filch.h"

enum {
    SOURCE_TOO_SHORT = 1,
    MIDDLE_TOO_SHORT = 2,
    OUT_TOO_SHORT = 3,
    OWNERS_TOO_SHORT = 4,
    BAD_PASS = 5,
    PAST_THE_TILES = 6,
    BAD_SIZE = 7,
};

enum { TILE = 32, RADIUS = 3, MOST_TO_ONE = 256, TAPS = 2 * RADIUS * MOST_TO_ONE + 2 };

/* Red, green, and blue, each times alpha; alpha. */
typedef float f32s __attribute__((vector_size(4 * sizeof(float))));
typedef int32_t i32s __attribute__((vector_size(4 * sizeof(int32_t))));
typedef uint8_t u8s __attribute__((vector_size(4)));

/* sin(pi * x) / (pi * x) for x from -1 to 1, by its Taylor series: at most 1e-14 off. */
static double sinc(double x)
{
    /* Each term divided by the one before and by -(pi * x)^2. */
    static const double RATIOS[] = {
        1.0 / (2 * 3),   1.0 / (4 * 5),   1.0 / (6 * 7),   1.0 / (8 * 9),   1.0 / (10 * 11),
        1.0 / (12 * 13), 1.0 / (14 * 15), 1.0 / (16 * 17), 1.0 / (18 * 19), 1.0 / (20 * 21),
        1.0 / (22 * 23), 1.0 / (24 * 25), 1.0 / (26 * 27),
    };
    const double pi = 3.14159265358979323846, square = pi * pi * x * x;
    double sum = 1;
    for (int i = sizeof RATIOS / sizeof RATIOS[0]; i-- > 0;) sum = 1 - square * RATIOS[i] * sum;
    return sum;
}

/* sinc(t) * sinc(t / 3) for t from -3 to 3, else 0. With u = t / 3 and s = sin(pi * u),
 * sin(pi * t) = 3 s - 4 s^3. */
static double lanczos(double t)
{
    const double pi = 3.14159265358979323846, u = t / RADIUS;
    if (!(u > -1 && u < 1)) return 0;
    const double g = sinc(u), s = pi * u * g;
    return g * g * (1 - 4.0 / 3 * s * s);
}

/* The length of a row, or of a column: from so many pixels to so many. */
typedef struct resize_axis {
    uint32_t from, to;
} resize_axis;

/* One pixel of the result is a weighted sum of the pixels first .. first + count - 1. */
typedef struct resize_taps {
    uint32_t first, count;
    float weight[TAPS];
} resize_taps;

static void tap(resize_taps *taps, uint32_t at, resize_axis axis)
{
    const double ratio = (double)axis.from / axis.to, stretch = ratio > 1 ? ratio : 1;
    const double center = (at + 0.5) * ratio;
    const double low = center - RADIUS * stretch + 0.5, high = center + RADIUS * stretch + 0.5;
    taps->first = low > 0 ? (uint32_t)low : 0;
    taps->count = (high < axis.from ? (uint32_t)high : axis.from) - taps->first;
    double sum = 0;
    for (uint32_t k = 0; k < taps->count; k++) {
        taps->weight[k] = (float)lanczos((taps->first + k + 0.5 - center) / stretch);
        sum += taps->weight[k];
    }
    for (uint32_t k = 0; k < taps->count; k++) taps->weight[k] = (float)(taps->weight[k] / sum);
}

static f32s weighted(const uint8_t *pixel)
{
    u8s bytes;
    __builtin_memcpy(&bytes, pixel, sizeof bytes);
    const f32s p = __builtin_convertvector(bytes, f32s);
    return p * (f32s){p[3], p[3], p[3], 1};
}

/* Stores the pixel for `sum`, rounded and clamped. NaN, from a corrupt `middle`, becomes 0. */
static void store(uint8_t *pixel, f32s sum)
{
    const f32s alpha = {sum[3], sum[3], sum[3], 1}, full = {255, 255, 255, 255};
    const i32s visible = (i32s){0} - (sum[3] >= 0.5f);
    f32s p = sum / alpha;
    p = (f32s)((i32s)p & (p > 0) & visible);
    p = (f32s)(((i32s)p & (p < full)) | ((i32s)full & (p >= full)));
    const u8s bytes = __builtin_convertvector(__builtin_convertvector(p + 0.5f, i32s), u8s);
    __builtin_memcpy(pixel, &bytes, sizeof bytes);
}

typedef struct resize_tile {
    uint32_t left, right, top, bottom;
} resize_tile;

static void along_rows(float *middle, const uint8_t *source, resize_axis row, resize_tile tile)
{
    resize_taps taps;
    for (uint32_t x = tile.left; x < tile.right; x++) {
        tap(&taps, x, row);
        for (uint32_t y = tile.top; y < tile.bottom; y++) {
            const uint8_t *from = source + 4 * ((size_t)y * row.from + taps.first);
            f32s sum = {0};
            for (uint32_t k = 0; k < taps.count; k++) {
                sum += weighted(from + 4 * (size_t)k) * taps.weight[k];
            }
            __builtin_memcpy(middle + 4 * ((size_t)y * row.to + x), &sum, sizeof sum);
        }
    }
}

static void along_columns(uint8_t *out, const float *middle, uint32_t width, resize_axis column,
                          resize_tile tile)
{
    resize_taps taps;
    for (uint32_t y = tile.top; y < tile.bottom; y++) {
        tap(&taps, y, column);
        for (uint32_t x = tile.left; x < tile.right; x++) {
            f32s sum = {0}, p;
            for (uint32_t k = 0; k < taps.count; k++) {
                __builtin_memcpy(&p, middle + 4 * ((size_t)(taps.first + k) * width + x), sizeof p);
                sum += p * taps.weight[k];
            }
            store(out + 4 * ((size_t)y * width + x), sum);
        }
    }
}

static bool is_too_short(uint32_t length, uint32_t width, uint32_t height)
{
    return length / 4 < (uint64_t)width * height;
}

static uint32_t least(uint64_t a, uint32_t b) { return a < b ? (uint32_t)a : b; }

#define RESIZE_ARGS(F)                                                                 \
    F(array, u8, source) F(array, f32, middle) F(array, u8, out) F(option, u8, owners) \
    F(value, u32, source_width) F(value, u32, source_height) F(value, u32, width)      \
    F(value, u32, height) F(value, u32, pass)
FILCH_KERNEL(parallel, resize, RESIZE_ARGS)
{
    const filch_u8_array source = args->source, out = args->out, owners = args->owners;
    const filch_f32_array middle = args->middle;
    const uint32_t source_width = args->source_width, source_height = args->source_height;
    const uint32_t width = args->width, height = args->height, pass = args->pass;
    if (pass > 1) return BAD_PASS;
    if (source_width == 0 || source_width > (uint64_t)MOST_TO_ONE * width) return BAD_SIZE;
    if (source_height == 0 || source_height > (uint64_t)MOST_TO_ONE * height) return BAD_SIZE;
    if (is_too_short(source.length, source_width, source_height)) return SOURCE_TOO_SHORT;
    if (is_too_short(middle.length, width, source_height)) return MIDDLE_TOO_SHORT;
    if (is_too_short(out.length, width, height)) return OUT_TOO_SHORT;

    const uint32_t rows = pass ? height : source_height;
    const uint32_t across = (width - 1) / TILE + 1, down = (rows - 1) / TILE + 1;
    const uint64_t tiles = (uint64_t)across * down;
    if (owners.at && owners.length < tiles) return OWNERS_TOO_SHORT;
    if (end > tiles) return PAST_THE_TILES;

    for (uint64_t i = begin; i < end; i++) {
        const uint32_t left = (uint32_t)(i % across) * TILE, top = (uint32_t)(i / across) * TILE;
        const resize_axis row = {.from = source_width, .to = width};
        const resize_axis column = {.from = source_height, .to = height};
        const resize_tile tile = {
            .left = left,
            .right = least((uint64_t)left + TILE, width),
            .top = top,
            .bottom = least((uint64_t)top + TILE, rows),
        };
        if (pass == 0) along_rows(middle.at, source.at, row, tile);
        else along_columns(out.at, middle.at, width, column, tile);
        if (owners.at) owners.at[i] = (uint8_t)(1 + filch_worker_of(task));
    }
    return FILCH_OK;
}
