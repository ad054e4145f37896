/* The reductions of tasks/: with any chunks, any number of accumulators, combined in any order. */
#include <math.h>

#include "kernels_test.h"
#include "reference/reference.h"

/* Runs [begin, end) with PARTS accumulators at `totals`. The first one is the result. */
enum { PARTS = 5 };
static void reduce_range(call *c, void *totals, uint64_t begin, uint64_t end)
{
    const size_t bytes = c->kernel->total_bytes;
    memset(totals, 0xa5, PARTS * bytes); /* the identity must write all that counts */
    for (size_t p = 0; p < PARTS; p++) c->kernel->identity((char *)totals + p * bytes);
    while (begin < end) {
        const uint64_t most = 1 + (end - begin) / (1 + random_below(20)),
                       to = begin + 1 + random_below(most);
        c->total = (char *)totals + random_below(PARTS) * bytes;
        assert_int_equal(chunk(c, begin, to < end ? to : end), FILCH_OK);
        begin = to;
    }
    for (size_t p = PARTS; --p > 0;)
        c->kernel->combine((char *)totals + (p - 1) * bytes, (char *)totals + p * bytes);
}

/* pi */

void philox_equals_published_vectors(void **state)
{
    (void)state;
    /* philox4x32 10 of kat_vectors in D. E. Shaw Research's Random123: counter, key, result. */
    static const uint32_t vectors[][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d,
         0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
         0x94fdcceb, 0x5001e420, 0x24126ea1},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint32_t out[4];
        reference_philox(out, vectors[i], vectors[i] + 4);
        assert_memory_equal(out, vectors[i] + 6, sizeof out);
    }
}

static uint64_t points_inside(uint64_t seed, uint64_t begin, uint64_t end)
{
    uint64_t totals[PARTS];
    call c = call_of(&filch_kernel_pi);
    assert_int_equal(c.kernel->total_bytes, sizeof totals[0]);
    set(&c, "seed", seed);
    reduce_range(&c, totals, begin, end);
    return totals[0];
}

void pi_draws_each_point_from_its_number(void **state)
{
    (void)state;
    static const uint64_t starts[] = {0, 5, UINT32_MAX - 100, ((uint64_t)1 << 53) - 900};
    for (size_t s = 0; s < 12; s++) {
        const uint64_t begin = starts[s % 4], end = begin + 800;
        const uint64_t seed = s < 4 ? s : random_below(UINT64_MAX);
        uint64_t inside = 0;
        for (uint64_t i = begin; i < end; i++) {
            uint32_t out[4];
            const uint32_t counter[4] = {(uint32_t)i, (uint32_t)(i >> 32)};
            const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
            reference_philox(out, counter, key);
            const double x = floor(out[0] / 2.0) / 2147483648.0;
            const double y = floor(out[1] / 2.0) / 2147483648.0;
            const uint64_t one = x * x + y * y < 1;
            if (i < begin + 20) assert_int_equal(points_inside(seed, i, i + 1), one);
            inside += one;
        }
        assert_int_equal(points_inside(seed, begin, end), inside);
    }
}

void pi_is_near_pi(void **state)
{
    (void)state;
    enum { POINTS = 400000 };
    const double deviation = sqrt(acos(-1) / 4 * (1 - acos(-1) / 4) / POINTS);
    for (uint64_t seed = 0; seed < 4; seed++) {
        const double part = (double)points_inside(seed, 0, POINTS) / POINTS;
        assert_true(fabs(part - acos(-1) / 4) < 4 * deviation);
    }
}

/* dot */

void dot_adds_all_products(void **state)
{
    (void)state;
    for (int round = 0; round < 40; round++) {
        const uint32_t n = 1 + (uint32_t)random_below(2000), begin = (uint32_t)random_below(n);
        double *a = some(8 * n), *b = some(8 * (n + 3)), totals[PARTS];
        int64_t sum = 0;
        for (uint32_t i = 0; i < n; i++) { /* whole numbers: their sum is exact in any order */
            const int64_t x = (int64_t)random_below(2000) - 1000,
                          y = (int64_t)random_below(2000) - 1000;
            a[i] = (double)x, b[i] = (double)y;
            if (i >= begin) sum += x * y;
        }
        call c = call_of(&filch_kernel_dot);
        give(&c, "a", a, n), give(&c, "b", b, n + 3);
        reduce_range(&c, totals, begin, n);
        assert_true(totals[0] == (double)sum);
        free(a), free(b);
    }
}

/* histogram */

