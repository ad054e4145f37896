/* The Mandelbrot picture: every point stepped one by one to the limit, with no shortcut. */
#include <math.h>

#include "reference.h"

static const int palette[][3] = {
    {18, 52, 118},  {56, 132, 196}, {186, 226, 236}, {252, 244, 214},
    {244, 176, 64}, {178, 66, 40},  {58, 14, 44},    {6, 8, 32},
};

static double almost_log2(double x)
{
    /* As for 2^1024, and for 2^1024 * 1.5: the quiet NaN. */
    if (!isfinite(x)) return 1024 + (isnan(x) ? 0.5 * 3.5 / 3 : 0);
    int exponent;
    const double mantissa = 2 * frexp(x, &exponent), m = mantissa - 1;
    return (exponent - 1) + m * (4 - m) / 3;
}

static void paint(uint8_t *out, double x, double y, uint64_t n)
{
    double v = (double)n - (almost_log2(almost_log2(x * x + y * y)) - 4);
    if (v < 0) v = 0;
    const double place = floor(3 * 256 * almost_log2(1 + v));
    const int between = (int)fmod(place, 256), first = (int)fmod(floor(place / 256), 8);
    const int eased = between * between * (768 - 2 * between) / 65536;
    const int *from = palette[first], *to = palette[(first + 1) % 8];
    for (int k = 0; k < 3; k++) {
        out[k] = (uint8_t)((from[k] * (256 - eased) + to[k] * eased + 128) / 256);
    }
}

void reference_mandelbrot(uint8_t *out, reference_view view)
{
    const uint32_t width = view.width, height = view.height, limit = view.limit;
    for (uint32_t row = 0; row < height; row++) {
        for (uint32_t column = 0; column < width; column++, out += 4) {
            const double a = view.cx + (column + 0.5 - width / 2.0) * view.scale;
            const double b = view.cy - (row + 0.5 - height / 2.0) * view.scale;
            double x = a, y = b;
            uint64_t n = 1;
            for (; n <= limit && x * x + y * y <= 65536; n++) {
                const double next_x = (x * x - y * y) + a, next_y = (x * y + x * y) + b;
                x = next_x;
                y = next_y;
            }
            out[0] = out[1] = out[2] = 0;
            out[3] = 255;
            if (n <= limit) paint(out, x, y, n);
        }
    }
}
