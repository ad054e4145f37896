/* Reductions. Each iteration is in the result once, and the bits of a deterministic result depend
 * on the range alone. */
#include "runtime_test.h"

#include "core/reduce.h"

static void (*act)(void); /* in each chunk */

#define SUM_ARGS(F) F(value, f64, scale)
#define SUM_TOTAL(NUMBER, ARRAY) NUMBER(f32, sum) NUMBER(u64, count) ARRAY(u32, thirds, 3)
FILCH_REDUCTION(sum, SUM_ARGS, SUM_TOTAL, { *total = (sum_total){0}; }, {
    into->sum += from->sum;
    into->count += from->count;
    for (int i = 0; i < 3; i++) into->thirds[i] += from->thirds[i];
})
{
    test_record_chunk((chunk_record){.begin = begin, .end = end, .worker = task->worker});
    total->count += end - begin;
    if (end - begin > 4096) return FILCH_OK; /* of a long range the iterations are counted only */
    for (uint64_t i = begin; i < end; i++) {
        /* Rounded, so that the order shows in the bits. */
        total->sum += (float)(args->scale / (double)(1 + i % 1000));
        total->thirds[i % 3]++;
    }
    test_clock += end - begin;
    if (act) act();
    return FILCH_OK;
}

static sum_args args = {.scale = 1.1};
static filch_submission sum_of(uint64_t begin, uint64_t end, sum_total *totals)
{
    return (filch_submission){.kernel = KERNEL_SUM,
                              .begin = begin,
                              .end = end,
                              .priority = 1,
                              .args = &args,
                              .totals = totals};
}
static uint64_t post_fast(uint64_t begin, uint64_t end, uint32_t grain, sum_total *totals)
{
    filch_submission submission = sum_of(begin, end, totals);
    submission.grain = grain;
    return must_submit(submission);
}
static uint64_t post_deterministic(uint64_t begin, uint64_t end, uint32_t grain, sum_total *totals)
{
    filch_submission submission = sum_of(begin, end, totals);
    submission.grain = grain;
    submission.deterministic = true;
    return must_submit(submission);
}

/* So many as the reduction needs, so that AddressSanitizer sees one more; garbage to begin with. */
static sum_total *totals_for(uint64_t length, bool deterministic)
{
    size_t bytes = reduce_parts(rt, length, deterministic) * sizeof(sum_total);
    sum_total *totals = malloc(bytes);
    memset(totals, 0xa5, bytes);
    return totals;
}

static uint64_t random_state = 5;
static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 32) * n >> 32);
}

/* Other workers come by in the middle of a chunk, and join the loop. */
static uint32_t depth;
static void others_come(void)
{
    if (depth >= 3 || random_below(4)) return;
    depth++;
    uint32_t w = random_below(plan_worker_count(rt));
    if (!plan_workers(rt)[w].slot) worker_slice_has_more(rt, w, random_below(200));
    depth--;
}

/* Runs the task with any workers, time slices, and pauses. */
static void run_anyhow(uint64_t handle)
{
    act = others_come;
    while (!slot_of(handle)->stage) {
        worker_slice_has_more(rt, random_below(plan_worker_count(rt)), random_below(500));
        if (random_below(4) == 0) {
            control_try_pause(rt, handle);
            for (uint32_t w = 0; w < plan_worker_count(rt); w++) worker_slice_has_more(rt, w, 0);
            control_try_resume(rt, handle);
        }
        completions_collect(rt);
    }
    act = 0;
    assert_int_equal(status_of(handle), FILCH_OK);
    must_reap(handle);
}

static void a_fast_reduction_counts_each_iteration_once(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= 5; workers++) {
        for (uint64_t length = 0; length < 5000; length = length * 3 + 1) {
            start(workers, 2);
            sum_total *totals = totals_for(length, false);
            run_anyhow(post_fast(77, 77 + length, workers % 2 ? 0 : 5, totals));
            assert_int_equal(totals->count, length);
            assert_int_equal(totals->thirds[0] + totals->thirds[1] + totals->thirds[2], length);
            for (uint32_t i = 0; i < 3; i++)
                assert_in_range(totals->thirds[i], length / 3, (length + 2) / 3);
            free(totals);
        }
    }
}

