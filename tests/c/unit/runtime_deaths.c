/* Chunks that do not come back: traps, and workers that die. */
#include "runtime_test.h"

/* Runs the worker until there is nothing to do, or until a chunk leaves by test_escape. */
static bool leaves(uint32_t worker)
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
        assert_true(leaves(0));
        assert_int_equal(status_of(handle), FILCH_PENDING);
        worker_trapped(rt, 0);
        const filch_slot *slot = slot_of(handle);
        assert_int_equal(status_of(handle), FILCH_KERNEL_TRAPPED);
        assert_true(slot->failed_begin == 20 && slot->failed_end == 30 && slot->done.word == 20);
        settle(handle);
        worker_trapped(rt, 0); /* outside of a chunk: nothing to fail */
        assert_int_equal(status_of(other), FILCH_PENDING);
        assert_false(leaves(0));
        assert_int_equal(status_of(other), FILCH_OK);
        settle(other);
    }
}

static void a_dead_worker_loses_the_task_it_ran(void **state)
{
    (void)state;
    for (uint32_t kernel = 0; kernel < LOOPS; kernel++) {
        start(2, 4);
        uint64_t handle = post_that_leaves(kernel), other = post_plain(0, 3);
        assert_true(leaves(1));
        recover_worker(rt, 1);
        assert_int_equal(status_of(handle), FILCH_WORKER_LOST);
        assert_true(slot_of(handle)->failed_begin == 20 && slot_of(handle)->failed_end == 30 && slot_of(handle)->done.word == 20);
        settle(handle);
        recover_worker(rt, 1); /* says so twice */
        assert_int_equal(reap_next(rt), 0);
        worker_adopt(rt, 1);
        assert_false(leaves(1));
        assert_int_equal(status_of(other), FILCH_OK);
        settle(other);
    }
}

static void a_dead_workers_queue_is_offered_to_the_others(void **state)
{
    (void)state;
    start(2, 4);
    setup s = plain(0, 3);
    s.args.cost = 2000000;
    uint64_t yielded = must_post(s);
    assert_true(worker_slice_has_more(rt, 1, 1000000)); /* one chunk; the rest is in worker 1's deque */
    while (deque_pop(&rt->workers[1].deques[1]) != ITEM_NONE) {} /* as if it had died with the only item in its hands */
    recover_worker(rt, 1);
    run_all(0);
    assert_int_equal(status_of(yielded), FILCH_OK);
    settle(yielded);
}

static void what_had_settled_before_a_death_settles_no_more(void **state)
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
    settle(b);
    assert_int_equal(reap_next(rt), 0);
}

const struct CMUnitTest death_tests[] = {
    TEST(a_trap_costs_its_task_alone), TEST(a_dead_worker_loses_the_task_it_ran), TEST(a_dead_workers_queue_is_offered_to_the_others),
    TEST(what_had_settled_before_a_death_settles_no_more),
};
END_OF_GROUP(death_tests);
