/* Waits that are refused, restored, or met by corrupt words, on one thread. */
#include "runtime_waits.h"

static void what_cannot_wait_fails(void **state)
{
    (void)state;
    waits_args args = {.milliseconds = never};
    const struct {
        uint32_t kernel, status;
        double milliseconds;
    } cases[] = {
        {PARALLEL, FILCH_NO_WAIT, 1},     {WAITS, FILCH_BAD_ARGUMENT, never},
        {WAITS, FILCH_BAD_ARGUMENT, -1},  {WAITS, FILCH_BAD_ARGUMENT, __builtin_nan("")},
        {TOO_FAR, FILCH_BAD_CODE, never}, {SAYS, FILCH_BAD_CODE, never},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(1, 4);
        args.milliseconds = cases[i].milliseconds;
        if (cases[i].kernel == TOO_FAR) args.event = event_open(rt);
        uint64_t handle = must_submit(submission(cases[i].kernel, &args));
        run_all(0);
        assert_int_equal(status_of(handle), cases[i].status);
        must_reap(handle);
    }
    begin(1, 4);
    atom32_store(&rt->tells_time, 0);
    uint64_t handle = post(0, 1);
    run_all(0);
    assert_int_equal(status_of(handle), FILCH_NO_WAIT);
}

static void a_restored_task_waits_or_has_waited(void **state)
{
    (void)state;
    begin(1, 4);
    uint32_t event = event_open(rt);
    waits_args args = {.asked = 1};
    filch_submission s = submission(WAITS, &args);
    filch_wait_request request = {.event = event, .milliseconds = 5};
    s.wait = &request;
    uint64_t handle = must_submit(s);
    run_all(0);
    assert_true(is_waiting(handle) && !test_chunk_count && alarm_is_new(rt));
    pulse(event, 1);
    run_all(0);
    assert_int_equal(waits_of(handle)->ends[0], FILCH_WAITED_EVENT);
    must_reap(handle);
    pulse(event, 1); /* open before it begins */
    handle = must_submit(s);
    run_all(0);
    assert_int_equal(waits_of(handle)->ends[0], FILCH_WAITED_EVENT);
    must_reap(handle);
    s.wait = 0;
    s.waited = FILCH_WAITED_TIMEOUT + 1;
    handle = must_submit(s);
    run_all(0);
    assert_int_equal(waits_of(handle)->ends[0], FILCH_WAITED_TIMEOUT);
    must_reap(handle);
    filch_status why;
    s.waited = FILCH_NOT_WAITED + 1;
    assert_int_equal(submit_task(rt, &s, &why), 0);
    assert_int_equal(why, FILCH_BAD_ARGUMENT);
    s.kernel = PARALLEL;
    assert_int_equal(submit_task(rt, &s, &why), 0);
    assert_int_equal(why, FILCH_NO_WAIT);
}

static uint32_t next_random(uint32_t *seed) { return *seed = *seed * 1664525 + 1013904223; }

/* Other code writes to the words of waits and events. The owner's calls end, and stay in bounds. */
static void corrupt_words_end_no_call_late(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (int round = 0; round < 200; round++) {
        begin(2, 4);
        test_corrupts = true;
        uint32_t event = event_open(rt);
        for (int i = 0; i < 3; i++) post(event, i ? never : 5);
        run_all(0);
        for (uint32_t i = 0; i < 4; i++) {
            uint64_t word = (uint64_t)next_random(&seed) << 32 | next_random(&seed);
            if (next_random(&seed) & 0x10000) word = (word & 0xffff) | (uint64_t)event << 32;
            if (next_random(&seed) & 0x10000) atom64_store(&plan_waiters(rt)[i].word, word);
            if (next_random(&seed) & 0x10000) atom64_store(&plan_waiters(rt)[i].deadline, word);
        }
        if (round & 1) plan_events(rt)[event].word ^= (uint64_t)next_random(&seed) << 30;
        rt->owner.hand = next_random(&seed);
        rt->owner.event_next = next_random(&seed);
        event_try_pulse(rt, event, next_random(&seed));
        event_try_set(rt, event);
        event_waiting(rt, event);
        test_clock = alarm_next(rt);
        ring();
        event_try_look_again(rt);
        recover_worker(rt, round & 1);
        event_open(rt);
        event_try_close(rt, event);
        control_stop(rt);
        worker_slice_has_more(rt, 0, 1000);
    }
}

const struct CMUnitTest refused_wait_tests[] = {
    TEST(what_cannot_wait_fails),
    TEST(a_restored_task_waits_or_has_waited),
    TEST(corrupt_words_end_no_call_late),
};
END_OF_GROUP(refused_wait_tests);
