/* Lanczos's filter by the textbook, with the C library's sine. A pass is one function for rows and
 * columns alike: the picture is turned over its diagonal before the second one. Weights and sums
 * are floats, as the kernel's are defined to be. */
#include <math.h>
#include <stdlib.h>

#include "reference.h"

static double lanczos3(double t)
{
    const double pi = acos(-1);
    if (t == 0) return 1;
    if (fabs(t) >= 3) return 0;
    return 3 * sin(pi * t) * sin(pi * t / 3) / (pi * pi * t * t);
}

/* Scales rows of `from` pixels (four floats each) to rows of `to`, and turns the result: to rows of
 * `rows`. */
static float *scale_and_turn(const float *in, uint32_t from, uint32_t to, uint32_t rows)
{
    float *out = calloc((size_t)to * rows * 4, sizeof *out),
          *weight = malloc(from * sizeof *weight);
    for (uint32_t x = 0; out && weight && x < to; x++) {
        const double ratio = (double)from / to, coarse = ratio < 1 ? 1 : ratio,
                     center = (x + 0.5) * ratio;
        double total = 0;
        for (uint32_t i = 0; i < from; i++) {
            weight[i] = (float)lanczos3((i + 0.5 - center) / coarse);
            total += weight[i];
        }
        for (uint32_t i = 0; i < from; i++) weight[i] = (float)(weight[i] / total);
        for (uint32_t y = 0; y < rows; y++) {
            for (uint32_t i = 0; i < from; i++) {
                if (weight[i] == 0) continue;
                float *to_pixel = out + ((size_t)x * rows + y) * 4;
                const float *from_pixel = in + ((size_t)y * from + i) * 4;
                for (int c = 0; c < 4; c++) to_pixel[c] += from_pixel[c] * weight[i];
            }
        }
    }
    free(weight);
    return out;
}

void reference_resize(reference_picture out, reference_picture in)
{
    const size_t in_pixels = (size_t)in.width * in.height, pixels = (size_t)out.width * out.height;
    float *premultiplied = malloc(in_pixels * 4 * sizeof *premultiplied);
    for (size_t i = 0; premultiplied && i < 4 * in_pixels; i++) {
        premultiplied[i] =
            i % 4 == 3 ? in.pixels[i] : (float)in.pixels[i] * in.pixels[i / 4 * 4 + 3];
    }
    float *middle = scale_and_turn(premultiplied, in.width, out.width, in.height);
    float *sums = scale_and_turn(middle, in.height, out.height, out.width);
    for (size_t i = 0; i < 4 * pixels; i++) {
        const float alpha = sums[i / 4 * 4 + 3];
        const float value = i % 4 == 3 ? alpha : alpha < 0.5f ? 0 : sums[i] / alpha;
        out.pixels[i] = (uint8_t)floorf(fminf(fmaxf(value, 0), 255) + 0.5f);
    }
    free(premultiplied);
    free(middle);
    free(sums);
}