void histogram_counts_each_byte(void **state)
{
    (void)state;
    for (int round = 0; round < 40; round++) {
        const uint32_t n = (uint32_t)random_below(5000), begin = (uint32_t)random_below(1 + n);
        uint8_t *data = some(n);
        uint32_t totals[PARTS][256], expected[256] = {0};
        if (round % 4 == 0) memset(data, round, n);
        for (uint32_t i = begin; i < n; i++) expected[data[i]]++;
        call c = call_of(&filch_kernel_histogram);
        assert_int_equal(c.kernel->total_bytes, sizeof totals[0]);
        give(&c, "data", data, n);
        reduce_range(&c, totals, begin, n);
        assert_memory_equal(totals[0], expected, sizeof expected);
        free(data);
    }
}

/* kmeans */

typedef struct kmeans_sums {
    double sums[32];
    uint32_t counts[16];
    double distance;
} kmeans_sums;

static double squared(const float *p, const float *q)
{
    return ((double)p[0] - q[0]) * ((double)p[0] - q[0]) +
           ((double)p[1] - q[1]) * ((double)p[1] - q[1]);
}

void kmeans_assigns_and_sums(void **state)
{
    (void)state;
    for (int round = 0; round < 60; round++) {
        const uint32_t n = (uint32_t)random_below(1500), centre_count = 1 + (uint32_t)(round % 16);
        float *points = some(8 * n), *centres = some(8 * centre_count);
        uint8_t *labels = some(n), *none = some(n);
        /* Whole numbers: exact sums, and ties. */
        for (uint32_t i = 0; i < 2 * n; i++) points[i] = (float)((int)random_below(200) - 100);
        for (uint32_t i = 0; i < 2 * centre_count; i++) {
            centres[i] = (float)((int)random_below(200) - 100);
        }

        kmeans_sums totals[PARTS], expected = {0};
        call c = call_of(&filch_kernel_kmeans);
        assert_int_equal(c.kernel->total_bytes, sizeof totals[0]);
        give(&c, "points", points, 2 * n), give(&c, "centres", centres, 2 * centre_count);
        if (round % 3) give(&c, "labels", labels, n);
        reduce_range(&c, totals, 0, n);

        for (uint32_t i = 0; i < n; i++) {
            uint32_t nearest = 0;
            for (uint32_t k = 1; k < centre_count; k++) {
                const float *point = &points[2 * i];
                if (squared(point, &centres[2 * k]) < squared(point, &centres[2 * nearest]))
                    nearest = k;
            }
            expected.sums[2 * nearest] += points[2 * i];
            expected.sums[2 * nearest + 1] += points[2 * i + 1];
            expected.counts[nearest]++;
            expected.distance += squared(&points[2 * i], &centres[2 * nearest]);
            none[i] = (uint8_t)nearest;
        }
        assert_memory_equal(totals[0].counts, expected.counts, sizeof expected.counts);
        for (int k = 0; k < 32; k++) assert_true(totals[0].sums[k] == expected.sums[k]);
        assert_true(totals[0].distance == expected.distance);
        if (round % 3) assert_memory_equal(labels, none, n);
        free(points), free(centres), free(labels), free(none);
    }
}

void reductions_refuse_bad_sizes(void **state)
{
    (void)state;
    const uint64_t far = (uint64_t)1 << 63; /* twice that is 0 */
    double totals[256], *numbers = some(8 * 40);
    uint8_t *labels = some(10);
    call c = call_of(&filch_kernel_dot);
    c.total = totals;
    give(&c, "a", numbers, 10), give(&c, "b", numbers, 9);
    assert_int_equal(chunk(&c, 9, 10), 1);
    give(&c, "b", numbers, 11);
    assert_int_equal(chunk(&c, 10, 11), 1);
    assert_int_equal(chunk(&c, UINT64_MAX - 1, UINT64_MAX), 1);

    c = call_of(&filch_kernel_histogram), c.total = totals;
    assert_int_equal(chunk(&c, 0, 1), 1);
    give(&c, "data", labels, 10);
    assert_int_equal(chunk(&c, 9, 11), 1);

    c = call_of(&filch_kernel_kmeans), c.total = totals;
    give(&c, "points", (float *)numbers, 20);
    assert_int_equal(chunk(&c, 0, 1), 2);
    give(&c, "centres", (float *)numbers, 34);
    assert_int_equal(chunk(&c, 0, 1), 2);
    give(&c, "centres", (float *)numbers, 32);
    c.kernel->identity(totals);
    assert_int_equal(chunk(&c, 0, 10), FILCH_OK);
    assert_int_equal(chunk(&c, 9, 11), 1);
    assert_int_equal(chunk(&c, far - 1, far), 1);
    give(&c, "labels", labels, 9), assert_int_equal(chunk(&c, 9, 10), 1);
    free(numbers), free(labels);
}
