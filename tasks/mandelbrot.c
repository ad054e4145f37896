/* mandelbrot: paints a part of the Mandelbrot set.
 *
 * One iteration is one row, from the top: post [0, height]. A chunk has one row or more. A row near
 * the edge of the set takes longest: 10 ms for 2000 pixels with a limit of 5000.
 *
 *   out      width * height pixels of 4 bytes: red, green, blue, alpha 255
 *   owners   a byte for each row: 1 + the number of the worker that computed the row
 *   width    in pixels
 *   height   in pixels
 *   cx, cy   the point at the middle of the picture; the imaginary axis points up
 *   scale    units per pixel: 3.5 / width shows the whole set
 *   limit    steps, 0 to 2^32 - 1. A point that has not left the circle of radius 256 within so
 *            many steps counts as inside. A step takes 1 to 2 ns
 *
 * Codes: 1 out is too short; 2 owners is given, and too short; 3 the loop has more iterations than
 * the picture has rows.
 *
 * The picture, exactly (doubles, each operation rounded, in this order; columns and rows count from
 * 0):
 *   c = (cx + (column + 0.5 - width / 2) * scale, cy - (row + 0.5 - height / 2) * scale)
 *   z_1 = c, z_(k+1) = ((x * x - y * y) + real c, (x * y + x * y) + imaginary c)
 *   n = the first k from 1 to limit at which x * x + y * y <= 2^16 does not hold. None: black.
 *   v = n - (L(L(x * x + y * y)) - 4), or 0 if that is less: the step at which the point left the
 *   circle, made smooth. L is nearly log2, see octaves(). Since L is exact at powers of 2, and the
 *   radius is 2^8, v goes smoothly from one n to the next.
 *   The colour is at PACE * L(1 + v) in PALETTE, which repeats.
 *
 * Four pixels are computed together, as two SIMD vectors of two, which hides the latency of a step.
 * A lane rounds as a scalar does, so the bits do not depend on where chunks begin. Two tests find
 * early that a point is inside:
 *   - the point is in the main cardioid, or in the disc left of the cardioid
 *     (https://en.wikipedia.org/wiki/Plotting_algorithms_for_the_Mandelbrot_set);
 *   - z comes back, bit for bit, to an earlier value, and so never leaves: R. P. Brent's cycle
 *     detection, with a look every STEPS steps. */
#include "filch.h"

enum { OUT_TOO_SHORT = 1, OWNERS_TOO_SHORT = 2, PAST_THE_PICTURE = 3 };

enum { LANES = 4, STEPS = 8 };

typedef double f64s __attribute__((vector_size(LANES * sizeof(double))));
typedef int64_t i64s __attribute__((vector_size(LANES * sizeof(int64_t))));

enum { COLOURS = 8, PACE = 3 * 256 }; /* 256 from one colour to the next; 3 colours as v doubles */
static const uint8_t PALETTE[COLOURS][3] = {
    {18, 52, 118},  {56, 132, 196}, {186, 226, 236}, {252, 244, 214},
    {244, 176, 64}, {178, 66, 40},  {58, 14, 44},    {6, 8, 32},
};

/* L(x), for x >= 1: the exponent of x, plus m * (4 - m) / 3 for its mantissa 1 + m. L(x) is at most
 * 0.01 above log2(x). At powers of 2 it is exact, and smooth: the parabola's slope at m = 1 is half
 * of its slope at 0, as the logarithm's is. L of infinity or NaN is a number from 1024 to 1025. */
static double octaves(double x)
{
    uint64_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    const int32_t exponent = (int32_t)(bits >> 52 & 0x7FF) - 0x3FF;
    bits = (bits & 0xFFFFFFFFFFFFFu) | 0x3FF0000000000000u;
    __builtin_memcpy(&x, &bits, sizeof x);
    const double m = x - 1;
    return exponent + m * (4 - m) / 3;
}

/* The colour of a point that left the circle at step n, with |z|^2 = norm. */
static void paint(uint8_t pixel[4], double n, double norm)
{
    const double v = n - (octaves(octaves(norm)) - 4);
    const uint32_t position = (uint32_t)(PACE * octaves(1 + (v > 0 ? v : 0)));
    const uint8_t *from = PALETTE[position / 256 % COLOURS];
    const uint8_t *to = PALETTE[(position / 256 + 1) % COLOURS];
    const uint32_t f = position % 256;
    const uint32_t share = f * f * (768 - 2 * f) >> 16; /* of 256, eased: 3 f^2 - 2 f^3 */
    for (int k = 0; k < 3; k++) {
        pixel[k] = (uint8_t)((from[k] * (256 - share) + to[k] * share + 128) >> 8);
    }
}

