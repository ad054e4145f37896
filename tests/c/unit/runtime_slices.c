/* The cooperative mode: budgets, time slices, order; and how the chunk length tunes itself. */
#include "runtime_test.h"

static void a_slice_keeps_to_its_budget(void **state)
{
    (void)state;
    start(1, 4);
    setup s = plain(0, 100);
    s.args.cost = 1000;
    uint64_t handle = must_post(s), before = test_clock;
    assert_true(worker_slice_has_more(rt, 0, 10000));
    /* The budget and at most one chunk. */
    assert_true(test_clock - before >= 10000 && test_clock - before <= 11000);
    assert_true(worker_slice_has_more(rt, 0, 0)); /* no budget: one chunk */
    assert_in_range(test_chunk_count, 11, 12);
    while (worker_slice_has_more(rt, 0, 10000)) {}
    assert_int_equal(status_of(handle), FILCH_OK);
    assert_int_equal(test_chunk_count, 100);
    assert_false(worker_slice_has_more(rt, 0, 10000)); /* nothing to do */
}

static void a_slice_runs_task_after_task(void **state)
{
    (void)state;
    start(1, 64);
    for (uint32_t i = 0; i < 64; i++) {
        setup s = plain(0, 1);
        s.args.tag = i;
        must_post(s);
    }
    assert_false(worker_slice_has_more(rt, 0, 1000000));
    assert_int_equal(test_chunk_count, 64);
    /* In the order of the posts. */
    for (uint32_t i = 0; i < 64; i++) assert_int_equal(test_chunks[i].tag, i);
}

static void the_more_urgent_start_first(void **state)
{
    (void)state;
    start(1, 8);
    const uint32_t priorities[] = {2, 1, 0, 2, 1, 0}, order[] = {0, 0, 1, 1, 2, 2};
    for (uint32_t i = 0; i < 6; i++) {
        setup s = plain(0, 1);
        s.priority = s.args.tag = priorities[i];
        must_post(s);
    }
    run_all(0);
    for (uint32_t i = 0; i < 6; i++) assert_int_equal(test_chunks[i].tag, order[i]);
}

static void long_tasks_alternate(void **state)
{
    (void)state;
    for (uint32_t kernel = 0; kernel < LOOPS; kernel++) {
        start(1, 4);
        for (uint32_t i = 0; i < 3; i++) {
            setup s = plain(0, 30);
            s.kernel = kernel;
            s.args.cost = 1000;
            s.args.tag = i;
            must_post(s);
        }
        while (worker_slice_has_more(rt, 0, 10000)) {}
        assert_int_equal(test_chunk_count, 90);
        uint64_t next[3] = {0};
        for (uint32_t i = 0; i < 90; i++) {
            chunk_record c = test_chunks[i];
            assert_int_equal(c.begin, next[c.tag]);
            next[c.tag] = c.end;
            /* While all three tasks had iterations, none was more than two time slices ahead. */
            if (i >= 60) continue;
            uint64_t least = next[0] < next[1] ? next[0] : next[1];
            if (next[2] < least) least = next[2];
            assert_true(next[c.tag] - least <= 22);
        }
    }
}

/* Runs a loop of `length` iterations of `cost` ns to its end in time slices, for a look at its
 * chunks. */
static uint64_t run_tuned(uint64_t length, uint64_t cost, uint64_t slice)
{
    test_chunk_count = 0;
    setup s = plain(0, length);
    s.grain = 0;
    s.args.cost = cost;
    uint64_t handle = must_post(s);
    while (worker_slice_has_more(rt, 0, slice)) {}
    assert_int_equal(status_of(handle), FILCH_OK);
    assert_int_equal(args_of(handle)->state, length);
    return handle;
}

static uint64_t length_of(uint32_t i) { return test_chunks[i].end - test_chunks[i].begin; }

/* Of a chunk that its worker has tuned, not among the last ones, which get shorter and shorter. */
static uint64_t tuned_length(void) { return length_of(test_chunk_count / 2); }

/* A chunk is at most a quarter of the iterations that are left. True: this one is as long as
 * that. */
static bool is_near_end(uint32_t i, uint64_t length)
{
    uint64_t most = (length - test_chunks[i].begin) / 4;
    assert_true(length_of(i) <= (most ? most : 1));
    return length_of(i) == most || !most;
}

