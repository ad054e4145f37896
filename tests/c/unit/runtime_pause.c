/* Pauses of queued, running, and blocked tasks, and their resumes. */
#include "runtime_test.h"

static void a_queued_task_is_paused_at_once(void **state)
{
    (void)state;
    start(1, 4);
    uint64_t handle = post_plain(0, 5), other = post_plain(5, 6);
    assert_int_equal(control_pause_state(rt, handle), PAUSE_NONE);
    assert_true(control_try_pause(rt, handle));
    assert_true(control_try_pause(rt, handle)); /* twice is as once */
    assert_int_equal(control_pause_state(rt, handle), PAUSE_DONE);
    run_all(0);
    assert_int_equal(test_chunk_count, 1); /* the other's */
    assert_int_equal(status_of(handle), FILCH_PENDING);
    must_reap(other);
    assert_true(control_try_resume(rt, handle));
    assert_int_equal(control_pause_state(rt, handle), PAUSE_NONE);
    assert_true(control_try_resume(rt, handle));
    run_all(0);
    assert_int_equal(test_chunk_count, 6);
    must_reap(handle);
    assert_int_equal(reap_next(rt), 0);
}

static int paused_inside;
static void pause_now(void)
{
    assert_true(control_try_pause(rt, test_handle));
    paused_inside = control_pause_state(rt, test_handle);
}

static uint64_t post_that_pauses(uint32_t kernel, uint64_t end, uint64_t at)
{
    setup s = plain(0, end);
    s.kernel = kernel;
    s.grain = 10;
    s.args.act_at = at;
    s.args.act = pause_now;
    return test_handle = must_post(s);
}

static void a_running_task_pauses_at_the_next_safepoint(void **state)
{
    (void)state;
    for (uint32_t kernel = 0; kernel < LOOPS; kernel++) {
        start(1, 4);
        post_that_pauses(kernel, 100, 35);
        run_all(0);
        assert_int_equal(paused_inside, PAUSE_PENDING);
        assert_int_equal(control_pause_state(rt, test_handle), PAUSE_DONE);
        assert_int_equal(test_chunk_count, 4);
        assert_int_equal(slot_of(test_handle)->done.word, 40);
        assert_int_equal(plan_workers(rt)[0].slot, 0);
        assert_true(control_try_resume(rt, test_handle));
        run_all(0);
        check_ran_once(0, 100, 0);
        assert_int_equal(status_of(test_handle), FILCH_OK);
        must_reap(test_handle);
    }
}

static void a_pause_in_the_last_chunk_changes_nothing(void **state)
{
    (void)state;
    for (uint32_t kernel = 0; kernel < LOOPS; kernel++) {
        start(1, 4);
        post_that_pauses(kernel, 100, 95);
        run_all(0);
        assert_int_equal(status_of(test_handle), FILCH_OK);
        must_reap(test_handle);
        uint64_t next = post_plain(0, 1); /* the slot's next task is not paused */
        assert_int_equal(handle_slot(next), handle_slot(test_handle));
        assert_int_equal(control_pause_state(rt, next), PAUSE_NONE);
        run_all(0);
        must_reap(next);
    }
}

/* Worker 0 is in its chunk when worker 1 joins; worker 1 is in its first chunk when the pause
 * comes. */
static int acts;
static void join_then_pause(void)
{
    if (acts++) return;
    filch_slot *slot = slot_of(test_handle);
    record_args *args = (record_args *)(void *)slot->args;
    args->act_at = 40; /* among the iterations that worker 1 takes */
    args->act = pause_now;
    worker_slice_has_more(rt, 1, 1000000);
    /* Worker 0 still is in its chunk. */
    assert_int_equal(control_pause_state(rt, test_handle), PAUSE_PENDING);
    assert_int_equal(atom64_load(&slot->state) & STATE_WORKERS, STATE_WORKER(0));
}

static void every_worker_stops_within_a_chunk(void **state)
{
    (void)state;
    start(3, 4);
    setup s = plain(0, 100);
    s.args.act_at = 20;
    s.args.act = join_then_pause;
    s.grain = 20;
    acts = 0;
    test_handle = must_post(s);
    run_all(0);
    assert_int_equal(control_pause_state(rt, test_handle), PAUSE_DONE);
    assert_true(test_chunk_count <= 4);
    run_all(2);
    uint32_t ran = test_chunk_count;
    run_all(1);
    assert_int_equal(test_chunk_count, ran);
    assert_true(control_try_resume(rt, test_handle));
    run_all(2); /* takes the iterations in the other workers' ranges */
    check_ran_once(0, 100, 0);
    must_reap(test_handle);
}

static void a_task_in_a_workers_deque_is_paused_too(void **state)
{
    (void)state;
    start(2, 4);
    setup s = plain(0, 20);
    s.args.cost = 1000000;
    uint64_t handle = must_post(s);
    assert_true(worker_slice_has_more(rt, 0, 3000000)); /* its item is in worker 0's deque */
    control_try_pause(rt, handle);
    assert_int_equal(control_pause_state(rt, handle), PAUSE_DONE);
    uint32_t ran = test_chunk_count;
    run_all(0);
    run_all(1);
    assert_int_equal(test_chunk_count, ran);
    control_try_resume(rt, handle);
    run_all(1);
    check_ran_once(0, 20, 0);
    must_reap(handle);
}

