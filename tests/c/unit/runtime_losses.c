/* Chunks that do not return: traps, and workers that die. */
#include "runtime_test.h"

/* Runs the worker until there is nothing to do: false; or until a chunk leaves by test_escape:
 * true. */
static bool has_left(uint32_t worker)
{
    if (setjmp(test_escape)) return true;
    run_all(worker);
    return false;
}

static uint64_t post_that_leaves(uint32_t kernel)
{
    setup s = plain(0, 100);
    s.kernel = kernel;
    s.grain = 10;
    s.args.leave_at = 25;
    return must_post(s);
}

static void a_trap_costs_its_task_alone(void **state)
{
    (void)state;
    for (uint32_t kernel = 0; kernel < LOOPS; kernel++) {
        start(1, 4);
        uint64_t handle = post_that_leaves(kernel), other = post_plain(0, 3);
        assert_true(has_left(0));
        assert_int_equal(status_of(handle), FILCH_PENDING);
        worker_trapped(rt, 0, false);
        const filch_slot *slot = slot_of(handle);
        assert_int_equal(status_of(handle), FILCH_KERNEL_TRAPPED);
        assert_true(slot->failed_begin == 20 && slot->failed_end == 30 && slot->done.word == 20);
        must_reap(handle);
        worker_trapped(rt, 0, false); /* outside of a chunk: no task fails */
        assert_int_equal(status_of(other), FILCH_PENDING);
        assert_false(has_left(0));
        assert_int_equal(status_of(other), FILCH_OK);
        must_reap(other);
    }
}

static void a_lost_worker_loses_the_task_it_ran(void **state)
{
    (void)state;
    for (uint32_t kernel = 0; kernel < LOOPS; kernel++) {
        start(2, 4);
        uint64_t handle = post_that_leaves(kernel), other = post_plain(0, 3);
        assert_true(has_left(1));
        recover_worker(rt, 1);
        assert_int_equal(status_of(handle), FILCH_WORKER_LOST);
        assert_int_equal(plan_workers(rt)[1].slot, 0); /* the next of this number is in no task */
        const filch_slot *slot = slot_of(handle);
        assert_true(slot->failed_begin == 20 && slot->failed_end == 30 && slot->done.word == 20);
        must_reap(handle);
        recover_worker(rt, 1); /* twice is as once */
        assert_int_equal(reap_next(rt), 0);
        worker_adopt(rt, 1);
        assert_false(has_left(1));
        assert_int_equal(status_of(other), FILCH_OK);
        must_reap(other);
    }
}

static void a_lost_workers_queue_is_injected_for_the_others(void **state)
{
    (void)state;
    start(2, 4);
    setup s = plain(0, 3);
    s.args.cost = 2000000;
    uint64_t yielded = must_post(s);
    /* One chunk; the rest is in worker 1's deque. */
    assert_true(worker_slice_has_more(rt, 1, 1000000));
    /* As if the worker had taken the only item and died. */
    while (deque_pop(rt, &plan_workers(rt)[1].deques[1]) != ITEM_NONE) {}
    recover_worker(rt, 1);
    run_all(0);
    assert_int_equal(status_of(yielded), FILCH_OK);
    must_reap(yielded);
}

static void a_task_completed_before_a_loss_completes_no_more(void **state)
{
    (void)state;
    start(2, 4);
    uint64_t a = post_plain(0, 3), b = post_plain(0, 3);
    run_all(1);
    assert_int_equal(reap_next(rt), a); /* not released; b not even reaped */
    recover_worker(rt, 1);
    assert_int_equal(atom32_load(&rt->completions), 0);
    assert_int_equal(status_of(a), FILCH_OK);
    assert_int_equal(status_of(b), FILCH_OK);
    assert_int_equal(reap_release(rt, a), FILCH_OK);
    must_reap(b);
    assert_int_equal(reap_next(rt), 0);
}

const struct CMUnitTest loss_tests[] = {
    TEST(a_trap_costs_its_task_alone),
    TEST(a_lost_worker_loses_the_task_it_ran),
    TEST(a_lost_workers_queue_is_injected_for_the_others),
    TEST(a_task_completed_before_a_loss_completes_no_more),
};
END_OF_GROUP(loss_tests);
