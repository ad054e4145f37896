/* Reductions: each iteration is in the result once, and a deterministic one's bits depend on the range alone. */
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
    if (test_chunk_count < RECORDS_MAX) test_chunks[test_chunk_count] = (chunk_record){begin, end, 0, task->worker};
    test_chunk_count++;
    total->count += end - begin;
    if (end - begin > 4096) return FILCH_OK; /* a long range is counted only */
    for (uint64_t i = begin; i < end; i++) {
        total->sum += (float)(args->scale / (double)(1 + i % 1000)); /* rounded: its order can be seen in its bits */
        total->thirds[i % 3]++;
    }
    test_clock += end - begin;
    if (act) act();
    return FILCH_OK;
}

static sum_args args = {.scale = 1.1};
static uint64_t post_sum(uint64_t begin, uint64_t end, uint32_t grain, sum_total *totals, bool deterministic)
{
    return must_post_as((filch_submission){KERNEL_SUM, begin, end, 1, grain, &args, .totals = totals, .deterministic = deterministic});
}

/* Exactly as many as it needs, so that AddressSanitizer sees one too many; garbage to begin with. */
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
    uint32_t w = random_below(rt->worker_count);
    if (!rt->workers[w].slot) worker_slice_has_more(rt, w, random_below(200));
    depth--;
}

/* Runs it with any workers, slices, and pauses. */
static void run_anyhow(uint64_t handle)
{
    act = others_come;
    while (!slot_of(handle)->stage) {
        worker_slice_has_more(rt, random_below(rt->worker_count), random_below(500));
        if (random_below(4) == 0) {
            control_try_pause(rt, handle);
            for (uint32_t w = 0; w < rt->worker_count; w++) worker_slice_has_more(rt, w, 0);
            control_try_resume(rt, handle);
        }
        completions_collect(rt);
    }
    act = 0;
    assert_int_equal(status_of(handle), FILCH_OK);
    settle(handle);
}

static void a_fast_one_counts_each_iteration_once(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= 5; workers++) {
        for (uint64_t length = 0; length < 5000; length = length * 3 + 1) {
            start(workers, 2);
            sum_total *totals = totals_for(length, false);
            run_anyhow(post_sum(77, 77 + length, workers % 2 ? 0 : 5, totals, false));
            assert_int_equal(totals->count, length);
            assert_int_equal(totals->thirds[0] + totals->thirds[1] + totals->thirds[2], length);
            for (uint32_t i = 0; i < 3; i++) assert_in_range(totals->thirds[i], length / 3, (length + 2) / 3);
            free(totals);
        }
    }
}

static void only_workers_that_helped_are_combined(void **state)
{
    (void)state;
    start(4, 2);
    sum_total *totals = totals_for(100, false);
    uint64_t handle = post_sum(0, 100, 10, totals, false);
    run_all(2);
    assert_int_equal(slot_of(handle)->helpers.word, 4);
    assert_int_equal(totals->count, 100);
    assert_int_equal(totals[3].count, 0xa5a5a5a5a5a5a5a5u); /* nobody touched it */
    free(totals);
}

/* What the leaves say: in order within each, then in pairs. */
static sum_total expected(uint64_t begin, uint64_t length)
{
    uint32_t leaf = reduce_leaf(length), parts = reduce_parts(rt, length, true);
    sum_total *totals = calloc(parts, sizeof *totals), result;
    for (uint64_t i = 0; i < length; i++) totals[i / leaf].sum += (float)(args.scale / (double)(1 + (begin + i) % 1000));
    for (uint32_t step = 1; step < parts; step *= 2) {
        for (uint32_t i = 0; i + step < parts; i += 2 * step) totals[i].sum += totals[i + step].sum;
    }
    result = *totals;
    free(totals);
    return result;
}

