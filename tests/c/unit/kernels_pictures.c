/* The kernels of tasks/ that make pictures. */
#include <math.h>

#include "kernels_test.h"
#include "reference/reference.h"

static void assert_owned(const uint8_t *owners, size_t count)
{
    for (size_t i = 0; i < count; i++) assert_int_equal(owners[i], STUB_WORKER + 1);
}

/* mandelbrot */

static call mandelbrot(uint32_t width, uint32_t height, double cx, double cy, double scale, uint32_t limit)
{
    call c = call_of(&filch_kernel_mandelbrot);
    set(&c, "width", width), set(&c, "height", height), set(&c, "limit", limit);
    set_f64(&c, "cx", cx), set_f64(&c, "cy", cy), set_f64(&c, "scale", scale);
    return c;
}

void mandelbrot_equals_reference(void **state)
{
    (void)state;
    static const struct { uint32_t width, height; double cx, cy, scale; uint32_t limit; } views[] = {
        {113, 80, -0.6, 0, 0.03, 300}, {64, 48, -0.743643887, 0.131825904, 3e-7, 3000},
        {40, 30, -1.7687788, -0.0017389, 1e-7, 2000},
        {50, 50, 0.25, 0, 1e-5, 2000}, {50, 50, -0.75, 0, 1e-4, 2000}, {33, 33, -1.25, 0, 1e-5, 500}, {31, 7, 0, 0, 400, 50},
        {1, 1, 0.3, 0.5, 1, 100}, {3, 1, -2, 0, 0.1, 0}, {5, 3, -1.4, 0.1, 0.1, 1}, {9, 9, -1, 0.3, 0.01, 7},
        {9, 9, -1, 0.3, 0.01, 8}, {9, 9, -1, 0.3, 0.01, 9}, {7, 2, 1e200, -1e300, 1e299, 20},
        {4, 4, INFINITY, 0, 1, 20}, {4, 4, 0, NAN, 1, 20},
        {16, 16, 65536, 0, 0.01, 4}, {16, 16, 0, 255.99, 0.01, 4},
    };
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        const uint32_t pixels = views[i].width * views[i].height;
        uint8_t *out = some(4 * pixels), *owners = some(views[i].height), *expected = some(4 * pixels);
        call c = mandelbrot(views[i].width, views[i].height, views[i].cx, views[i].cy, views[i].scale, views[i].limit);
        give(&c, "out", out, 4 * pixels);
        if (i % 2) give(&c, "owners", owners, views[i].height);
        run(&c, views[i].height);
        reference_mandelbrot(expected, views[i].width, views[i].height, views[i].cx, views[i].cy, views[i].scale, views[i].limit);
        assert_memory_equal(out, expected, 4 * pixels);
        if (i % 2) assert_owned(owners, views[i].height);
        free(out), free(owners), free(expected);
    }
}

