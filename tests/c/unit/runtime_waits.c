/* Tasks that wait, events, and the alarm, on one thread. */
#include "runtime_waits.h"

static void a_loop_waits_for_an_event_without_a_worker(void **state)
{
    (void)state;
    begin(1, 4);
    uint32_t event = event_open(rt);
    uint64_t handle = post(event, never);
    run_all(0);
    assert_true(is_waiting(handle));
    assert_int_equal(atom64_load(&slot_of(handle)->state) & STATE_IN_USE, STATE_BLOCKED);
    assert_int_equal(event_waiting(rt, event), 1);
    pulse(event, 1);
    run_all(0);
    assert_int_equal(waits_of(handle)->ends[0], FILCH_WAITED_EVENT);
    assert_int_equal(event_look(rt, event).permits, 0);
    must_reap(handle);
}

static void a_permit_before_the_wait_is_not_lost(void **state)
{
    (void)state;
    begin(1, 4);
    uint32_t event = event_open(rt);
    pulse(event, 2);
    uint64_t handle = post(event, never);
    run_all(0);
    assert_int_equal(event_look(rt, event).permits, 1);
    must_reap(handle);
}

static void tasks_pass_in_turn(void **state)
{
    (void)state;
    begin(1, 4);
    uint32_t event = event_open(rt);
    uint64_t handles[4];
    for (int i = 0; i < 4; i++) handles[i] = post(event, never);
    run_all(0);
    for (uint32_t i = 0; i < 8; i++) { /* those that have passed do not go first again */
        pulse(event, 1);
        run_all(0);
        uint64_t passed = reap_next(rt);
        assert_int_equal(passed, handles[i % 4]);
        assert_int_equal(reap_release(rt, passed), FILCH_OK);
        handles[i % 4] = post(event, never);
        run_all(0);
    }
}

static void a_set_event_lets_all_pass_until_it_is_reset(void **state)
{
    (void)state;
    begin(1, 4);
    uint32_t event = event_open(rt);
    uint64_t a = post(event, never), b = post(event, never);
    run_all(0);
    assert_true(event_try_set(rt, event));
    inbox_flush(rt);
    uint64_t c = post(event, never);
    run_all(0);
    assert_true(event_look(rt, event).is_set);
    assert_int_equal(status_of(a), FILCH_OK);
    assert_int_equal(status_of(b), FILCH_OK);
    assert_int_equal(status_of(c), FILCH_OK);
    assert_true(event_try_reset(rt, event));
    uint64_t d = post(event, never);
    run_all(0);
    assert_true(is_waiting(d));
}

static void a_loop_that_yields_after_its_wait_keeps_how_that_ended(void **state)
{
    (void)state;
    begin(1, 4);
    uint32_t event = event_open(rt);
    event_try_set(rt, event);
    uint64_t handle = post(event, never), other = post(event, never);
    for (int i = 0; i < 8; i++) worker_slice_has_more(rt, 0, 0); /* one chunk each */
    assert_int_equal(waits_of(handle)->ends[0], FILCH_WAITED_EVENT);
    assert_int_equal(waits_of(other)->ends[0], FILCH_WAITED_EVENT);
}

static void permits_do_not_overflow(void **state)
{
    (void)state;
    begin(1, 1);
    uint32_t event = event_open(rt);
    for (int i = 0; i < 4; i++) pulse(event, 0xffffffff);
    assert_int_equal(event_look(rt, event).permits, 0x7fffffff);
}

static void a_number_names_one_event(void **state)
{
    (void)state;
    begin(1, 4);
    uint32_t all[8], first = event_open(rt), count = 1;
    all[0] = first;
    for (uint32_t next; (next = event_open(rt)); count++) all[count] = next;
    assert_int_equal(count, 7); /* number 0 is none */
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < i; j++) assert_int_not_equal(all[i], all[j]);
    }
    assert_true(event_try_close(rt, first));
    assert_false(event_try_close(rt, first) || event_try_set(rt, first));
    assert_false(event_try_pulse(rt, first, 1) || event_try_reset(rt, first));
    uint32_t again = event_open(rt);
    assert_true(again && again != first && event_index(again) == event_index(first));
    assert_true(event_try_set(rt, again));
    uint64_t handle = post(first, never);
    run_all(0);
    assert_int_equal(waits_of(handle)->ends[0], FILCH_WAITED_FAILED);
    uint64_t other = post(77777, never);
    run_all(0);
    assert_int_equal(waits_of(other)->ends[0], FILCH_WAITED_FAILED);
}

static void waits_end_when_their_time_is_over(void **state)
{
    (void)state;
    begin(1, 4);
    uint32_t event = event_open(rt);
    uint64_t late = post(event, 30), early = post(0, 10), unlimited = post(event, never);
    run_all(0);
    assert_true(alarm_is_new(rt));
    uint64_t alarm = alarm_next(rt);
    assert_in_range(alarm, test_clock + 10 * MS, test_clock + 10 * MS + 1000);
    assert_false(alarm_is_new(rt));
    test_clock = alarm - 2; /* too early: nothing ends */
    ring();
    assert_int_equal(alarm_next(rt), alarm);
    test_clock = alarm;
    ring();
    run_all(0);
    assert_int_equal(status_of(early), FILCH_OK);
    assert_int_equal(waits_of(early)->ends[0], FILCH_WAITED_TIMEOUT);
    assert_true(is_waiting(late) && is_waiting(unlimited) && alarm_is_new(rt));
    test_clock = alarm_next(rt);
    ring();
    run_all(0);
    assert_int_equal(waits_of(late)->ends[0], FILCH_WAITED_TIMEOUT);
    assert_true(is_waiting(unlimited));
    assert_int_equal(alarm_next(rt), NO_ALARM);
}

