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

const struct CMUnitTest state_tests[] = {
    TEST(state_goes_its_way),
    TEST(state_with_an_item_is_left_to_its_taker),
};
END_OF_GROUP(state_tests);
