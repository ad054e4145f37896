/* The deque on one thread. tests/c/explore has the races. */
#include "runtime_test.h"

static atom32 items[8];
static struct {
    _Alignas(CACHE_LINE) unsigned char plan[PLAN_HEADER];
    filch_runtime rt; /* of which only the plan is used */
} memory;
#define rt (&memory.rt)

static filch_deque deque_at(uint32_t capacity, uint32_t first)
{
    filch_deque d;
    plan_set(&(filch_plan){.runtime = rt, .items = items, .mask = capacity - 1});
    deque_init(&d, 0, first);
    return d;
}

/* Wraps as signed, and as unsigned. */
static const uint32_t starts[] = {0, 1, 0x7ffffffcu, 0xfffffffcu, 0xffffffffu};
#define EACH_START(d, capacity) \
    for (size_t s_ = 0; s_ < sizeof starts / sizeof *starts; s_++) \
        for (filch_deque d = deque_at(capacity, starts[s_]), *once_ = &d; once_; once_ = 0)

static void deque_pops_the_newest_and_steals_the_oldest(void **state)
{
    (void)state;
    EACH_START(d, 8)
    {
        for (uint32_t i = 0; i < 8; i++) assert_true(deque_try_push(rt, &d, i));
        assert_int_equal(deque_pop(rt, &d), 7);
        assert_int_equal(deque_steal(rt, &d), 0);
        assert_int_equal(deque_pop(rt, &d), 6);
        assert_int_equal(deque_steal(rt, &d), 1);
        for (uint32_t i = 5; i >= 2; i--) assert_int_equal(deque_pop(rt, &d), i);
        assert_int_equal(deque_pop(rt, &d), ITEM_NONE);
        assert_int_equal(deque_steal(rt, &d), ITEM_NONE);
        assert_true(deque_is_empty(&d));
    }
}

static void deque_refuses_what_does_not_fit(void **state)
{
    (void)state;
    for (uint32_t capacity = 1; capacity <= 8; capacity *= 2) {
        EACH_START(d, capacity)
        {
            for (uint32_t i = 0; i < capacity; i++)
                assert_true(deque_has_room(rt, &d) && deque_try_push(rt, &d, i));
            assert_false(deque_has_room(rt, &d));
            assert_false(deque_try_push(rt, &d, 99));
            assert_int_equal(deque_steal(rt, &d), 0);
            assert_true(deque_has_room(rt, &d) && deque_try_push(rt, &d, 100));
            assert_false(deque_try_push(rt, &d, 99));
            assert_int_equal(deque_pop(rt, &d), 100);
        }
    }
}

static void deque_stays_whole_over_many_pushes(void **state)
{
    (void)state;
    EACH_START(d, 2)
    {
        for (uint32_t i = 0; i < 1000; i++) {
            assert_int_equal(deque_pop(rt, &d), ITEM_NONE); /* twice: crossbeam's CVE-2021-32810 */
            assert_int_equal(deque_pop(rt, &d), ITEM_NONE);
            assert_true(deque_try_push(rt, &d, i));
            assert_int_equal(i % 3 ? deque_pop(rt, &d) : deque_steal(rt, &d), i);
            assert_true(deque_is_empty(&d));
        }
    }
}

static void deque_adopt_finishes_a_half_done_pop(void **state)
{
    (void)state;
    EACH_START(d, 4)
    {
        uint32_t bottom = atom32_load(&d.bottom);
        /* As a pop on an empty deque before the look at top. */
        atom32_store(&d.bottom, bottom - 1);
        deque_adopt(&d);
        assert_true(deque_is_empty(&d));
        for (uint32_t i = 0; i < 4; i++) assert_true(deque_try_push(rt, &d, i));
        assert_false(deque_try_push(rt, &d, 4));
        assert_int_equal(deque_steal(rt, &d), 0);
        for (uint32_t i = 3; i >= 1; i--) assert_int_equal(deque_pop(rt, &d), i);
    }
}

const struct CMUnitTest deque_tests[] = {
    TEST(deque_pops_the_newest_and_steals_the_oldest),
    TEST(deque_refuses_what_does_not_fit),
    TEST(deque_stays_whole_over_many_pushes),
    TEST(deque_adopt_finishes_a_half_done_pop),
};
END_OF_GROUP(deque_tests);