static int any(i64s mask)
{
    int64_t bits = 0;
    for (int lane = 0; lane < LANES; lane++) bits |= mask[lane];
    return bits != 0;
}

static i64s in_cardioid_or_disc(f64s cx, f64s cy)
{
    const f64s y2 = cy * cy, u = cx - 0.25, q = u * u + y2, w = cx + 1;
    return (q * (q + u) < y2 * 0.25) | (w * w + y2 < 0.0625);
}

/* Steps each lane until the lane leaves the circle, and sets its *n and *norm. Returns the mask of
 * the lanes that do not leave. */
static i64s leave(f64s cx, f64s cy, uint32_t limit, i64s *n, f64s *norm)
{
    i64s inside = in_cardioid_or_disc(cx, cy), live = ~inside, stayed = {0};
    f64s x = cx, y = cy, r2 = {0}, seen_x = cx, seen_y = cy;
    for (uint64_t step = 0, look = STEPS; step < limit && any(live); step += STEPS) {
        for (int k = 0; k < STEPS; k++) {
            const f64s x2 = x * x, y2 = y * y, xy = x * y, now = x2 + y2;
            /* Keeps the value with which the lane left. */
            r2 = (f64s)(((i64s)now & live) | ((i64s)r2 & ~live));
            live &= now <= 65536.0;
            stayed -= live;
            x = x2 - y2 + cx;
            y = xy + xy + cy;
        }
        const i64s back = live & (x == seen_x) & (y == seen_y);
        inside |= back;
        live &= ~back;
        if (step == look) seen_x = x, seen_y = y, look *= 2;
    }
    *n = stayed + 1;
    *norm = r2;
    return inside | (stayed >= (int64_t)limit);
}

/* Points whose imaginary part is y: `width` of them, around cx, `scale` apart. */
typedef struct mandelbrot_row {
    double cx, y, scale;
    uint32_t width, limit;
} mandelbrot_row;

static void paint_row(uint8_t *pixel, mandelbrot_row row)
{
    const uint32_t width = row.width;
    const double left = 0.5 - width / 2.0;
    for (uint32_t column = 0; column < width; column += LANES) {
        const int lanes = width - column < LANES ? (int)(width - column) : LANES;
        f64s a = {0}, b = {0}; /* a lane without a pixel is at 0, inside */
        for (int lane = 0; lane < lanes; lane++) {
            a[lane] = row.cx + (column + (uint32_t)lane + left) * row.scale;
            b[lane] = row.y;
        }
        i64s n;
        f64s norm;
        const i64s inside = leave(a, b, row.limit, &n, &norm);
        for (int lane = 0; lane < lanes; lane++, pixel += 4) {
            pixel[0] = pixel[1] = pixel[2] = 0;
            pixel[3] = 255;
            if (!inside[lane]) paint(pixel, (double)n[lane], norm[lane]);
        }
    }
}

#define MANDELBROT_ARGS(F)                                                             \
    F(array, u8, out) F(option, u8, owners) F(value, u32, width) F(value, u32, height) \
    F(value, f64, cx) F(value, f64, cy) F(value, f64, scale) F(value, u32, limit)
FILCH_KERNEL(parallel, mandelbrot, MANDELBROT_ARGS)
{
    const filch_u8_array out = args->out, owners = args->owners;
    const uint32_t width = args->width, height = args->height;
    if (out.length / 4 < (uint64_t)width * height) return OUT_TOO_SHORT;
    if (owners.at && owners.length < height) return OWNERS_TOO_SHORT;
    if (end > height) return PAST_THE_PICTURE;

    for (uint64_t row = begin; row < end; row++) {
        paint_row(out.at + 4 * row * width,
                  (mandelbrot_row){
                      .cx = args->cx,
                      .y = args->cy - ((double)row + (0.5 - height / 2.0)) * args->scale,
                      .scale = args->scale,
                      .width = width,
                      .limit = args->limit,
                  });
        if (owners.at) owners.at[row] = (uint8_t)(1 + filch_worker_of(task));
    }
    return FILCH_OK;
}
