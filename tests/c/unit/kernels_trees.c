/* The kernels that benchmarks fork with: each has the result of a plain computation, run by threads
 * too. */
#include "kernels_test.h"

/* pair and pairs */

void pair_names_its_workers(void **state)
{
    (void)state;
    uint32_t words[3] = {7, 0, 0};
    call c = call_of(&filch_kernel_pair);
    give(&c, "words", words, 2), assert_int_equal(chunk(&c, 0, 1), 1);
    give(&c, "words", words, 3), assert_int_equal(chunk(&c, 2, 3), 1);
    run(&c, 2);
    assert_int_equal(words[0], 7);
    assert_int_equal(words[1] + words[2], 2 * STUB_WORKER);
    set(&c, "begun", 7), set(&c, "meet", 1000); /* no other worker comes */
    run(&c, 2);
    assert_int_equal(words[0], 9);
}

static void check_pairs(team *t)
{
    enum { LOOPS = 25, BATCH = 3 };
    static const uint32_t ways[][2] = {{0, 0}, {500, 0}, {500, 1000}}; /* meet, rest */
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        uint32_t words[3] = {0};
        double times[LOOPS / BATCH] = {0};
        call c = call_of(&filch_kernel_pairs);
        give(&c, "words", words, 3), give(&c, "times", times, LOOPS / BATCH);
        set(&c, "loops", LOOPS), set(&c, "batch", BATCH);
        set(&c, "meet", ways[i][0]), set(&c, "rest", ways[i][1]);
        must_run(t, &c);
        assert_int_equal(get(&c, "loop"), LOOPS);
        assert_true(get(&c, "both") <= LOOPS);
        assert_int_equal(words[0], ways[i][0] ? 2 * LOOPS : 0);
        for (int b = 0; b < LOOPS / BATCH; b++) assert_true(times[b] > 0);
    }
}

void pairs_times_each_batch(void **state)
{
    (void)state;
    with_teams(check_pairs);
    team *t = team_start(2, 16, 0);
    uint32_t words[3] = {0};
    double times[1];
    call c = call_of(&filch_kernel_pairs);
    give(&c, "words", words, 3), give(&c, "times", times, 1), set(&c, "loops", 4);
    assert_int_equal(team_run(t, &c, 0, 1), FILCH_KERNEL_FAILED | 1 << 16); /* no batch */
    set(&c, "batch", 2);
    /* For 2 batches. */
    assert_int_equal(team_run(t, &c, 0, 1), FILCH_KERNEL_FAILED | 1 << 16);
    set(&c, "loops", 100), set(&c, "batch", 100), set(&c, "meet", 100000000);
    must_run(t, &c);
    assert_int_equal(get(&c, "both"), 100);
    team_end(t);
}

/* skynet */

static call skynet(uint32_t leaves)
{
    call c = call_of(&filch_kernel_skynet);
    set(&c, "leaves", leaves);
    return c;
}

static void check_skynet(team *t)
{
    for (uint64_t leaves = 1; leaves <= 100000; leaves *= 10) {
        call c = skynet((uint32_t)leaves);
        must_run(t, &c);
        assert_int_equal(get(&c, "sum"), leaves * (leaves - 1) / 2);
    }
}

void skynet_adds_all_leaves(void **state)
{
    (void)state;
    call c = skynet(1000000);
    run_alone(&c);
    assert_int_equal(get(&c, "sum"), 499999500000);
    with_teams(check_skynet);
}

/* uts */

static call uts(const filch_kernel *kernel, uint64_t seed, uint32_t deepest)
{
    call c = call_of(kernel);
    set(&c, "seed", seed), set(&c, "deepest", deepest);
    return c;
}

static uint64_t uts_serially(uint64_t seed, uint32_t deepest)
{
    call c = uts(&filch_kernel_utsserial, seed, deepest);
    assert_int_equal(chunk(&c, 0, 1), FILCH_OK);
    return get(&c, "nodes");
}

static void check_uts(team *t)
{
    for (uint64_t seed = 0; seed < 24; seed++) {
        for (uint32_t deepest = 0; deepest <= 6; deepest += 3) {
            call c = uts(&filch_kernel_uts, seed, deepest);
            must_run(t, &c);
            assert_int_equal(get(&c, "nodes"), uts_serially(seed, deepest));
        }
    }
}

