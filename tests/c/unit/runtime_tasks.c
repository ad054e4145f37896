/* Posts, cancels, reaps, releases, and failures, as the owner sees them. */
#include "runtime_test.h"

static void *copy_of_region(uint64_t *bytes)
{
    filch_options o = {.workers = plan_worker_count(rt), .slots = plan_slot_count(rt)};
    *bytes = region_bytes(&o) - PLAN_HEADER;
    void *copy = malloc(*bytes);
    memcpy(copy, rt, *bytes);
    return copy;
}

/* The runtime refuses the post with `status`, and writes to no word of shared memory. */
static void must_refuse(setup s, filch_status status)
{
    uint64_t bytes;
    void *before = copy_of_region(&bytes);
    filch_status why = FILCH_OK;
    assert_int_equal(try_post(&s, &why), 0);
    assert_int_equal(why, status);
    assert_memory_equal(before, rt, bytes);
    free(before);
}

static void a_bad_post_is_refused_and_touches_nothing(void **state)
{
    (void)state;
    start(2, 3);
    setup s = plain(0, 10);
    s.kernel = KERNELS;
    must_refuse(s, FILCH_UNKNOWN_KERNEL);
    s.kernel = UINT32_MAX;
    must_refuse(s, FILCH_UNKNOWN_KERNEL);
    must_refuse(plain(1, 0), FILCH_BAD_RANGE);
    must_refuse(plain(0, RANGE_MAX + 1), FILCH_BAD_RANGE);
    must_refuse(plain(UINT64_MAX, 0), FILCH_BAD_RANGE);
    s = plain(0, 10);
    s.priority = PRIORITIES;
    must_refuse(s, FILCH_BAD_ARGUMENT);
    s.priority = UINT32_MAX;
    must_refuse(s, FILCH_BAD_ARGUMENT);
    for (int i = 0; i < 3; i++) post_plain(0, 1);
    must_refuse(plain(0, 10), FILCH_POOL_FULL);
    control_stop(rt);
    must_refuse(plain(0, 10), FILCH_STOPPED);
}

static void a_post_runs_each_iteration_and_completes_once(void **state)
{
    (void)state;
    start(1, 4);
    setup s = plain(5, 25);
    s.grain = 6;
    s.args.tag = 42;
    uint64_t handle = must_post(s);
    assert_int_equal(status_of(handle), FILCH_PENDING);
    run_all(0);
    assert_int_equal(test_chunk_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(test_chunks[i].begin, 5 + 6 * i);
        assert_int_equal(test_chunks[i].end, i < 3 ? 11 + 6 * i : 25);
        assert_int_equal(test_chunks[i].tag, 42);
    }
    assert_int_equal(status_of(handle), FILCH_OK);
    assert_int_equal(slot_of(handle)->done.word, 20);
    assert_int_equal(slot_of(handle)->helpers.word, 1);
    assert_int_equal(args_of(handle)->state, 20);
    must_reap(handle);
    assert_int_equal(reap_next(rt), 0);
}

static void the_post_copies_its_arguments(void **state)
{
    (void)state;
    start(1, 1);
    setup s = plain(0, 1);
    s.args.tag = 7;
    uint64_t handle = must_post(s);
    assert_memory_equal(args_of(handle), &s.args, sizeof s.args);
    assert_ptr_not_equal(args_of(handle), &s.args);
}

static void an_empty_range_completes_without_a_chunk(void **state)
{
    (void)state;
    start(1, 4);
    const uint64_t at[] = {0, 77, RANGE_MAX};
    for (int i = 0; i < 3; i++) {
        setup s = plain(at[i], at[i]);
        s.kernel = i % 2 ? KERNEL_RECORD_SEQUENTIAL : KERNEL_RECORD;
        uint64_t handle = must_post(s);
        run_all(0);
        assert_int_equal(status_of(handle), FILCH_OK);
        assert_int_equal(slot_of(handle)->helpers.word, 0);
        must_reap(handle);
    }
    assert_int_equal(test_chunk_count, 0);
}

static void a_queued_task_is_cancelled_at_once(void **state)
{
    (void)state;
    start(1, 4);
    uint64_t handle = post_plain(0, 100), other = post_plain(0, 1);
    assert_true(control_try_cancel(rt, handle));
    assert_true(control_try_cancel(rt, handle)); /* no error, and the task completes once */
    assert_int_equal(status_of(handle), FILCH_CANCELLED);
    assert_int_equal(slot_of(handle)->done.word, 0);
    must_reap(handle);
    assert_int_equal(reap_next(rt), 0);
    run_all(0);
    assert_int_equal(test_chunk_count, 1); /* the other's */
    must_reap(other);
}

static void a_running_task_stops_at_the_next_safepoint(void **state)
{
    (void)state;
    for (uint32_t kernel = 0; kernel < LOOPS; kernel++) {
        start(1, 4);
        setup s = plain(0, 100);
        s.kernel = kernel;
        s.grain = 10;
        s.args.cancel_at = 35;
        test_handle = must_post(s);
        run_all(0);
        assert_int_equal(test_chunk_count, 4);
        assert_int_equal(slot_of(test_handle)->done.word, 40);
        assert_int_equal(status_of(test_handle), FILCH_CANCELLED);
        must_reap(test_handle);
    }
}

