/* Tasks that come after others. */
#include "runtime_test.h"


static setup tagged(uint64_t end, uint32_t tag)
{
    setup s = plain(0, end);
    s.args.tag = tag;
    return s;
}

static setup failing(void)
{
    setup s = plain(0, 1);
    s.args.fail_at = 0;
    s.args.code = 3;
    return s;
}

static void it_begins_when_all_have_settled(void **state)
{
    (void)state;
    for (uint32_t count = 1; count <= DEPENDENCIES_MAX; count++) {
        start(2, 32);
        uint64_t before[DEPENDENCIES_MAX];
        for (uint32_t i = 0; i < count; i++) before[i] = must_post(tagged(i % 3, 1));
        uint64_t handle = post_after(tagged(4, 2), before, count), other = must_post(tagged(1, 3));
        assert_true(atom64_load(&slot_of(handle)->state) & STATE_BLOCKED);
        run_all(1);
        bool begun = false, between = false;
        for (uint32_t c = 0; c < test_chunk_count; c++) {
            begun |= test_chunks[c].tag == 2;
            if (test_chunks[c].tag != 2) assert_true(!begun || test_chunks[c].tag == 3);
            between |= test_chunks[c].tag == 3;
        }
        ran_once(0, 4, 2);
        assert_true(between);
        assert_int_equal(status_of(handle), FILCH_OK);
        assert_int_equal(status_of(other), FILCH_OK);
        for (uint64_t settled; (settled = reap_next(rt)) != 0;) assert_int_equal(reap_release(rt, settled), FILCH_OK);
        for (uint32_t i = 0; i < 32; i++) assert_true(slots_take(rt, 0) != SLOT_NONE); /* every slot came back */
    }
}

static void what_is_over_is_not_waited_for(void **state)
{
    (void)state;
    start(1, 8);
    uint64_t settled = post_plain(0, 1), released = post_plain(0, 1);
    run_all(0);
    assert_int_equal(reap_next(rt), settled);
    settle(released);
    const uint64_t after[] = {settled, released, released ^ 1, 0, UINT64_MAX};
    uint64_t handle = post_after(tagged(2, 1), after, 5);
    assert_true(atom64_load(&slot_of(handle)->state) & STATE_QUEUED);
    run_all(0);
    assert_int_equal(status_of(handle), FILCH_OK);
}

static void it_is_not_done_where_one_was_not(void **state)
{
    (void)state;
    for (int how = 0; how < 4; how++) {
        start(1, 8);
        uint64_t good = post_plain(0, 1), bad = must_post(how == 0 ? failing() : plain(0, 2));
        if (how == 2) control_try_cancel(rt, bad); /* before the post */
        uint64_t last[2], handle = post_after(tagged(3, 1), (uint64_t[]){good, bad}, 2);
        last[0] = post_after(tagged(3, 1), &handle, 1);
        last[1] = post_after(tagged(3, 1), last, 1); /* and so on */
        if (how == 1) control_try_cancel(rt, bad);
        if (how == 3) control_try_cancel(rt, handle);
        run_all(0);
        assert_int_equal(status_of(handle), how == 3 ? FILCH_CANCELLED : FILCH_DEPENDENCY_FAILED);
        for (int i = 0; i < 2; i++) assert_int_equal(status_of(last[i]), FILCH_DEPENDENCY_FAILED);
        assert_int_equal(test_chunk_count, how == 3 ? 3 : how == 0 ? 2 : 1);
        uint32_t reaped = 0;
        for (uint64_t settled; (settled = reap_next(rt)) != 0; reaped++) assert_int_equal(reap_release(rt, settled), FILCH_OK);
        assert_int_equal(reaped, 5);
    }
}

static void it_settles_only_when_all_have(void **state)
{
    (void)state;
    start(1, 8);
    uint64_t bad = must_post(failing()), slow = post_plain(0, 3);
    control_try_pause(rt, slow);
    uint64_t handle = post_after(tagged(3, 1), (uint64_t[]){bad, slow}, 2);
    run_all(0);
    settle(bad);
    assert_int_equal(reap_next(rt), 0);
    control_try_resume(rt, slow);
    run_all(0);
    settle(slow);
    settle(handle);
}

static void one_that_failed_before_the_post_counts(void **state)
{
    (void)state;
    start(1, 4);
    uint64_t bad = must_post(failing());
    run_all(0);
    uint64_t handle = post_after(tagged(3, 1), &bad, 1); /* settled, not released */
    run_all(0);
    assert_int_equal(status_of(handle), FILCH_DEPENDENCY_FAILED);
    assert_int_equal(test_chunk_count, 1);
}

static void a_dead_workers_task_was_not_done(void **state)
{
    (void)state;
    start(2, 4);
    setup s = plain(0, 10);
    s.args.leave_at = 3;
    uint64_t first = must_post(s), handle = post_after(tagged(1, 1), &first, 1);
    if (!setjmp(test_escape)) run_all(1);
    recover_worker(rt, 1);
    run_all(0);
    assert_int_equal(status_of(first), FILCH_WORKER_LOST);
    assert_int_equal(status_of(handle), FILCH_DEPENDENCY_FAILED);
}

