/* The pieces that are left of a paused loop, and loops of which only some pieces are left to
 * run. */
#include "runtime_test.h"

#include <math.h>

#define BLOCK ((uint64_t)1 << BLOCK_BITS)
#define MOST 300

typedef struct pieces {
    double at[2 * MOST];
    uint32_t count;
} pieces;

static void add(pieces *p, uint64_t begin, uint64_t end)
{
    p->at[2 * p->count] = (double)begin;
    p->at[2 * p->count++ + 1] = (double)end;
}

static uint64_t post_pieces_of(setup s, const pieces *p)
{
    filch_submission submission = submission_of(&s);
    submission.pieces = p->at;
    submission.piece_count = p->count;
    return must_submit(submission);
}

static uint64_t length_of(const pieces *p)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < p->count; i++)
        sum += (uint64_t)p->at[2 * i + 1] - (uint64_t)p->at[2 * i];
    return sum;
}

static int by_begin(const void *a, const void *b)
{
    const chunk_record *x = a, *y = b;
    return x->begin < y->begin ? -1 : x->begin > y->begin;
}

/* The chunks that ran are these pieces, each iteration once. */
static void check_ran_pieces(const pieces *p)
{
    assert_true(test_chunk_count <= RECORDS_MAX);
    qsort(test_chunks, test_chunk_count, sizeof *test_chunks, by_begin);
    uint32_t c = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        uint64_t at = (uint64_t)p->at[2 * i], end = (uint64_t)p->at[2 * i + 1];
        for (; at < end; c++) {
            assert_true(c < test_chunk_count);
            assert_int_equal(test_chunks[c].begin, at);
            at = test_chunks[c].end;
        }
        assert_int_equal(at, end);
    }
    assert_int_equal(c, test_chunk_count);
}

static void many_pieces_across_blocks_run_and_nothing_else(void **state)
{
    (void)state;
    for (uint32_t kernel = 0; kernel < LOOPS; kernel++) {
        start(3, 2);
        setup s = plain(10, 10 + 40 * BLOCK);
        s.kernel = kernel;
        s.grain = UINT32_MAX;
        pieces p = {.count = 0};
        uint64_t at = 10;
        /* Many more pieces than workers; short, long, over a block's end, touching. */
        for (uint32_t i = 0; i < MOST; i++) {
            uint64_t length = i % 50 == 7 ? BLOCK + 5 : i % 11 == 3 ? BLOCK / 8 - 1 : 1 + i % 5;
            if (at + length >= s.end) break;
            add(&p, at, at + length);
            at += length + (i % 13 ? i % 3 * 7 : BLOCK / 4);
        }
        assert_int_equal(p.count, MOST);
        uint64_t handle = post_pieces_of(s, &p);
        assert_int_equal(slot_of(handle)->done.word, s.end - s.begin - length_of(&p));
        for (uint32_t w = 0; worker_slice_has_more(rt, w, 3); w = (w + 1) % 3) {}
        assert_int_equal(status_of(handle), FILCH_OK);
        assert_int_equal(slot_of(handle)->done.word, s.end - s.begin);
        check_ran_pieces(&p);
        must_reap(handle);
    }
}

static void a_loop_with_nothing_left_is_done(void **state)
{
    (void)state;
    start(1, 1);
    pieces p = {.count = 0};
    for (int empty = 0; empty < 2; empty++) {
        uint64_t handle = post_pieces_of(plain(5, 25), &p);
        run_all(0);
        assert_int_equal(status_of(handle), FILCH_OK);
        assert_int_equal(slot_of(handle)->done.word, 20);
        assert_int_equal(test_chunk_count, 0);
        must_reap(handle);
        add(&p, 7, 7); /* an empty piece is no piece */
    }
}

static void pieces_come_back_as_they_were_given(void **state)
{
    (void)state;
    start(2, 1);
    pieces p = {.count = 0}, left = {.count = 0};
    for (uint32_t i = 0; i < 100; i++) add(&p, i * BLOCK / 3 + 7, (i + 1) * BLOCK / 3 + 2);
    uint64_t handle = post_pieces_of(plain(0, 40 * BLOCK), &p);
    assert_int_equal(control_pieces(rt, handle, left.at, MOST), 0); /* not paused */
    control_try_pause(rt, handle);
    assert_int_equal(control_pieces(rt, handle, left.at, MOST), 100);
    assert_memory_equal(left.at, p.at, 200 * sizeof *p.at);
    double few[6] = {0, 0, 0, 0, -1, -1};
    assert_int_equal(control_pieces(rt, handle, few, 2), 100); /* more pieces than fit */
    assert_true(few[4] == -1 && few[5] == -1);
    assert_int_equal(control_pieces(rt, handle, 0, 0), 100);
    control_try_cancel(rt, handle);
    must_reap(handle);
}

