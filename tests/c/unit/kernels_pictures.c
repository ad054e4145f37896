/* The kernels of tasks/ that make pictures. */
#include <math.h>

#include "kernels_test.h"
#include "reference/reference.h"

static void assert_owned(const uint8_t *owners, size_t count)
{
    for (size_t i = 0; i < count; i++) assert_int_equal(owners[i], STUB_WORKER + 1);
}

/* mandelbrot */

static call mandelbrot(reference_view view)
{
    call c = call_of(&filch_kernel_mandelbrot);
    set(&c, "width", view.width), set(&c, "height", view.height), set(&c, "limit", view.limit);
    set_f64(&c, "cx", view.cx), set_f64(&c, "cy", view.cy), set_f64(&c, "scale", view.scale);
    return c;
}

void mandelbrot_equals_reference(void **state)
{
    (void)state;
    static const reference_view views[] = {
        {.width = 113, .height = 80, .cx = -0.6, .cy = 0, .scale = 0.03, .limit = 300},
        {.width = 64,
         .height = 48,
         .cx = -0.743643887,
         .cy = 0.131825904,
         .scale = 3e-7,
         .limit = 3000},
        {.width = 40,
         .height = 30,
         .cx = -1.7687788,
         .cy = -0.0017389,
         .scale = 1e-7,
         .limit = 2000},
        {.width = 50, .height = 50, .cx = 0.25, .cy = 0, .scale = 1e-5, .limit = 2000},
        {.width = 50, .height = 50, .cx = -0.75, .cy = 0, .scale = 1e-4, .limit = 2000},
        {.width = 33, .height = 33, .cx = -1.25, .cy = 0, .scale = 1e-5, .limit = 500},
        {.width = 31, .height = 7, .cx = 0, .cy = 0, .scale = 400, .limit = 50},
        {.width = 1, .height = 1, .cx = 0.3, .cy = 0.5, .scale = 1, .limit = 100},
        {.width = 3, .height = 1, .cx = -2, .cy = 0, .scale = 0.1, .limit = 0},
        {.width = 5, .height = 3, .cx = -1.4, .cy = 0.1, .scale = 0.1, .limit = 1},
        {.width = 9, .height = 9, .cx = -1, .cy = 0.3, .scale = 0.01, .limit = 7},
        {.width = 9, .height = 9, .cx = -1, .cy = 0.3, .scale = 0.01, .limit = 8},
        {.width = 9, .height = 9, .cx = -1, .cy = 0.3, .scale = 0.01, .limit = 9},
        {.width = 7, .height = 2, .cx = 1e200, .cy = -1e300, .scale = 1e299, .limit = 20},
        {.width = 4, .height = 4, .cx = INFINITY, .cy = 0, .scale = 1, .limit = 20},
        {.width = 4, .height = 4, .cx = 0, .cy = NAN, .scale = 1, .limit = 20},
        {.width = 16, .height = 16, .cx = 65536, .cy = 0, .scale = 0.01, .limit = 4},
        {.width = 16, .height = 16, .cx = 0, .cy = 255.99, .scale = 0.01, .limit = 4},
    };
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        const uint32_t pixels = views[i].width * views[i].height;
        uint8_t *out = some(4 * pixels), *owners = some(views[i].height),
                *expected = some(4 * pixels);
        call c = mandelbrot(views[i]);
        give(&c, "out", out, 4 * pixels);
        if (i % 2) give(&c, "owners", owners, views[i].height);
        run(&c, views[i].height);
        reference_mandelbrot(expected, views[i]);
        assert_memory_equal(out, expected, 4 * pixels);
        if (i % 2) assert_owned(owners, views[i].height);
        free(out), free(owners), free(expected);
    }
}

void mandelbrot_refuses_bad_sizes(void **state)
{
    (void)state;
    uint8_t *out = some(4 * 6), *owners = some(2);
    call c = mandelbrot((reference_view){.width = 3, .height = 2, .scale = 1, .limit = 10});
    assert_int_equal(chunk(&c, 0, 1), 1);
    give(&c, "out", out, 23);
    assert_int_equal(chunk(&c, 0, 1), 1);
    give(&c, "out", out, 24), give(&c, "owners", owners, 1);
    assert_int_equal(chunk(&c, 0, 1), 2);
    give(&c, "owners", owners, 2);
    assert_int_equal(chunk(&c, 0, 2), FILCH_OK);
    assert_int_equal(chunk(&c, 1, 3), 3);
    assert_int_equal(chunk(&c, UINT64_MAX - 1, UINT64_MAX), 3);
    static const uint32_t sides[][2] = {
        {65536, 65536}, {UINT32_MAX, UINT32_MAX}, {1u << 31, 2}, {6, 715827883}};
    for (size_t i = 0; i < 4; i++) { /* width * height * 4 is 0 or small, modulo 2^32 */
        set(&c, "width", sides[i][0]), set(&c, "height", sides[i][1]);
        assert_int_equal(chunk(&c, 0, 1), 1);
    }
    set(&c, "width", UINT32_MAX), set(&c, "height", 0);
    assert_int_equal(chunk(&c, 0, 1), 3);
    set(&c, "width", 0), set(&c, "height", 2);
    assert_int_equal(chunk(&c, 0, 2), FILCH_OK);
    free(out), free(owners);
}

/* resize */

static reference_picture picture(uint32_t width, uint32_t height, uint8_t *pixels)
{
    return (reference_picture){.width = width, .height = height, .pixels = pixels};
}