static void a_cancel_of_what_waits_takes_effect_at_once(void **state)
{
    (void)state;
    start(1, 2);
    uint64_t first = post_plain(0, 2), handle = post_after(tagged(1, 1), &first, 1);
    assert_true(control_try_cancel(rt, handle));
    settle(handle);
    setup s = plain(0, 1);
    filch_status why;
    assert_int_equal(try_post(&s, &why), 0); /* the slot's edge still is in the other's list */
    assert_int_equal(why, FILCH_POOL_FULL);
    run_all(0);
    settle(first);
    assert_int_equal(test_chunk_count, 2);
    for (int i = 0; i < 2; i++) assert_int_not_equal(try_post(&s, &why), 0);
}

static void one_that_is_named_twice_counts_twice(void **state)
{
    (void)state;
    start(1, 2);
    uint64_t first = post_plain(0, 2), after[DEPENDENCIES_MAX];
    for (uint32_t i = 0; i < DEPENDENCIES_MAX; i++) after[i] = first;
    uint64_t handle = post_after(tagged(1, 1), after, DEPENDENCIES_MAX);
    run_all(0);
    assert_int_equal(status_of(handle), FILCH_OK);
    settle(first);
    settle(handle);
}

static void more_than_that_are_refused(void **state)
{
    (void)state;
    start(1, 4);
    uint64_t after[DEPENDENCIES_MAX + 1] = {post_plain(0, 1)};
    setup s = plain(0, 1);
    filch_submission posting = posting_of(&s);
    posting.dependencies = after;
    posting.dependency_count = DEPENDENCIES_MAX + 1;
    filch_status why;
    assert_int_equal(submit_task(rt, &posting, &why), 0);
    assert_int_equal(why, FILCH_BAD_ARGUMENT);
}

static void many_come_after_one(void **state)
{
    (void)state;
    start(3, 64);
    uint64_t first = must_post(tagged(1, 0));
    for (uint32_t i = 1; i < 64; i++) post_after(tagged(2, i), &first, 1);
    run_all(1);
    for (uint32_t i = 1; i < 64; i++) ran_once(0, 2, i);
    assert_int_equal(test_chunks[0].tag, 0);
}

/* A random graph: each comes after some that were posted before it. With cancels and failures, and slots that are used again. */
static void a_random_graph_runs_in_order(void **state)
{
    (void)state;
    enum { TASKS = 40 };
    uint64_t random = 1;
    for (int round = 0; round < 200; round++) {
        start(1 + round % 4, TASKS);
        uint64_t handles[TASKS], needs[TASKS] = {0};
        bool spoilt[TASKS] = {false}, cancelled[TASKS] = {false};
        for (uint32_t t = 0; t < TASKS; t++) {
            uint64_t after[DEPENDENCIES_MAX];
            uint32_t count = 0;
            setup s = tagged(1, t);
            s.priority = t % PRIORITIES;
            random = random * 6364136223846793005u + 1;
            if (random >> 60 == 0) {
                s.args.fail_at = 0;
                s.args.code = 1;
            }
            for (uint32_t i = 0; t && i < (random >> 40) % 5; i++) {
                uint32_t before = (uint32_t)((random >> (8 * i)) % t);
                after[count++] = handles[before];
                needs[t] |= (uint64_t)1 << before;
                spoilt[t] |= spoilt[before];
            }
            handles[t] = post_after(s, after, count);
            spoilt[t] |= s.args.code == 1;
            if (random >> 60 == 1) worker_slice_has_more(rt, t % rt->worker_count, 0);
            if (random >> 60 == 2 && status_of(handles[t]) == FILCH_PENDING) cancelled[t] = spoilt[t] = control_try_cancel(rt, handles[t]);
        }
        run_all(0);
        uint64_t ran = 0;
        for (uint32_t c = 0; c < test_chunk_count; c++) {
            assert_int_equal(needs[test_chunks[c].tag] & ~ran, 0);
            ran |= (uint64_t)1 << test_chunks[c].tag;
        }
        for (uint32_t t = 0; t < TASKS; t++) {
            assert_int_equal(status_of(handles[t]) == FILCH_OK, !spoilt[t]);
            if (cancelled[t]) assert_in_range(status_of(handles[t]), FILCH_CANCELLED, FILCH_DEPENDENCY_FAILED);
        }
        uint32_t reaped = 0;
        for (uint64_t settled; (settled = reap_next(rt)) != 0; reaped++) assert_int_equal(reap_release(rt, settled), FILCH_OK);
        assert_int_equal(reaped, TASKS);
        for (uint32_t i = 0; i < TASKS; i++) assert_true(slots_take(rt, 0) != SLOT_NONE);
    }
}

const struct CMUnitTest after_tests[] = {
    TEST(it_begins_when_all_have_settled), TEST(what_is_over_is_not_waited_for), TEST(it_is_not_done_where_one_was_not),
    TEST(it_settles_only_when_all_have), TEST(one_that_failed_before_the_post_counts), TEST(a_dead_workers_task_was_not_done),
    TEST(a_cancel_of_what_waits_takes_effect_at_once), TEST(one_that_is_named_twice_counts_twice), TEST(more_than_that_are_refused),
    TEST(many_come_after_one), TEST(a_random_graph_runs_in_order),
};
END_OF_GROUP(after_tests);