void uts_counts_as_recursion_does(void **state)
{
    (void)state;
    call c = uts(&filch_kernel_uts, 20, 10);
    run_alone(&c);
    assert_int_equal(get(&c, "nodes"), 2528889);
    assert_int_equal(uts_serially(20, 10), 2528889);
    with_teams(check_uts);
}

void uts_draws_four_children_on_average(void **state)
{
    (void)state;
    enum { TREES = 200000 };
    uint64_t children = 0, none = 0;
    for (uint64_t seed = 0; seed < TREES; seed++) {
        const uint64_t nodes = uts_serially(seed, 1);
        children += nodes - 1, none += nodes == 1;
    }
    assert_in_range(children, 3.96 * TREES, 4.04 * TREES);
    assert_in_range(none, 0.196 * TREES, 0.204 * TREES);
}

/* matmul: of whole numbers so small that their sums are exact in any order */

static float *some_numbers(uint32_t count)
{
    float *numbers = malloc(count * sizeof *numbers);
    for (uint32_t i = 0; i < count; i++) numbers[i] = (float)random_below(64) - 32;
    return numbers;
}

static void check_matmul_of(team *t, uint32_t n)
{
    float *a = some_numbers(n * n), *b = some_numbers(n * n), *c = some_numbers(n * n);
    float *expected = malloc(n * n * sizeof *c);
    for (uint32_t i = 0; i < n * n; i++) {
        expected[i] = c[i];
        for (uint32_t k = 0; k < n; k++) expected[i] += a[i / n * n + k] * b[k * n + i % n];
    }
    float *rows = some(n * n * sizeof *rows);
    memcpy(rows, c, n * n * sizeof *rows);
    call by_quarters = call_of(&filch_kernel_matmul), by_rows = call_of(&filch_kernel_matmulrows);
    give(&by_quarters, "a", a, n * n), give(&by_quarters, "b", b, n * n);
    give(&by_quarters, "c", c, n * n);
    give(&by_rows, "a", a, n * n), give(&by_rows, "b", b, n * n), give(&by_rows, "c", rows, n * n);
    set(&by_quarters, "n", n), set(&by_rows, "n", n);
    must_run(t, &by_quarters);
    run(&by_rows, n);
    assert_memory_equal(c, expected, n * n * sizeof *c);
    assert_memory_equal(rows, expected, n * n * sizeof *c);
    free(a), free(b), free(c), free(expected), free(rows);
}

static void check_matmul(team *t)
{
    static const uint32_t sizes[] = {1, 5, 63, 64, 128, 256};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) check_matmul_of(t, sizes[i]);
}

void matmul_equals_a_triple_loop(void **state) { (void)state, with_teams(check_matmul); }

void matmul_refuses_bad_sizes(void **state)
{
    (void)state;
    team *t = team_start(1, 16, 0);
    float *numbers = some_numbers(100 * 100);
    static const char *const names[] = {"a", "b", "c"};
    for (int shorter = 0; shorter < 3; shorter++) {
        call c = call_of(&filch_kernel_matmul), rows = call_of(&filch_kernel_matmulrows);
        for (int i = 0; i < 3; i++) {
            const uint32_t length = 100 - (i == shorter);
            give(&c, names[i], numbers, length), give(&rows, names[i], numbers, length);
        }
        set(&c, "n", 10), set(&rows, "n", 10);
        assert_int_equal(team_run(t, &c, 0, 1), FILCH_KERNEL_FAILED | 1 << 16);
        assert_int_equal(chunk(&rows, 0, 1), 1);
        set(&c, "n", 65536);
        assert_int_equal(team_run(t, &c, 0, 1), FILCH_KERNEL_FAILED | 1 << 16);
    }
    call c = call_of(&filch_kernel_matmul), rows = call_of(&filch_kernel_matmulrows);
    for (int i = 0; i < 3; i++) {
        give(&c, names[i], numbers, 100 * 100), give(&rows, names[i], numbers, 100 * 100);
    }
    set(&c, "n", 100), set(&rows, "n", 100);
    assert_int_equal(team_run(t, &c, 0, 1), FILCH_KERNEL_FAILED | 2 << 16);
    assert_int_equal(chunk(&rows, 99, 101), 1);
    team_end(t);
    free(numbers);
}