static void a_deterministic_one_has_the_same_bits_always(void **state)
{
    (void)state;
    const uint64_t lengths[] = {0, 1, 2, 3, 7, 1000, 1023, 1024, 1025, 2047, 2049, 5000, 30001};
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        for (uint32_t round = 0; round < 30; round++) {
            start(1 + round % 5, 2);
            uint64_t begin = l % 2 ? 0 : 12345, length = lengths[l];
            sum_total *totals = totals_for(length, true), should = expected(begin, length);
            run_anyhow(post_sum(begin, begin + length, random_below(3) ? random_below(100) : 0, totals, true));
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
    run_anyhow(post_sum(begin, begin + length, UINT32_MAX, totals, true));
    assert_int_equal(leaf, 32);
    assert_int_equal(test_chunk_count, (length + leaf - 1) / leaf);
    for (uint32_t c = 0; c < test_chunk_count; c++) assert_int_equal((test_chunks[c].begin - begin) % leaf, 0);
    free(totals);
}

static void leaves_and_parts_follow_from_the_length(void **state)
{
    (void)state;
    start(7, 1);
    const struct { uint64_t length; uint32_t leaf, parts; } table[] = {
        {0, 1, 1}, {1, 1, 1}, {1024, 1, 1024}, {1025, 2, 513}, {2048, 2, 1024}, {(uint64_t)1 << 32, 1u << 22, 1024},
        {((uint64_t)1 << 41) + 1, 1u << 31, 1025}, {RANGE_MAX, 1u << 31, 1u << 22},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(reduce_leaf(table[i].length), table[i].leaf);
        assert_int_equal(reduce_parts(rt, table[i].length, true), table[i].parts);
        assert_int_equal(reduce_parts(rt, table[i].length, false), 7);
    }
}

static void a_long_one_runs_leaf_by_leaf(void **state)
{
    (void)state;
    start(3, 1);
    const uint64_t length = ((uint64_t)3 << BLOCK_BITS) + 12345;
    for (int deterministic = 0; deterministic < 2; deterministic++) {
        sum_total *totals = totals_for(length, deterministic);
        run_anyhow(post_sum(5, 5 + length, 1u << 26, totals, deterministic));
        assert_int_equal(totals->count, length);
        free(totals);
    }
}

/* Saved in the middle, with its accumulators, and gone on with in another runtime. */
static void a_saved_one_has_the_same_bits(void **state)
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
            uint64_t handle = must_post_as((filch_submission){KERNEL_SUM, 100, 100 + length, 1, 1 + random_below(9), &args,
                .totals = totals, .deterministic = true, .pieces = pieces, .piece_count = count});
            act = others_come;
            for (int i = 0; i < 4; i++) worker_slice_has_more(rt, random_below(rt->worker_count), random_below(400));
            act = 0;
            control_try_pause(rt, handle);
            for (uint32_t w = 0; w < rt->worker_count; w++) worker_slice_has_more(rt, w, 0);
            over = status_of(handle) != FILCH_PENDING;
            double told[80];
            if (over) continue;
            count = control_pieces(rt, handle, told, 40);
            assert_in_range(count, 1, 40);
            memcpy(pieces, told, sizeof pieces);
        }
        assert_memory_equal(&totals->sum, &should.sum, sizeof should.sum);
        assert_int_equal(totals->count, length);
        free(totals);
    }
}

static void frames_keep_to_leaves(void **state)
{
    (void)state;
    for (uint32_t leaf = 1; leaf <= 16; leaf *= 2) {
        for (uint32_t next = 0; next < 40; next++) {
            for (uint32_t end = next; end < 80; end++) {
                atom64 frame = {range_pack((range){next, end})};
                range taken, claimed = range_claim(&frame, UINT32_MAX, leaf);
                assert_int_equal(claimed.next == claimed.end, next == end);
                if (next < end) assert_true(claimed.next == next && (claimed.end == end || claimed.end % leaf == 0));
                assert_true(claimed.end - claimed.next <= leaf);
                frame.word = range_pack((range){next, end});
                uint64_t word = frame.word;
                bool spare = range_has_spare(&frame, leaf);
                assert_true(range_try_split(&frame, &word, 1, leaf, &taken));
                range left = range_unpack(frame.word);
                assert_int_equal(spare, range_length(taken) > 0);
                assert_int_equal(range_length(left) + range_length(taken), end - next);
                if (!spare) assert_true(next == end || (end - 1) / leaf * leaf < next); /* one leaf, and begun */
                else assert_true(taken.next % leaf == 0 && taken.end == end && taken.next >= next);
            }
        }
    }
}

static void a_frame_that_changed_is_not_split(void **state)
{
    (void)state;
    atom64 frame = {range_pack((range){4, 8})};
    uint64_t word = range_pack((range){0, 8});
    range taken;
    assert_false(range_try_split(&frame, &word, RANGE_ALL, 0, &taken));
    assert_int_equal(word, frame.word); /* what it is now */
    assert_int_equal(range_length(taken), 0);
    assert_true(range_try_split(&frame, &word, RANGE_ALL, 8, &taken)); /* of who is gone a begun leaf, too */
    assert_true(taken.next == 4 && taken.end == 8 && !range_length(range_unpack(frame.word)));
}

static void one_without_accumulators_is_refused(void **state)
{
    (void)state;
    start(1, 1);
    filch_status why;
    assert_int_equal(submit_task(rt, &(filch_submission){KERNEL_SUM, 0, 1, 1, 0, &args}, &why), 0);
    assert_int_equal(why, FILCH_BAD_ARGUMENT);
}

static void a_forged_leaf_leads_to_no_other_accumulator(void **state)
{
    (void)state;
    const uint32_t forged[] = {0, 1, 3, 7, 100, 2, 8, 1u << 31, UINT32_MAX};
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        start(2, 2);
        sum_total *totals = totals_for(3000, true);
        uint64_t handle = post_sum(9, 3009, 1, totals, true);
        worker_slice_has_more(rt, 0, 700);
        atom32_store(&slot_of(handle)->loop.leaf, forged[i]);
        run_all(1); /* AddressSanitizer watches */
        assert_int_not_equal(status_of(handle), FILCH_PENDING);
        settle(handle);
        free(totals);
    }
}

const struct CMUnitTest reduce_tests[] = {
    TEST(a_fast_one_counts_each_iteration_once), TEST(only_workers_that_helped_are_combined),
    TEST(a_deterministic_one_has_the_same_bits_always), TEST(a_chunk_ends_where_a_leaf_does),
    TEST(leaves_and_parts_follow_from_the_length), TEST(a_long_one_runs_leaf_by_leaf), TEST(a_saved_one_has_the_same_bits),
    TEST(frames_keep_to_leaves), TEST(a_frame_that_changed_is_not_split), TEST(one_without_accumulators_is_refused),
    TEST(a_forged_leaf_leads_to_no_other_accumulator),
};
END_OF_GROUP(reduce_tests);
