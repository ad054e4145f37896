/* Ranges: claims and splits. */
#include "runtime_test.h"

static void range_claims_from_the_front(void **state)
{
    (void)state;
    const uint32_t top = (uint32_t)1 << BLOCK_BITS;
    const struct {
        range before;
        uint32_t length;
        range claimed;
    } table[] = {
        {.before = {0, 0}, .length = 1, .claimed = {0, 0}},
        {.before = {5, 5}, .length = 9, .claimed = {0, 0}},
        {.before = {7, 5}, .length = 9, .claimed = {0, 0}},
        {.before = {0, 1}, .length = 1, .claimed = {0, 1}},
        {.before = {0, 2}, .length = 1, .claimed = {0, 1}},
        {.before = {3, 10}, .length = 4, .claimed = {3, 7}},
        {.before = {3, 10}, .length = 100, .claimed = {3, 10}},
        {.before = {0, top}, .length = 1, .claimed = {0, 1}},
        {.before = {0, top}, .length = UINT32_MAX, .claimed = {0, top}},
        {.before = {top - 1, top}, .length = 2, .claimed = {top - 1, top}},
        {.before = {0, UINT32_MAX}, .length = UINT32_MAX, .claimed = {0, UINT32_MAX}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        atom64 word_at = {range_pack(table[i].before)};
        range r = range_claim(&word_at, table[i].length, 0), left = range_unpack(word_at.word);
        assert_int_equal(range_pack(r), range_pack(table[i].claimed));
        assert_int_equal(range_length(r) + range_length(left), range_length(table[i].before));
        if (range_length(left)) assert_int_equal(left.next, r.end);
    }
}

static void range_splits_off_the_front(void **state)
{
    (void)state;
    const uint32_t top = (uint32_t)1 << BLOCK_BITS;
    const struct {
        range before;
        uint32_t share;
        range taken;
    } table[] = {
        {.before = {0, 0}, .share = 1, .taken = {0, 0}},
        {.before = {9, 4}, .share = 1, .taken = {0, 0}},
        {.before = {0, 1}, .share = 1, .taken = {0, 1}},
        {.before = {0, 1}, .share = 9, .taken = {0, 1}},
        {.before = {0, 2}, .share = 9, .taken = {0, 1}},
        {.before = {0, 3}, .share = 9, .taken = {0, 2}},
        {.before = {4, 9}, .share = 2, .taken = {4, 6}},
        {.before = {4, 9}, .share = 9, .taken = {4, 7}},
        {.before = {4, 9}, .share = RANGE_ALL, .taken = {4, 9}},
        {.before = {0, top}, .share = top, .taken = {0, top / 2}},
        {.before = {0, top}, .share = 7, .taken = {0, 7}},
        {.before = {0, top}, .share = RANGE_ALL, .taken = {0, top}},
        {.before = {top - 1, top}, .share = 5, .taken = {top - 1, top}},
        {.before = {1, UINT32_MAX}, .share = UINT32_MAX - 1, .taken = {1, 0x80000000u}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        atom64 word_at = {range_pack(table[i].before)};
        uint64_t word = word_at.word;
        range r;
        assert_int_equal(range_has_spare(&word_at, 0), range_length(table[i].before) > 0);
        assert_true(range_try_split(&word_at, &word, table[i].share, 0, &r));
        range left = range_unpack(word_at.word);
        assert_int_equal(range_pack(r), range_pack(table[i].taken));
        assert_int_equal(range_length(r) + range_length(left), range_length(table[i].before));
        if (range_length(left)) assert_true(left.next == r.end && left.end == table[i].before.end);
    }
}

static void ranges_keep_to_leaves(void **state)
{
    (void)state;
    for (uint32_t leaf = 1; leaf <= 16; leaf *= 2) {
        for (uint32_t next = 0; next < 40; next++) {
            for (uint32_t end = next; end < 80; end++) {
                atom64 word_at = {range_pack((range){.next = next, .end = end})};
                range taken, claimed = range_claim(&word_at, UINT32_MAX, leaf);
                assert_int_equal(claimed.next == claimed.end, next == end);
                if (next < end) {
                    assert_int_equal(claimed.next, next);
                    assert_true(claimed.end == end || claimed.end % leaf == 0);
                }
                assert_true(claimed.end - claimed.next <= leaf);
                word_at.word = range_pack((range){.next = next, .end = end});
                uint64_t word = word_at.word;
                bool spare = range_has_spare(&word_at, leaf);
                assert_true(range_try_split(&word_at, &word, 1, leaf, &taken));
                range left = range_unpack(word_at.word);
                assert_int_equal(spare, range_length(taken) > 0);
                assert_int_equal(range_length(left) + range_length(taken), end - next);
                if (spare) {
                    assert_true(taken.next % leaf == 0 && taken.end == end && taken.next >= next);
                } else { /* nothing is left, or a part of one leaf */
                    assert_true(next == end || (end - 1) / leaf * leaf < next);
                }
            }
        }
    }
}

static void a_range_that_changed_is_not_split(void **state)
{
    (void)state;
    atom64 word_at = {range_pack((range){.next = 4, .end = 8})};
    uint64_t word = range_pack((range){.next = 0, .end = 8});
    range taken;
    assert_false(range_try_split(&word_at, &word, RANGE_ALL, 0, &taken));
    assert_int_equal(word, word_at.word); /* the range's value now */
    assert_int_equal(range_length(taken), 0);
    /* A holder that has left the task gives a begun leaf, too. */
    assert_true(range_try_split(&word_at, &word, RANGE_ALL, 8, &taken));
    assert_true(taken.next == 4 && taken.end == 8 && !range_length(range_unpack(word_at.word)));
}

const struct CMUnitTest range_tests[] = {
    TEST(range_claims_from_the_front),
    TEST(range_splits_off_the_front),
    TEST(ranges_keep_to_leaves),
    TEST(a_range_that_changed_is_not_split),
};
END_OF_GROUP(range_tests);