static call resize(reference_picture source, reference_picture out, float *middle)
{
    call c = call_of(&filch_kernel_resize);
    set(&c, "source_width", source.width), set(&c, "source_height", source.height);
    set(&c, "width", out.width), set(&c, "height", out.height);
    give(&c, "source", source.pixels, 4 * source.width * source.height);
    give(&c, "out", out.pixels, 4 * out.width * out.height);
    give(&c, "middle", middle, 4 * out.width * source.height);
    return c;
}

static uint32_t tiles(uint32_t width, uint32_t height)
{
    return (width + 31) / 32 * ((height + 31) / 32);
}

void resize_equals_reference(void **state)
{
    (void)state;
    static const uint32_t sizes[][4] = {
        {70, 40, 33, 19}, {33, 19, 70, 65},  {64, 64, 64, 64}, {1, 1, 40, 3},  {40, 37, 1, 1},
        {3, 200, 100, 2}, {100, 90, 99, 91}, {256, 2, 1, 5},   {2, 768, 2, 3}, {65, 33, 31, 97},
    };
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
        const uint32_t *s = sizes[i / 2], from = 4 * s[0] * s[1], to = 4 * s[2] * s[3];
        uint8_t *source = some(from), *out = some(to), *expected = some(to);
        uint8_t *owners = some(tiles(s[2], s[1]));
        float *middle = some(16 * s[2] * s[1]);
        /* Every second time the alphas stay at random. */
        for (uint32_t k = 3; i % 2 && k < from; k += 4) source[k] = k % 3 ? 255 : 0;
        const reference_picture in = picture(s[0], s[1], source);
        call c = resize(in, picture(s[2], s[3], out), middle);
        give(&c, "owners", owners, tiles(s[2], s[1]));
        run(&c, tiles(s[2], s[1]));
        assert_owned(owners, tiles(s[2], s[1]));
        set(&c, "pass", 1), give(&c, "owners", NULL, 0);
        run(&c, tiles(s[2], s[3]));
        reference_resize(picture(s[2], s[3], expected), in);
        assert_memory_equal(out, expected, to);
        free(source), free(out), free(expected), free(owners), free(middle);
    }
}

void resize_keeps_flat_colours(void **state)
{
    (void)state;
    uint8_t source[4 * 8 * 8], out[4 * 20 * 5];
    float middle[4 * 20 * 8];
    for (int i = 0; i < 64; i++) {
        memcpy(source + 4 * i, i % 8 < 4 ? "\x20\x80\xFF\xFF" : "\xFF\x00\x00\x00", 4);
    }
    call c = resize(picture(8, 8, source), picture(20, 5, out), middle);
    run(&c, 1), set(&c, "pass", 1), run(&c, 1);
    for (int i = 0; i < 100;
         i++) { /* transparent red never shows, and a flat colour does not change */
        if (out[4 * i + 3]) assert_memory_equal(out + 4 * i, "\x20\x80\xFF", 3);
        if (i % 20 < 2) assert_int_equal(out[4 * i + 3], 255);
    }
    /* At its own size a picture keeps all but the colour of transparent pixels. */
    c = resize(picture(8, 8, source), picture(8, 8, out), middle);
    run(&c, 1), set(&c, "pass", 1), run(&c, 1);
    for (int i = 0; i < 64; i++) {
        const void *expected = i % 8 < 4 ? (const void *)(source + 4 * i) : "\0\0\0\0";
        assert_memory_equal(out + 4 * i, expected, 4);
    }

    for (size_t i = 0; i < sizeof middle / sizeof middle[0]; i++)
        middle[i] = i % 3 ? NAN : i % 2 ? INFINITY : -1e38f;
    run(&c, 1); /* with any numbers in `middle` pass 1 stays in bounds and defined */
}

void resize_refuses_bad_sizes(void **state)
{
    (void)state;
    uint8_t *source = some(4 * 6), *out = some(4 * 6), *owners = some(1);
    float *middle = some(16 * 6);
    call good = resize(picture(3, 2, source), picture(2, 3, out), middle), c;
    give(&good, "owners", owners, 1);
    assert_int_equal(chunk(&good, 0, 1), FILCH_OK);
    c = good, give(&c, "source", source, 23), assert_int_equal(chunk(&c, 0, 1), 1);
    c = good, give(&c, "middle", middle, 15), assert_int_equal(chunk(&c, 0, 1), 2);
    c = good, give(&c, "out", out, 23), assert_int_equal(chunk(&c, 0, 1), 3);
    c = good, give(&c, "owners", owners, 0), assert_int_equal(chunk(&c, 0, 1), 4);
    c = good, set(&c, "pass", 2), assert_int_equal(chunk(&c, 0, 1), 5);
    c = good, assert_int_equal(chunk(&c, 0, 2), 6);
    for (int i = 0; i < 4; i++) {
        static const char *const sides[] = {"source_width", "source_height", "width", "height"};
        c = good, set(&c, sides[i], 0), assert_int_equal(chunk(&c, 0, 1), 7);
        c = good, set(&c, sides[i], UINT32_MAX), assert_int_not_equal(chunk(&c, 0, 1), FILCH_OK);
    }
    c = good, set(&c, "source_width", 513), assert_int_equal(chunk(&c, 0, 1), 7);
    c = good, set(&c, "source_width", 65536), set(&c, "source_height", 65536);
    set(&c, "width", 65536), set(&c, "height", 65536);
    assert_int_equal(chunk(&c, 0, 1), 1);
    free(source), free(out), free(owners), free(middle);
}