static void a_cancel_after_the_last_iteration_changes_nothing(void **state)
{
    (void)state;
    start(1, 4);
    setup s = plain(0, 10);
    s.args.cancel_at = 9;
    test_handle = must_post(s);
    run_all(0);
    assert_int_equal(status_of(test_handle), FILCH_OK);
    assert_true(control_try_cancel(rt, test_handle));
    assert_int_equal(status_of(test_handle), FILCH_OK);
    must_reap(test_handle);
}

static void release_wants_a_reaped_task(void **state)
{
    (void)state;
    start(1, 2);
    uint64_t handle = post_plain(0, 1);
    assert_int_equal(reap_release(rt, handle), FILCH_BAD_ARGUMENT); /* queued */
    run_all(0);
    assert_int_equal(reap_release(rt, handle), FILCH_BAD_ARGUMENT); /* completed, not reaped */
    assert_int_equal(reap_next(rt), handle);
    assert_int_equal(reap_release(rt, handle), FILCH_OK);
    assert_int_equal(reap_release(rt, handle), FILCH_STALE_HANDLE); /* twice */
}

static void stale_and_invented_handles_name_no_task(void **state)
{
    (void)state;
    start(1, 2);
    uint64_t old = post_plain(0, 1);
    run_all(0);
    must_reap(old);
    uint64_t now = post_plain(0, 1);
    assert_int_equal(handle_slot(now), handle_slot(old));
    const uint64_t wrong[] = {old,
                              0,
                              now + 0x10000,
                              now - 0x10000 * 2,
                              now ^ 1,
                              now | 0xffff,
                              now | (uint64_t)1 << 48,
                              UINT64_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_null(state_find(rt, wrong[i]));
        assert_false(control_try_cancel(rt, wrong[i]));
        assert_int_equal(reap_release(rt, wrong[i]), FILCH_STALE_HANDLE);
    }
    assert_int_equal(status_of(now), FILCH_PENDING);
}

static void a_release_bumps_the_generation(void **state)
{
    (void)state;
    start(1, 1);
    for (uint32_t i = 1; i < 100; i++) {
        uint64_t handle = post_plain(0, 1);
        assert_int_equal(handle, handle_of(0, i));
        run_all(0);
        must_reap(handle);
    }
}

static void generations_wrap_past_zero(void **state)
{
    (void)state;
    start(1, 1);
    atom64_init(&plan_slots(rt)[0].state, state_free(GENERATION_MAX));
    const uint32_t generations[] = {GENERATION_MAX, 1, 2};
    for (int i = 0; i < 3; i++) {
        uint64_t handle = post_plain(0, 1);
        assert_int_equal(handle_generation(handle), generations[i]);
        run_all(0);
        must_reap(handle);
    }
}

static void a_post_finds_a_slot_after_a_release(void **state)
{
    (void)state;
    start(1, 2);
    uint64_t a = post_plain(0, 1), b = post_plain(0, 1);
    setup s = plain(0, 1);
    filch_status why;
    assert_int_equal(try_post(&s, &why), 0);
    run_all(0);
    assert_int_equal(try_post(&s, &why), 0); /* completed is not released */
    must_reap(a);
    uint64_t c = must_post(s);
    must_reap(b);
    run_all(0);
    must_reap(c);
}

static void a_full_injector_notifies_when_it_has_space(void **state)
{
    (void)state;
    start(1, 2);
    setup s = plain(0, 1);
    filch_status why;
    for (int i = 0; i < 2; i++) { /* items of cancelled tasks stay until a worker meets them */
        uint64_t handle = must_post(s);
        control_try_cancel(rt, handle);
        must_reap(handle);
    }
    assert_int_equal(try_post(&s, &why), 0);
    assert_int_equal(why, FILCH_POOL_FULL);
    assert_true(reap_try_arm(rt));
    run_all(0);
    assert_int_equal(rt->doorbell.word, 0);
    assert_int_equal(test_wakes, 1);
    assert_false(reap_try_arm(rt)); /* there is no completion, but space */
    uint64_t handle = must_post(s);
    run_all(0);
    must_reap(handle);
    assert_true(reap_try_arm(rt));
}

static void a_failing_chunk_names_its_code_and_range(void **state)
{
    (void)state;
    for (uint32_t kernel = 0; kernel < LOOPS; kernel++) {
        const uint32_t codes[] = {1, 4711, FILCH_CODE_MAX, 0x10000, 70000, (uint32_t)-1, 1u << 31};
        for (int i = 0; i < 7; i++) {
            start(1, 4);
            setup s = plain(1000, 1100);
            s.kernel = kernel;
            s.grain = 10;
            s.args.fail_at = 1054;
            s.args.code = codes[i];
            uint64_t handle = must_post(s), other = post_plain(0, 3);
            run_all(0);
            const filch_slot *slot = slot_of(handle);
            assert_int_equal(slot->status.word,
                             i < 3 ? FILCH_KERNEL_FAILED | codes[i] << 16 : FILCH_BAD_CODE);
            assert_int_equal(slot->failed_begin, 1050);
            assert_int_equal(slot->failed_end, 1060);
            assert_int_equal(slot->done.word, 50);
            assert_int_equal(test_chunk_count, 6 + 3);
            assert_int_equal(status_of(other), FILCH_OK);
        }
    }
}