static void a_chunk_tunes_itself_by_at_most_two(void **state)
{
    (void)state;
    const uint64_t costs[] = {1, 10, 300, 5000, 15000, 70000, 1000000};
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        start(1, 1);
        run_tuned(50000000 / costs[i], costs[i], UINT32_MAX);
        assert_int_equal(length_of(0), 1);
        uint32_t last = test_chunk_count - 1; /* the last one has the rest */
        assert_true(last < RECORDS_MAX);
        for (uint32_t c = 1; c < last; c++) {
            if (is_near_end(c, 50000000 / costs[i])) continue;
            assert_true(length_of(c) <= 2 * length_of(c - 1) &&
                        2 * length_of(c) >= length_of(c - 1));
            if (c < 30) continue; /* the worker has not tuned the length yet */
            uint64_t took = length_of(c) * costs[i];
            assert_true((took >= 20000 && took <= 50000) || (took > 50000 && length_of(c) == 1));
        }
    }
}

static void a_chunk_stays_in_bounds(void **state)
{
    (void)state;
    start(1, 1);
    run_tuned((uint64_t)3 << 30, 0, UINT32_MAX); /* iterations that take no time */
    for (uint32_t c = 0; c < test_chunk_count; c++) assert_in_range(length_of(c), 1, 1u << 26);
    assert_int_equal(length_of(test_chunk_count / 2), 1u << 26);
    assert_false(test_out_of_range);
}

static void a_chunk_shortens_when_iterations_get_dear(void **state)
{
    (void)state;
    start(1, 1);
    run_tuned(200000, 100, UINT32_MAX);
    assert_true(tuned_length() >= 200);
    reap_release(rt, reap_next(rt));
    run_tuned(200, 1000000, UINT32_MAX);
    assert_int_equal(tuned_length(), 1);
}

static void the_next_task_begins_near_where_the_last_one_ended(void **state)
{
    (void)state;
    start(1, 1);
    run_tuned(1000000, 100, UINT32_MAX);
    uint64_t tuned = tuned_length();
    reap_release(rt, reap_next(rt));
    run_tuned(1000000, 100, UINT32_MAX);
    assert_int_equal(length_of(0), tuned / 16);
    reap_release(rt, reap_next(rt));
    run_tuned(2048, 100, UINT32_MAX);
    assert_int_equal(length_of(0), 2); /* at most a 1024th, so that other workers get some */
}

static void a_long_range_begins_near_there_too(void **state)
{
    (void)state;
    start(1, 1);
    run_tuned(1000000, 100, UINT32_MAX);
    uint64_t tuned = tuned_length();
    reap_release(rt, reap_next(rt));
    setup s = plain(0, ((uint64_t)1 << 32) + 5); /* the low 32 bits say 5 */
    s.grain = 0;
    s.args.cost = 100;
    test_chunk_count = 0;
    must_post(s);
    worker_slice_has_more(rt, 0, 0);
    assert_int_equal(length_of(0), tuned / 16);
}

static void a_given_grain_is_kept(void **state)
{
    (void)state;
    const uint32_t grains[] = {1, 7, 1000, 1u << 30, UINT32_MAX};
    for (int i = 0; i < 5; i++) {
        start(1, 1);
        setup s = plain(3, 3003);
        s.grain = grains[i];
        s.args.cost = 50000;
        must_post(s);
        run_all(0);
        for (uint32_t c = 0; c + 1 < test_chunk_count; c++)
            assert_int_equal(length_of(c), grains[i]);
        assert_int_equal(test_chunks[test_chunk_count - 1].end, 3003);
    }
}

static void a_slice_begins_with_the_most_urgent_task(void **state)
{
    (void)state;
    start(1, 8);
    setup s = plain(0, 1000);
    s.args.cost = 1000;
    must_post(s);
    worker_slice_has_more(rt, 0, 10000);
    setup urgent = plain(0, 1);
    urgent.priority = 0;
    urgent.args.tag = 1;
    must_post(urgent);
    uint32_t before = test_chunk_count;
    worker_slice_has_more(rt, 0, 10000);
    assert_int_equal(test_chunks[before].tag, 1); /* first in the next time slice */
}

const struct CMUnitTest slice_tests[] = {
    TEST(a_slice_keeps_to_its_budget),
    TEST(a_slice_runs_task_after_task),
    TEST(the_more_urgent_start_first),
    TEST(long_tasks_alternate),
    TEST(a_chunk_tunes_itself_by_at_most_two),
    TEST(a_chunk_stays_in_bounds),
    TEST(a_chunk_shortens_when_iterations_get_dear),
    TEST(the_next_task_begins_near_where_the_last_one_ended),
    TEST(a_long_range_begins_near_there_too),
    TEST(a_given_grain_is_kept),
    TEST(a_slice_begins_with_the_most_urgent_task),
};
END_OF_GROUP(slice_tests);
