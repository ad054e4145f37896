/* The state word of a task, each transition. */
#include "runtime_test.h"

static void state_goes_its_way(void **state)
{
    (void)state;
    filch_slot slot = {.state = {state_free(7) | STATE_QUEUED}};
    uint64_t handle = handle_of(3, 7);
    uint32_t item = item_of(3, slot.state.word);
    assert_false(state_try_take(&slot, 0, item_of(3, state_free(8)))); /* stale */
    assert_false(state_try_join(&slot, 1, handle));                    /* no worker in it */
    assert_true(state_try_take(&slot, 0, item));
    assert_false(state_try_take(&slot, 1, item)); /* once */
    assert_false(state_try_join(&slot, 1, handle_of(3, 8)));
    assert_true(state_try_join(&slot, 1, handle));
    assert_false(state_try_close_idle(&slot, handle, 0));
    assert_true(state_yield_needs_item(&slot, 1));  /* worker 1 must push an item */
    assert_false(state_yield_needs_item(&slot, 0)); /* worker 0 need not: there is one */
    assert_true(state_try_take(&slot, 29, item));
    assert_true(state_try_join(&slot, 2, handle));
    assert_false(state_leave_is_last(&slot, 29));
    assert_true(state_leave_is_last(&slot, 2));
    assert_true(slot.state.word & STATE_CLOSED);
    assert_false(state_try_join(&slot, 1, handle) || state_try_take(&slot, 1, item));
    state_reopen(&slot, 2);
    assert_int_equal(slot.state.word, state_free(7) | STATE_WORKER(2));
}

static void state_with_an_item_is_left_to_its_taker(void **state)
{
    (void)state;
    filch_slot slot = {.state = {state_free(1) | STATE_WORKER(0) | STATE_WORKER(1)}};
    assert_true(state_yield_needs_item(&slot, 0));
    assert_false(state_leave_is_last(&slot, 1)); /* the last worker, but the task is queued */
    /* Another task by now. */
    assert_false(state_try_close_idle(&slot, handle_of(0, 2), 0));
    assert_true(state_try_close_idle(&slot, handle_of(0, 1), STATE_WORKER(1)));
    assert_int_equal(slot.state.word, state_free(1) | STATE_CLOSED | STATE_WORKER(1));
    assert_false(state_try_close_idle(&slot, handle_of(0, 1), STATE_WORKER(1)));
}

static void a_handle_of_another_era_names_no_task(void **state)
{
    (void)state;
    start(1, 1);
    uint64_t first = post_plain(0, 1);
    run_all(0);
    must_reap(first);
    atom64_init(&plan_slots(rt)[0].state, state_free(GENERATION_MAX)); /* 2^30 tasks later */
    uint64_t last = post_plain(0, 1);
    run_all(0);
    must_reap(last);
    uint64_t next = post_plain(0, 1);
    assert_int_equal(handle_generation(next), handle_generation(first));
    assert_int_not_equal(next, first);
    assert_null(state_find(rt, first));
    assert_null(state_find(rt, last));
    assert_int_equal(slot_of(next), &plan_slots(rt)[0]);
    run_all(0);
    must_reap(next);
}

/* A handle is positive as a filch_job. The last task of a slot ends as others do. */
static void a_slot_is_given_up_before_its_handles_come_again(void **state)
{
    (void)state;
    start(1, 2);
    atom64_init(&plan_slots(rt)[0].state, state_free(GENERATION_MAX - 1));
    plan_slots(rt)[0].era = ERA_MAX;
    for (uint32_t i = 0; i < 10; i++) {
        uint64_t handle = post_plain(0, 1);
        assert_int_equal(handle_slot(handle), i < 2 ? 0 : 1);
        assert_true((int64_t)handle > 0);
        run_all(0);
        must_reap(handle);
        assert_null(state_find(rt, handle));
        assert_int_equal(slots_free_count(rt), i < 1 ? 2 : 1);
    }
}

const struct CMUnitTest state_tests[] = {
    TEST(state_goes_its_way),
    TEST(state_with_an_item_is_left_to_its_taker),
    TEST(a_handle_of_another_era_names_no_task),
    TEST(a_slot_is_given_up_before_its_handles_come_again),
};
END_OF_GROUP(state_tests);