static void a_blocked_task_is_paused_before_it_begins(void **state)
{
    (void)state;
    for (int resumed_late = 0; resumed_late < 2; resumed_late++) {
        start(1, 4);
        uint64_t first = post_plain(0, 3);
        setup s = plain(0, 5);
        s.args.tag = 1;
        uint64_t second = post_depending(s, &first, 1);
        assert_true(control_try_pause(rt, second));
        assert_int_equal(control_pause_state(rt, second), PAUSE_DONE);
        if (resumed_late) run_all(0);
        assert_int_equal(test_chunk_count, resumed_late ? 3 : 0);
        assert_int_equal(control_pause_state(rt, second), PAUSE_DONE);
        control_try_resume(rt, second);
        run_all(0);
        check_ran_once(0, 5, 1);
        must_reap(first);
        must_reap(second);
    }
}

static void a_paused_task_can_be_cancelled(void **state)
{
    (void)state;
    for (int begun = 0; begun < 3; begun++) { /* queued; half run; blocked */
        start(1, 4);
        uint64_t first = begun == 2 ? post_plain(0, 3) : 0;
        if (begun == 2) test_handle = post_depending(plain(0, 5), &first, 1);
        else post_that_pauses(KERNEL_RECORD, 100, begun ? 35 : UINT64_MAX);
        if (begun == 1) run_all(0);
        control_try_pause(rt, test_handle);
        assert_true(control_try_cancel(rt, test_handle));
        assert_int_equal(status_of(test_handle), FILCH_CANCELLED);
        assert_int_equal(slot_of(test_handle)->done.word, begun == 1 ? 40 : 0);
        must_reap(test_handle); /* at once: no worker runs in the task */
        run_all(0);
        assert_int_equal(test_chunk_count, begun == 1 ? 4 : begun == 2 ? 3 : 0);
    }
}

static void a_stop_completes_paused_tasks(void **state)
{
    (void)state;
    start(1, 4);
    post_that_pauses(KERNEL_RECORD, 100, 35);
    run_all(0);
    uint64_t queued = post_plain(0, 1), completed[2];
    control_try_pause(rt, queued);
    control_stop(rt);
    run_all(0);
    for (int i = 0; i < 2; i++) assert_int_not_equal(completed[i] = reap_next(rt), 0);
    assert_int_equal(completed[0] + completed[1], queued + test_handle);
    assert_int_equal(test_chunk_count, 4);
}

static void a_lost_worker_leaves_a_paused_task_as_it_is(void **state)
{
    (void)state;
    start(2, 4);
    post_that_pauses(KERNEL_RECORD, 100, 35);
    run_all(1);
    recover_worker(rt, 1);
    assert_int_equal(status_of(test_handle), FILCH_PENDING);
    assert_int_equal(control_pause_state(rt, test_handle), PAUSE_DONE);
    control_try_resume(rt, test_handle);
    run_all(0);
    check_ran_once(0, 100, 0);
    must_reap(test_handle);
}

static void pauses_again_and_again_lose_nothing(void **state)
{
    (void)state;
    for (uint32_t kernel = 0; kernel < LOOPS; kernel++) {
        start(3, 2);
        setup s = plain(0, 60);
        s.kernel = kernel;
        s.args.cost = 1000000;
        uint64_t handle = must_post(s);
        for (uint32_t round = 0; round < 200 && !slot_of(handle)->stage; round++) {
            worker_slice_has_more(rt, round % 3, 1000000 * (round % 4));
            control_try_pause(rt, handle);
            for (uint32_t w = 0; w < 3; w++) assert_false(worker_slice_has_more(rt, w, 1000000));
            if (control_pause_state(rt, handle) != PAUSE_DONE) break; /* the task has ended */
            control_try_resume(rt, handle);
        }
        check_ran_once(0, 60, 0);
        must_reap(handle);
    }
}

static void stale_and_invented_handles_are_refused(void **state)
{
    (void)state;
    start(1, 2);
    uint64_t old = post_plain(0, 1);
    run_all(0);
    must_reap(old);
    uint64_t now = post_plain(0, 1);
    const uint64_t wrong[] = {old, 0, now ^ 1, now | 0xffff, now | (uint64_t)1 << 46, UINT64_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(control_try_pause(rt, wrong[i]));
        assert_false(control_try_resume(rt, wrong[i]));
        assert_false(control_try_set_priority(rt, wrong[i], 0));
        assert_int_equal(control_pause_state(rt, wrong[i]), PAUSE_NONE);
        assert_int_equal(control_pieces(rt, wrong[i], 0, 0), 0);
    }
    assert_int_equal(control_pause_state(rt, now), PAUSE_NONE);
    assert_int_equal(slot_of(now)->priority.word, 1);
}

const struct CMUnitTest pause_tests[] = {
    TEST(a_queued_task_is_paused_at_once),
    TEST(a_running_task_pauses_at_the_next_safepoint),
    TEST(a_pause_in_the_last_chunk_changes_nothing),
    TEST(every_worker_stops_within_a_chunk),
    TEST(a_task_in_a_workers_deque_is_paused_too),
    TEST(a_blocked_task_is_paused_before_it_begins),
    TEST(a_paused_task_can_be_cancelled),
    TEST(a_stop_completes_paused_tasks),
    TEST(a_lost_worker_leaves_a_paused_task_as_it_is),
    TEST(pauses_again_and_again_lose_nothing),
    TEST(stale_and_invented_handles_are_refused),
};
END_OF_GROUP(pause_tests);