void mandelbrot_refuses_bad_sizes(void **state)
{
    (void)state;
    uint8_t *out = some(4 * 6), *owners = some(2);
    call c = mandelbrot(3, 2, 0, 0, 1, 10);
    assert_int_equal(chunk(&c, 0, 1), 1);
    give(&c, "out", out, 23);
    assert_int_equal(chunk(&c, 0, 1), 1);
    give(&c, "out", out, 24), give(&c, "owners", owners, 1);
    assert_int_equal(chunk(&c, 0, 1), 2);
    give(&c, "owners", owners, 2);
    assert_int_equal(chunk(&c, 0, 2), FILCH_OK);
    assert_int_equal(chunk(&c, 1, 3), 3);
    assert_int_equal(chunk(&c, UINT64_MAX - 1, UINT64_MAX), 3);
    static const uint32_t sides[][2] = {{65536, 65536}, {UINT32_MAX, UINT32_MAX}, {1u << 31, 2}, {6, 715827883}};
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

static call resize(uint8_t *source, uint32_t source_width, uint32_t source_height, uint8_t *out, uint32_t width, uint32_t height,
                   float *middle)
{
    call c = call_of(&filch_kernel_resize);
    set(&c, "source_width", source_width), set(&c, "source_height", source_height);
    set(&c, "width", width), set(&c, "height", height);
    give(&c, "source", source, 4 * source_width * source_height);
    give(&c, "out", out, 4 * width * height);
    give(&c, "middle", middle, 4 * width * source_height);
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
        {70, 40, 33, 19}, {33, 19, 70, 65}, {64, 64, 64, 64}, {1, 1, 40, 3}, {40, 37, 1, 1}, {3, 200, 100, 2}, {100, 90, 99, 91},
        {256, 2, 1, 5}, {2, 768, 2, 3}, {65, 33, 31, 97},
    };
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
        const uint32_t *s = sizes[i / 2], from = 4 * s[0] * s[1], to = 4 * s[2] * s[3];
        uint8_t *source = some(from), *out = some(to), *expected = some(to), *owners = some(tiles(s[2], s[1]));
        float *middle = some(16 * s[2] * s[1]);
        for (uint32_t k = 3; i % 2 && k < from; k += 4) source[k] = k % 3 ? 255 : 0; /* else: any alpha */
        call c = resize(source, s[0], s[1], out, s[2], s[3], middle);
        give(&c, "owners", owners, tiles(s[2], s[1]));
        run(&c, tiles(s[2], s[1]));
        assert_owned(owners, tiles(s[2], s[1]));
        set(&c, "pass", 1), give(&c, "owners", NULL, 0);
        run(&c, tiles(s[2], s[3]));
        reference_resize(expected, s[2], s[3], source, s[0], s[1]);
        assert_memory_equal(out, expected, to);
        free(source), free(out), free(expected), free(owners), free(middle);
    }
}

void resize_keeps_what_it_should(void **state)
{
    (void)state;
    uint8_t source[4 * 8 * 8], out[4 * 20 * 5];
    float middle[4 * 20 * 8];
    for (int i = 0; i < 64; i++) memcpy(source + 4 * i, i % 8 < 4 ? "\x20\x80\xFF\xFF" : "\xFF\x00\x00\x00", 4);
    call c = resize(source, 8, 8, out, 20, 5, middle);
    run(&c, 1), set(&c, "pass", 1), run(&c, 1);
    for (int i = 0; i < 100; i++) { /* transparent red never shows, and a flat colour stays as it is */
        if (out[4 * i + 3]) assert_memory_equal(out + 4 * i, "\x20\x80\xFF", 3);
        if (i % 20 < 2) assert_int_equal(out[4 * i + 3], 255);
    }
    c = resize(source, 8, 8, out, 8, 8, middle); /* at its own size a picture keeps all but the colour of what is transparent */
    run(&c, 1), set(&c, "pass", 1), run(&c, 1);
    for (int i = 0; i < 64; i++) assert_memory_equal(out + 4 * i, i % 8 < 4 ? source + 4 * i : (const uint8_t *)"\0\0\0\0", 4);

    for (size_t i = 0; i < sizeof middle / sizeof middle[0]; i++) middle[i] = i % 3 ? NAN : i % 2 ? INFINITY : -1e38f;
    run(&c, 1); /* whatever stands in `middle`, pass 1 stays in bounds and defined */
}

void resize_refuses_bad_sizes(void **state)
{
    (void)state;
    uint8_t *source = some(4 * 6), *out = some(4 * 6), *owners = some(1);
    float *middle = some(16 * 6);
    call good = resize(source, 3, 2, out, 2, 3, middle), c;
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
    c = good, set(&c, "source_width", 65536), set(&c, "source_height", 65536), set(&c, "width", 65536), set(&c, "height", 65536);
    assert_int_equal(chunk(&c, 0, 1), 1);
    free(source), free(out), free(owners), free(middle);
}