static void no_time_is_no_wait(void **state)
{
    (void)state;
    begin(1, 4);
    uint32_t event = event_open(rt);
    uint64_t handle = post(event, 0);
    run_all(0);
    assert_int_equal(waits_of(handle)->ends[0], FILCH_WAITED_TIMEOUT);
}

static void a_worker_notifies_the_owner_of_an_earlier_alarm_only(void **state)
{
    (void)state;
    begin(1, 4);
    assert_true(reap_try_arm(rt));
    post(0, 20);
    run_all(0);
    assert_int_equal(atom32_load(&rt->doorbell), 0);
    assert_false(reap_try_arm(rt)); /* the owner does not know of the alarm */
    alarm_next(rt);
    assert_true(reap_try_arm(rt));
    post(0, 30);
    run_all(0);
    assert_int_equal(atom32_load(&rt->doorbell), 1);
}

static void a_task_goes_to_the_worker_that_ran_it_last(void **state)
{
    (void)state;
    begin(3, 8);
    uint32_t event = event_open(rt);
    uint64_t handle = post(event, never);
    run_all(1);
    pulse(event, 1);
    assert_int_equal(deque_length(&plan_workers(rt)[1].inbox), 1);
    assert_true(deque_is_empty(&rt->injector[1]));
    uint64_t other = post(event, never); /* what has waited goes before what has not begun */
    run_all(1);
    assert_int_equal(test_chunks[0].worker, 1);
    assert_int_equal(status_of(handle), FILCH_OK);
    assert_true(is_waiting(other));
    pulse(event, 1);
    run_all(2); /* another worker steals it */
    assert_int_equal(test_chunks[1].worker, 2);
}

static void what_is_ready_in_one_turn_has_one_notification(void **state)
{
    (void)state;
    begin(2, 16);
    uint32_t event = event_open(rt);
    for (int i = 0; i < 16; i++) post(event, never);
    run_all(0);
    sleep_prepare_park(rt, 0);
    test_wakes = 0;
    for (int i = 0; i < 16; i++) assert_true(event_try_pulse(rt, event, 1));
    assert_int_equal(test_wakes, 0);
    inbox_flush(rt);
    assert_int_equal(test_wakes, 1);
    inbox_flush(rt);
    assert_int_equal(test_wakes, 1);
}

static void an_inbox_full_of_stale_items_overflows_into_the_injector(void **state)
{
    (void)state;
    begin(1, 2);
    uint32_t event = event_open(rt);
    for (int i = 0; i < 4; i++) { /* cancelled before a worker has met the item */
        uint64_t handle = post(event, never);
        run_all(0);
        pulse(event, 1);
        assert_true(control_try_cancel(rt, handle));
        must_reap(handle);
        if (i < 1) continue;
        filch_deque *inbox = &plan_workers(rt)[0].inbox;
        assert_true(deque_length(inbox) <= 2);
        while (deque_steal(rt, inbox) < ITEM_LOST) {}
        for (int n = 0; n < 2; n++) deque_try_push(rt, inbox, item_of(0, state_free(9)));
    }
    uint64_t handle = post(event, never);
    run_all(0);
    for (int n = 0; n < 2; n++)
        deque_try_push(rt, &plan_workers(rt)[0].inbox, item_of(0, state_free(9)));
    pulse(event, 1);
    assert_int_equal(deque_length(&rt->injector[1]), 1);
    run_all(0);
    must_reap(handle);
}

static void an_urgent_task_that_has_waited_asks_a_busy_worker(void **state)
{
    (void)state;
    begin(1, 4);
    uint32_t event = event_open(rt);
    waits_args args = {.event = event, .milliseconds = never};
    filch_submission urgent = submission(WAITS, &args);
    urgent.priority = 0;
    must_submit(urgent);
    run_all(0);
    atom32_store(&plan_workers(rt)[0].shared.priority, 2);
    atom32_store(&plan_workers(rt)[0].shared.preempt_request, 0);
    pulse(event, 1);
    assert_int_equal(atom32_load(&plan_workers(rt)[0].shared.preempt_request), 1);
}

const struct CMUnitTest wait_tests[] = {
    TEST(a_loop_waits_for_an_event_without_a_worker),
    TEST(a_permit_before_the_wait_is_not_lost),
    TEST(tasks_pass_in_turn),
    TEST(a_set_event_lets_all_pass_until_it_is_reset),
    TEST(a_loop_that_yields_after_its_wait_keeps_how_that_ended),
    TEST(permits_do_not_overflow),
    TEST(a_number_names_one_event),
    TEST(waits_end_when_their_time_is_over),
    TEST(no_time_is_no_wait),
    TEST(a_worker_notifies_the_owner_of_an_earlier_alarm_only),
    TEST(a_task_goes_to_the_worker_that_ran_it_last),
    TEST(what_is_ready_in_one_turn_has_one_notification),
    TEST(an_inbox_full_of_stale_items_overflows_into_the_injector),
    TEST(an_urgent_task_that_has_waited_asks_a_busy_worker),
};
END_OF_GROUP(wait_tests);