static void only_workers_that_helped_are_combined(void **state)
{
    (void)state;
    start(4, 2);
    sum_total *totals = totals_for(100, false);
    uint64_t handle = post_fast(0, 100, 10, totals);
    run_all(2);
    assert_int_equal(slot_of(handle)->helpers.word, 4);
    assert_int_equal(totals->count, 100);
    assert_int_equal(totals[3].count, 0xa5a5a5a5a5a5a5a5u); /* unchanged */
    free(totals);
}

/* The sum of the leaves: in order within each, then in pairs. */
static sum_total expected(uint64_t begin, uint64_t length)
{
    uint32_t leaf = reduce_leaf(length), parts = reduce_parts(rt, length, true);
    sum_total *totals = calloc(parts, sizeof *totals), result;
    for (uint64_t i = 0; i < length; i++)
        totals[i / leaf].sum += (float)(args.scale / (double)(1 + (begin + i) % 1000));
    for (uint32_t step = 1; step < parts; step *= 2) {
        for (uint32_t i = 0; i + step < parts; i += 2 * step) totals[i].sum += totals[i + step].sum;
    }
    result = *totals;
    free(totals);
    return result;
}

static void a_deterministic_reduction_has_the_same_bits_always(void **state)
{
    (void)state;
    const uint64_t lengths[] = {0, 1, 2, 3, 7, 1000, 1023, 1024, 1025, 2047, 2049, 5000, 30001};
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        for (uint32_t round = 0; round < 30; round++) {
            start(1 + round % 5, 2);
            uint64_t begin = l % 2 ? 0 : 12345, length = lengths[l];
            sum_total *totals = totals_for(length, true), should = expected(begin, length);
            uint32_t grain = random_below(3) ? random_below(100) : 0;
            run_anyhow(post_deterministic(begin, begin + length, grain, totals));
            assert_int_equal(totals->count, length);
            assert_memory_equal(&totals->sum, &should.sum, sizeof should.sum);
            free(totals);
        }
    }
}

static void a_chunk_ends_where_a_leaf_does(void **state)
{
    (void)state;
    start(2, 2);
    const uint64_t begin = 13, length = 30001;
    uint32_t leaf = reduce_leaf(length);
    sum_total *totals = totals_for(length, true);
    run_anyhow(post_deterministic(begin, begin + length, UINT32_MAX, totals));
    assert_int_equal(leaf, 32);
    assert_int_equal(test_chunk_count, (length + leaf - 1) / leaf);
    for (uint32_t c = 0; c < test_chunk_count; c++)
        assert_int_equal((test_chunks[c].begin - begin) % leaf, 0);
    free(totals);
}

static void leaves_and_parts_follow_from_the_length(void **state)
{
    (void)state;
    start(7, 1);
    const struct {
        uint64_t length;
        uint32_t leaf, parts;
    } table[] = {
        {.length = 0, .leaf = 1, .parts = 1},
        {.length = 1, .leaf = 1, .parts = 1},
        {.length = 1024, .leaf = 1, .parts = 1024},
        {.length = 1025, .leaf = 2, .parts = 513},
        {.length = 2048, .leaf = 2, .parts = 1024},
        {.length = (uint64_t)1 << 32, .leaf = 1u << 22, .parts = 1024},
        {.length = ((uint64_t)1 << 41) + 1, .leaf = 1u << 31, .parts = 1025},
        {.length = RANGE_MAX, .leaf = 1u << 31, .parts = 1u << 22},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(reduce_leaf(table[i].length), table[i].leaf);
        assert_int_equal(reduce_parts(rt, table[i].length, true), table[i].parts);
        assert_int_equal(reduce_parts(rt, table[i].length, false), 7);
    }
}

