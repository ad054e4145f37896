/* Handles, items, free slots, completions, and sleep. */
#include "runtime_test.h"

static void handle_keeps_slot_and_generation(void **state)
{
    (void)state;
    const uint32_t slots[] = {0, 1, SLOTS_MAX - 1},
                   generations[] = {1, 2, 0xffff, 0x10000, GENERATION_MAX};
    for (int s = 0; s < 3; s++) {
        for (int g = 0; g < 5; g++) {
            uint64_t handle = handle_of(slots[s], generations[g]);
            assert_int_equal(handle_slot(handle), slots[s]);
            assert_int_equal(handle_generation(handle), generations[g]);
            /* A JavaScript number holds the handle. */
            assert_true(handle && (uint64_t)(double)handle == handle);
        }
    }
}

static void item_is_never_a_special_one(void **state)
{
    (void)state;
    assert_true(item_slot(ITEM_LOST) >= SLOTS_MAX && item_slot(ITEM_NONE) >= SLOTS_MAX);
    assert_int_equal(item_slot(item_of(SLOTS_MAX - 1, UINT64_MAX)), SLOTS_MAX - 1);
}

static void slots_are_given_once(void **state)
{
    (void)state;
    start(1, 70);
    bool given[70] = {false};
    for (int i = 0; i < 70; i++) {
        uint32_t slot = slots_take(rt, 0);
        assert_true(slot < 70 && !given[slot]);
        given[slot] = true;
    }
    assert_int_equal(slots_take(rt, 0), SLOT_NONE);
    slots_give(rt, 33);
    assert_int_equal(slots_take(rt, 0), 33);
    assert_int_equal(slots_take(rt, 0), SLOT_NONE);
}

static void free_slots_tag_moves_with_each_change_and_wraps(void **state)
{
    (void)state;
    start(1, 2);
    atom64_init(&rt->free_slots,
                (uint64_t)UINT32_MAX << 32 | (uint32_t)atom64_load(&rt->free_slots));
    uint64_t before = atom64_load(&rt->free_slots);
    uint32_t slot = slots_take(rt, 0);
    assert_int_equal(atom64_load(&rt->free_slots) >> 32, 0);
    slots_give(rt, slot);
    assert_int_equal(atom64_load(&rt->free_slots) >> 32, 1);
    assert_int_equal((uint32_t)atom64_load(&rt->free_slots), (uint32_t)before);
}

static void completions_come_in_order(void **state)
{
    (void)state;
    start(1, 8);
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t s = 0; s < 3; s++) completions_add(rt, 2 * s + 1);
        assert_int_equal(completions_take(rt), 1);
        completions_add(rt, 0);
        completions_collect(rt);
        const uint32_t rest[] = {3, 5, 0, SLOT_NONE, SLOT_NONE};
        for (int i = 0; i < 5; i++) assert_int_equal(completions_take(rt), rest[i]);
    }
}

static void doorbell_notifies_once_for_all_completions(void **state)
{
    (void)state;
    start(1, 4);
    completions_add(rt, 0);
    completions_try_notify(rt);
    assert_int_equal(test_wakes, 0);       /* the owner does not wait */
    assert_false(completions_try_arm(rt)); /* there is a completion */
    assert_int_equal(completions_take(rt), 0);
    assert_true(completions_try_arm(rt));
    assert_int_equal(rt->doorbell.word, 1);
    for (uint32_t s = 1; s < 3; s++) {
        completions_add(rt, s);
        completions_try_notify(rt);
    }
    assert_int_equal(test_wakes, 1);
    assert_int_equal(rt->doorbell.word, 0);
    assert_int_equal(completions_take(rt), 1);
    assert_false(completions_try_arm(rt)); /* collected, not reaped */
}

static void at_most_half_of_the_workers_search(void **state)
{
    (void)state;
    start(6, 1);
    for (uint32_t w = 0; w < 3; w++) assert_true(sleep_try_search(rt, w));
    assert_false(sleep_try_search(rt, 3));
    assert_true(sleep_try_search(rt, 1)); /* worker 1 searches already */
    sleep_prepare_park(rt, 1);
    assert_true(sleep_try_search(rt, 3));
    start(1, 1);
    assert_true(sleep_try_search(rt, 0)); /* the only worker */
}

static void unpark_counts_searching_workers(void **state)
{
    (void)state;
    start(4, 1);
    for (uint32_t w = 0; w < 4; w++) sleep_prepare_park(rt, w);
    sleep_try_unpark(rt, 2);
    assert_int_equal(test_wakes, 2);
    sleep_try_unpark(rt, 2); /* the two workers still search */
    assert_int_equal(test_wakes, 2);
    assert_false(sleep_end_search_is_last(rt, 0));
    assert_true(sleep_end_search_is_last(rt, 1)); /* the last searching worker must look for more */
    assert_int_equal(test_wakes, 2);
    sleep_unpark_all(rt);
    assert_int_equal(test_wakes, 4);
    assert_int_equal((uint32_t)atom64_load(&rt->sleep), 0);
}

/* Worker 0 is unparked while it waits elsewhere. */
static void unpark_does_not_count_a_worker_that_is_outside(void **state)
{
    (void)state;
    start(3, 1);
    for (uint32_t w = 0; w < 3; w++) sleep_prepare_park(rt, w);
    assert_true(sleep_try_leave(rt, 0));
    assert_false(sleep_try_come_back(rt, 0));
    assert_true(sleep_try_unpark(rt, 1));
    assert_int_equal(test_wakes, 1);
    assert_true(sleep_try_unpark(rt, 1)); /* unparks worker 1, which counts */
    assert_int_equal(test_wakes, 2);
    assert_true(sleep_try_unpark(rt, 1));
    assert_int_equal(test_wakes, 2);
    assert_true(sleep_end_search_is_last(rt, 1));
    sleep_unpark_worker(rt, 2);
    sleep_end_search_is_last(rt, 2);
    assert_false(sleep_try_unpark(rt, 1)); /* so the caller asks a busy worker */
    assert_true(sleep_try_come_back(rt, 0));
    assert_true(sleep_try_unpark(rt, 1));
    assert_int_equal(test_wakes, 3);
    sleep_prepare_park(rt, 1);
    sleep_unpark_worker(rt, 1);
    assert_false(sleep_try_leave(rt, 1)); /* unparked before it has left */
    assert_int_equal(atom32_load(&rt->outside), 0);
}

const struct CMUnitTest part_tests[] = {
    TEST(handle_keeps_slot_and_generation),
    TEST(item_is_never_a_special_one),
    TEST(slots_are_given_once),
    TEST(free_slots_tag_moves_with_each_change_and_wraps),
    TEST(completions_come_in_order),
    TEST(doorbell_notifies_once_for_all_completions),
    TEST(at_most_half_of_the_workers_search),
    TEST(unpark_counts_searching_workers),
    TEST(unpark_does_not_count_a_worker_that_is_outside),
};
END_OF_GROUP(part_tests);
