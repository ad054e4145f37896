/* The kernels that benchmarks fork with: each comes to what a plain computation does, run by threads too. */
#include "kernels_test.h"

/* pair and pairs */

void pair_says_who_ran_it(void **state)
{
    (void)state;
    uint32_t words[3] = {7, 0, 0};
    call c = call_of(&filch_kernel_pair);
    give(&c, "words", words, 2), assert_int_equal(chunk(&c, 0, 1), 1);
    give(&c, "words", words, 3), assert_int_equal(chunk(&c, 2, 3), 1);
    run(&c, 2);
    assert_int_equal(words[0], 7);
    assert_int_equal(words[1] + words[2], 2 * STUB_WORKER);
    set(&c, "begun", 7), set(&c, "meet", 1000); /* nobody comes */
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
        set(&c, "loops", LOOPS), set(&c, "batch", BATCH), set(&c, "meet", ways[i][0]), set(&c, "rest", ways[i][1]);
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
    assert_int_equal(team_run(t, &c, 0, 1), FILCH_KERNEL_FAILED | 1 << 16); /* of which there are 2 */
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

void uts_counts_what_recursion_does(void **state)
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