static void a_long_reduction_runs_leaf_by_leaf(void **state)
{
    (void)state;
    start(3, 1);
    const uint64_t length = ((uint64_t)3 << BLOCK_BITS) + 12345;
    for (int deterministic = 0; deterministic < 2; deterministic++) {
        sum_total *totals = totals_for(length, deterministic);
        uint64_t handle = deterministic ? post_deterministic(5, 5 + length, 1u << 26, totals)
                                        : post_fast(5, 5 + length, 1u << 26, totals);
        run_anyhow(handle);
        assert_int_equal(totals->count, length);
        free(totals);
    }
}

/* The owner saves the reduction in the middle, with its accumulators, and restores it in another
 * runtime. */
static void a_saved_reduction_has_the_same_bits(void **state)
{
    (void)state;
    for (int round = 0; round < 40; round++) {
        const uint64_t length = 3000 + (uint64_t)round;
        double pieces[2 * 40] = {100, 100 + (double)length};
        uint32_t count = 1;
        start(1, 1);
        sum_total *totals = totals_for(length, true), should = expected(100, length);
        for (bool over = false; !over;) {
            start(1 + random_below(4), 2);
            filch_submission submission = sum_of(100, 100 + length, totals);
            submission.grain = 1 + random_below(9);
            submission.deterministic = true;
            submission.pieces = pieces;
            submission.piece_count = count;
            uint64_t handle = must_submit(submission);
            act = others_come;
            for (int i = 0; i < 4; i++)
                worker_slice_has_more(rt, random_below(plan_worker_count(rt)), random_below(400));
            act = 0;
            control_try_pause(rt, handle);
            for (uint32_t w = 0; w < plan_worker_count(rt); w++) worker_slice_has_more(rt, w, 0);
            over = status_of(handle) != FILCH_PENDING;
            double left[80];
            if (over) continue;
            count = control_pieces(rt, handle, left, 40);
            assert_in_range(count, 1, 40);
            memcpy(pieces, left, sizeof pieces);
        }
        assert_memory_equal(&totals->sum, &should.sum, sizeof should.sum);
        assert_int_equal(totals->count, length);
        free(totals);
    }
}

static void a_reduction_without_accumulators_is_refused(void **state)
{
    (void)state;
    start(1, 1);
    filch_status why;
    filch_submission submission = sum_of(0, 1, 0);
    assert_int_equal(submit_task(rt, &submission, &why), 0);
    assert_int_equal(why, FILCH_BAD_ARGUMENT);
}

static void a_corrupt_leaf_leads_to_no_other_accumulator(void **state)
{
    (void)state;
    const uint32_t corrupt[] = {0, 1, 3, 7, 100, 2, 8, 1u << 31, UINT32_MAX};
    for (size_t i = 0; i < sizeof corrupt / sizeof *corrupt; i++) {
        start(2, 2);
        sum_total *totals = totals_for(3000, true);
        uint64_t handle = post_deterministic(9, 3009, 1, totals);
        worker_slice_has_more(rt, 0, 700);
        atom32_store(&slot_of(handle)->loop.leaf, corrupt[i]);
        run_all(1); /* AddressSanitizer watches */
        assert_int_not_equal(status_of(handle), FILCH_PENDING);
        must_reap(handle);
        free(totals);
    }
}

const struct CMUnitTest reduce_tests[] = {
    TEST(a_fast_reduction_counts_each_iteration_once),
    TEST(only_workers_that_helped_are_combined),
    TEST(a_deterministic_reduction_has_the_same_bits_always),
    TEST(a_chunk_ends_where_a_leaf_does),
    TEST(leaves_and_parts_follow_from_the_length),
    TEST(a_long_reduction_runs_leaf_by_leaf),
    TEST(a_saved_reduction_has_the_same_bits),
    TEST(a_reduction_without_accumulators_is_refused),
    TEST(a_corrupt_leaf_leads_to_no_other_accumulator),
};
END_OF_GROUP(reduce_tests);