static void ranges_run_block_by_block(void **state)
{
    (void)state;
    const uint64_t block = (uint64_t)1 << BLOCK_BITS;
    const uint64_t lengths[] = {block - 1, block, block + 1, 3 * block + 5};
    for (uint32_t kernel = 0; kernel < LOOPS; kernel++) {
        for (int i = 0; i < 4; i++) {
            start(1, 1);
            setup s = plain(RANGE_MAX - lengths[i], RANGE_MAX);
            s.kernel = kernel;
            s.grain = UINT32_MAX;
            uint64_t handle = must_post(s), at = s.begin;
            run_all(0);
            assert_int_equal(test_chunk_count, (lengths[i] + block - 1) / block);
            for (uint32_t c = 0; c < test_chunk_count; c++) {
                assert_int_equal(test_chunks[c].begin, at);
                at = test_chunks[c].end;
            }
            assert_int_equal(at, RANGE_MAX);
            assert_int_equal(status_of(handle), FILCH_OK);
            assert_int_equal(slot_of(handle)->done.word, lengths[i]);
            must_reap(handle);
        }
    }
}

static void a_failure_in_a_later_block_is_found_there(void **state)
{
    (void)state;
    const uint64_t block = (uint64_t)1 << BLOCK_BITS;
    start(1, 1);
    setup s = plain(10, 10 + 4 * block);
    s.grain = (uint32_t)1 << 29;
    s.args.fail_at = 10 + 2 * block + (block >> 1);
    s.args.code = 3;
    uint64_t handle = must_post(s);
    run_all(0);
    const filch_slot *slot = slot_of(handle);
    assert_int_equal(slot->loop.base, 10 + 2 * block);
    assert_int_equal(slot->failed_begin, 10 + 2 * block + (block >> 1));
    assert_int_equal(slot->done.word, 2 * block + (block >> 1));
}

static void a_stop_completes_all_and_refuses_more(void **state)
{
    (void)state;
    start(1, 4);
    setup s = plain(0, 5);
    s.args.cost = 2000000;
    uint64_t running = must_post(s), queued = post_plain(0, 5);
    assert_true(worker_slice_has_more(rt, 0, 1000000));
    control_stop(rt);
    control_stop(rt);
    run_all(0);
    assert_int_equal(status_of(running), FILCH_CANCELLED);
    assert_int_equal(status_of(queued), FILCH_CANCELLED);
    assert_int_equal(slot_of(running)->done.word, 1);
    assert_int_not_equal(reap_next(rt), 0);
    assert_int_not_equal(reap_next(rt), 0);
    assert_int_equal(reap_next(rt), 0);
    worker_run(rt, 0); /* returns */
}

static void a_slots_next_task_starts_afresh(void **state)
{
    (void)state;
    start(1, 1);
    setup s = plain(0, 10);
    s.grain = 4;
    s.args.fail_at = 9;
    s.args.code = 1;
    uint64_t handle = must_post(s);
    run_all(0);
    must_reap(handle);
    handle = post_plain(5, 7);
    const filch_slot *slot = slot_of(handle);
    assert_int_equal(status_of(handle), FILCH_PENDING);
    assert_true(!slot->done.word && !slot->helpers.word);
    assert_true(!slot->failed_begin && !slot->failed_end && slot->loop.base == 5);
    run_all(0);
    assert_int_equal(status_of(handle), FILCH_OK);
    must_reap(handle);
}

const struct CMUnitTest task_tests[] = {
    TEST(a_bad_post_is_refused_and_touches_nothing),
    TEST(a_post_runs_each_iteration_and_completes_once),
    TEST(the_post_copies_its_arguments),
    TEST(an_empty_range_completes_without_a_chunk),
    TEST(a_queued_task_is_cancelled_at_once),
    TEST(a_running_task_stops_at_the_next_safepoint),
    TEST(a_cancel_after_the_last_iteration_changes_nothing),
    TEST(release_wants_a_reaped_task),
    TEST(stale_and_invented_handles_name_no_task),
    TEST(a_release_bumps_the_generation),
    TEST(generations_wrap_past_zero),
    TEST(a_post_finds_a_slot_after_a_release),
    TEST(a_full_injector_notifies_when_it_has_space),
    TEST(a_failing_chunk_names_its_code_and_range),
    TEST(ranges_run_block_by_block),
    TEST(a_failure_in_a_later_block_is_found_there),
    TEST(a_slots_next_task_starts_afresh),
    TEST(a_stop_completes_all_and_refuses_more),
};
END_OF_GROUP(task_tests);