static void only_a_paused_loop_has_pieces(void **state)
{
    (void)state;
    start(1, 4);
    double left[4];
    uint64_t handle = post_plain(0, 10);
    control_try_pause(rt, handle);
    assert_int_equal(control_pieces(rt, handle, left, 2), 1);
    assert_true(left[0] == 0 && left[1] == 10);
    control_try_resume(rt, handle);
    assert_int_equal(control_pieces(rt, handle, left, 2), 0);
    run_all(0);
    control_try_pause(rt, handle);
    assert_int_equal(control_pieces(rt, handle, left, 2), 0); /* the loop has completed */
    must_reap(handle);
    assert_int_equal(control_pieces(rt, handle, left, 2), 0); /* stale */
}

/* Runs a loop for a while, pauses it, saves the pieces that are left, and runs those alone in a
 * fresh runtime; again and again. */
static void a_saved_loop_goes_on_elsewhere(void **state)
{
    (void)state;
    uint64_t random = 7;
    for (int round = 0; round < 60; round++) {
        uint64_t length = round % 3 ? 200 + (uint64_t)round : 3 * BLOCK + 11;
        uint32_t kernel = (uint32_t)round % LOOPS,
                 grain = round % 3 ? 1 + (uint32_t)round % 7 : BLOCK / 16 + 1, count = 0;
        static chunk_record all[RECORDS_MAX];
        pieces p = {.count = 0}, left;
        add(&p, 100, 100 + length);
        for (int part = 0;; part++) {
            start(1 + (uint32_t)(random >> 40) % 4, 2);
            setup s = plain(100, 100 + length);
            s.kernel = kernel;
            s.grain = grain;
            s.args.cost = 1;
            uint64_t handle = post_pieces_of(s, &p);
            for (int i = 0; i < 3; i++) {
                random = random * 6364136223846793005u + 1;
                uint32_t w = (uint32_t)(random >> 33) % plan_worker_count(rt);
                worker_slice_has_more(rt, w, part > 20 ? UINT32_MAX : (random >> 50) % (8 * grain));
            }
            control_try_pause(rt, handle);
            for (uint32_t w = 0; w < plan_worker_count(rt); w++)
                assert_false(worker_slice_has_more(rt, w, 0));
            uint64_t done = slot_of(handle)->done.word;
            bool over = slot_of(handle)->status.word != FILCH_PENDING;
            left.count = over ? 0 : control_pieces(rt, handle, left.at, MOST);
            assert_true(over || left.count);
            assert_int_equal(done + length_of(&left), length);
            for (uint32_t i = 1; i < left.count; i++)
                assert_true(left.at[2 * i] >= left.at[2 * i - 1]);
            assert_true(count + test_chunk_count <= RECORDS_MAX);
            memcpy(all + count, test_chunks, test_chunk_count * sizeof *all);
            count += test_chunk_count;
            if (over) break;
            p = left;
        }
        memcpy(test_chunks, all, count * sizeof *all);
        test_chunk_count = count;
        pieces whole = {.count = 0};
        add(&whole, 100, 100 + length);
        check_ran_pieces(&whole);
    }
}

static void impossible_pieces_make_no_chunk_out_of_range(void **state)
{
    (void)state;
    const double bad[] = {
        -1, 0, 1, 19, 20, 25, 26, 1e300, -1e300, (double)RANGE_MAX, 0.5, NAN, INFINITY, -INFINITY};
    enum { BAD = sizeof bad / sizeof *bad };
    for (int i = 0; i < BAD * BAD; i++) {
        start(2, 2);
        pieces p = {.count = 1};
        add(&p, 22, 24);
        p.at[0] = 20; /* the first piece is sane; both get corrupt after the post */
        p.at[1] = 21;
        setup s = plain(20, 25);
        uint64_t handle = post_pieces_of(s, &p);
        p.at[i % 4] = bad[i / BAD];
        p.at[(i + 1) % 4] = bad[i % BAD];
        control_try_pause(rt, handle);
        double left[8];
        assert_in_range(control_pieces(rt, handle, left, 4), 0, 4);
        control_try_resume(rt, handle);
        run_all(i % 2);
        assert_false(test_out_of_range);
        assert_int_not_equal(status_of(handle), FILCH_PENDING);
    }
}

const struct CMUnitTest piece_tests[] = {
    TEST(many_pieces_across_blocks_run_and_nothing_else),
    TEST(a_loop_with_nothing_left_is_done),
    TEST(pieces_come_back_as_they_were_given),
    TEST(only_a_paused_loop_has_pieces),
    TEST(a_saved_loop_goes_on_elsewhere),
    TEST(impossible_pieces_make_no_chunk_out_of_range),
};
END_OF_GROUP(piece_tests);
