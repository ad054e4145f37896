/* Tasks that depend on others. */
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

/* How many. */
static uint32_t reap_all(void)
{
    uint32_t reaped = 0;
    for (uint64_t handle; (handle = reap_next(rt)) != 0; reaped++) {
        assert_int_equal(reap_release(rt, handle), FILCH_OK);
    }
    return reaped;
}

static void a_task_begins_when_its_dependencies_have_completed(void **state)
{
    (void)state;
    for (uint32_t count = 1; count <= DEPENDENCIES_MAX; count++) {
        start(2, 32);
        uint64_t dependencies[DEPENDENCIES_MAX];
        for (uint32_t i = 0; i < count; i++) dependencies[i] = must_post(tagged(i % 3, 1));
        uint64_t handle = post_depending(tagged(4, 2), dependencies, count);
        uint64_t other = must_post(tagged(1, 3));
        assert_true(atom64_load(&slot_of(handle)->state) & STATE_BLOCKED);
        run_all(1);
        bool begun = false, between = false;
        for (uint32_t c = 0; c < test_chunk_count; c++) {
            begun |= test_chunks[c].tag == 2;
            if (test_chunks[c].tag != 2) assert_true(!begun || test_chunks[c].tag == 3);
            between |= test_chunks[c].tag == 3;
        }
        check_ran_once(0, 4, 2);
        assert_true(between);
        assert_int_equal(status_of(handle), FILCH_OK);
        assert_int_equal(status_of(other), FILCH_OK);
        reap_all();
        /* Every slot is free again. */
        for (uint32_t i = 0; i < 32; i++) assert_true(slots_take(rt, 0) != SLOT_NONE);
    }
}

static void a_completed_dependency_is_not_waited_for(void **state)
{
    (void)state;
    start(1, 8);
    uint64_t completed = post_plain(0, 1), released = post_plain(0, 1);
    run_all(0);
    assert_int_equal(reap_next(rt), completed);
    must_reap(released);
    const uint64_t dependencies[] = {completed, released, released ^ 1, 0, UINT64_MAX};
    uint64_t handle = post_depending(tagged(2, 1), dependencies, 5);
    assert_true(atom64_load(&slot_of(handle)->state) & STATE_QUEUED);
    run_all(0);
    assert_int_equal(status_of(handle), FILCH_OK);
}

static void a_task_fails_with_its_dependency(void **state)
{
    (void)state;
    for (int how = 0; how < 4; how++) {
        start(1, 8);
        uint64_t good = post_plain(0, 1), bad = must_post(how == 0 ? failing() : plain(0, 2));
        if (how == 2) control_try_cancel(rt, bad); /* before the post */
        uint64_t last[2], handle = post_depending(tagged(3, 1), (uint64_t[]){good, bad}, 2);
        last[0] = post_depending(tagged(3, 1), &handle, 1);
        last[1] = post_depending(tagged(3, 1), last, 1); /* and so on */
        if (how == 1) control_try_cancel(rt, bad);
        if (how == 3) control_try_cancel(rt, handle);
        run_all(0);
        assert_int_equal(status_of(handle), how == 3 ? FILCH_CANCELLED : FILCH_DEPENDENCY_FAILED);
        for (int i = 0; i < 2; i++) assert_int_equal(status_of(last[i]), FILCH_DEPENDENCY_FAILED);
        assert_int_equal(test_chunk_count, how == 3 ? 3 : how == 0 ? 2 : 1);
        assert_int_equal(reap_all(), 5);
    }
}

static void a_task_completes_only_after_all_its_dependencies(void **state)
{
    (void)state;
    start(1, 8);
    uint64_t bad = must_post(failing()), slow = post_plain(0, 3);
    control_try_pause(rt, slow);
    uint64_t handle = post_depending(tagged(3, 1), (uint64_t[]){bad, slow}, 2);
    run_all(0);
    must_reap(bad);
    assert_int_equal(reap_next(rt), 0);
    control_try_resume(rt, slow);
    run_all(0);
    must_reap(slow);
    must_reap(handle);
}

static void a_dependency_that_failed_before_the_post_counts(void **state)
{
    (void)state;
    start(1, 4);
    uint64_t bad = must_post(failing());
    run_all(0);
    uint64_t handle = post_depending(tagged(3, 1), &bad, 1); /* completed, not released */
    run_all(0);
    assert_int_equal(status_of(handle), FILCH_DEPENDENCY_FAILED);
    assert_int_equal(test_chunk_count, 1);
}

static void a_lost_workers_task_fails_its_dependents(void **state)
{
    (void)state;
    start(2, 4);
    setup s = plain(0, 10);
    s.args.leave_at = 3;
    uint64_t first = must_post(s), handle = post_depending(tagged(1, 1), &first, 1);
    if (!setjmp(test_escape)) run_all(1);
    recover_worker(rt, 1);
    run_all(0);
    assert_int_equal(status_of(first), FILCH_WORKER_LOST);
    assert_int_equal(status_of(handle), FILCH_DEPENDENCY_FAILED);
}

static void a_cancel_of_a_blocked_task_takes_effect_at_once(void **state)
{
    (void)state;
    start(1, 2);
    uint64_t first = post_plain(0, 2), handle = post_depending(tagged(1, 1), &first, 1);
    assert_true(control_try_cancel(rt, handle));
    must_reap(handle);
    setup s = plain(0, 1);
    filch_status why;
    assert_int_equal(try_post(&s, &why), 0); /* a list of dependents still has the slot's edge */
    assert_int_equal(why, FILCH_POOL_FULL);
    run_all(0);
    must_reap(first);
    assert_int_equal(test_chunk_count, 2);
    for (int i = 0; i < 2; i++) assert_int_not_equal(try_post(&s, &why), 0);
}

static void a_dependency_may_be_named_twice(void **state)
{
    (void)state;
    start(1, 2);
    uint64_t first = post_plain(0, 2), dependencies[DEPENDENCIES_MAX];
    for (uint32_t i = 0; i < DEPENDENCIES_MAX; i++) dependencies[i] = first;
    uint64_t handle = post_depending(tagged(1, 1), dependencies, DEPENDENCIES_MAX);
    run_all(0);
    assert_int_equal(status_of(handle), FILCH_OK);
    must_reap(first);
    must_reap(handle);
}

static void more_dependencies_are_refused(void **state)
{
    (void)state;
    start(1, 4);
    uint64_t dependencies[DEPENDENCIES_MAX + 1] = {post_plain(0, 1)};
    setup s = plain(0, 1);
    filch_submission submission = submission_of(&s);
    submission.dependencies = dependencies;
    submission.dependency_count = DEPENDENCIES_MAX + 1;
    filch_status why;
    assert_int_equal(submit_task(rt, &submission, &why), 0);
    assert_int_equal(why, FILCH_BAD_ARGUMENT);
}

static void many_depend_on_one(void **state)
{
    (void)state;
    start(3, 64);
    uint64_t first = must_post(tagged(1, 0));
    for (uint32_t i = 1; i < 64; i++) post_depending(tagged(2, i), &first, 1);
    run_all(1);
    for (uint32_t i = 1; i < 64; i++) check_ran_once(0, 2, i);
    assert_int_equal(test_chunks[0].tag, 0);
}

/* A random graph: each task depends on some that were posted before. With cancels and failures, and
 * slots that are used again. */
static void a_random_graph_runs_in_order(void **state)
{
    (void)state;
    enum { TASKS = 40 };
    uint64_t random = 1;
    for (int round = 0; round < 200; round++) {
        start(1 + round % 4, TASKS);
        uint64_t handles[TASKS], depends_on[TASKS] = {0};
        bool spoilt[TASKS] = {false}, cancelled[TASKS] = {false};
        for (uint32_t t = 0; t < TASKS; t++) {
            uint64_t dependencies[DEPENDENCIES_MAX];
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
                dependencies[count++] = handles[before];
                depends_on[t] |= (uint64_t)1 << before;
                spoilt[t] |= spoilt[before];
            }
            handles[t] = post_depending(s, dependencies, count);
            spoilt[t] |= s.args.code == 1;
            if (random >> 60 == 1) worker_slice_has_more(rt, t % plan_worker_count(rt), 0);
            if (random >> 60 == 2 && status_of(handles[t]) == FILCH_PENDING) {
                cancelled[t] = spoilt[t] = control_try_cancel(rt, handles[t]);
            }
        }
        run_all(0);
        uint64_t ran = 0;
        for (uint32_t c = 0; c < test_chunk_count; c++) {
            assert_int_equal(depends_on[test_chunks[c].tag] & ~ran, 0);
            ran |= (uint64_t)1 << test_chunks[c].tag;
        }
        for (uint32_t t = 0; t < TASKS; t++) {
            assert_int_equal(status_of(handles[t]) == FILCH_OK, !spoilt[t]);
            if (cancelled[t])
                assert_in_range(status_of(handles[t]), FILCH_CANCELLED, FILCH_DEPENDENCY_FAILED);
        }
        assert_int_equal(reap_all(), TASKS);
        for (uint32_t i = 0; i < TASKS; i++) assert_true(slots_take(rt, 0) != SLOT_NONE);
    }
}

/* -- priorities -- */
static uint64_t post_of(uint32_t priority, uint32_t tag)
{
    setup s = tagged(1, tag);
    s.priority = priority;
    return must_post(s);
}

static void check_priorities(const uint64_t *handles, uint32_t count, const uint32_t *priorities)
{
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(slot_of(handles[i])->priority.word, priorities[i]);
}

static uint64_t post_after(uint32_t priority, uint64_t dependency)
{
    setup s = plain(0, 1);
    s.priority = priority;
    return post_depending(s, &dependency, 1);
}

static void a_dependency_gives_an_inherited_priority_back(void **state)
{
    (void)state;
    start(1, 16);
    uint64_t chain[2], urgent, usual;
    chain[0] = post_of(2, 0);
    chain[1] = post_after(2, chain[0]);
    urgent = post_after(0, chain[1]);
    usual = post_after(1, chain[1]);
    check_priorities(chain, 2, (uint32_t[]){0, 0});
    control_try_cancel(rt, urgent); /* the other one remains */
    check_priorities(chain, 2, (uint32_t[]){1, 1});
    control_try_set_priority(rt, usual, 2);
    check_priorities(chain, 2, (uint32_t[]){2, 2});
    control_try_set_priority(rt, usual, 0);
    check_priorities(chain, 2, (uint32_t[]){0, 0});
    control_try_set_priority(rt, chain[0], 1); /* its own, which does not show yet */
    check_priorities(chain, 2, (uint32_t[]){0, 0});
    control_try_cancel(rt, usual);
    check_priorities(chain, 2, (uint32_t[]){1, 2});
    /* Two ways from the last task to the first one. */
    uint64_t sides[2] = {post_after(2, chain[0]), post_after(2, chain[1])};
    setup s = plain(0, 1);
    s.priority = 0;
    urgent = post_depending(s, sides, 2);
    check_priorities(sides, 2, (uint32_t[]){0, 0});
    check_priorities(chain, 2, (uint32_t[]){0, 0});
    control_try_cancel(rt, urgent);
    check_priorities(sides, 2, (uint32_t[]){2, 2});
    check_priorities(chain, 2, (uint32_t[]){1, 2});
    run_all(0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(status_of(chain[i]), FILCH_OK);
        assert_int_equal(status_of(sides[i]), FILCH_OK);
    }
}

/* A task that depends on others has its place in the queue of its new priority, too. */
static void a_blocked_task_changes_its_place(void **state)
{
    (void)state;
    start(1, 8);
    uint64_t first = post_of(0, 1);
    setup s = plain(0, 1);
    s.args.tag = 3;
    s.priority = 1;
    uint64_t dependent = post_depending(s, &first, 1);
    post_of(0, 2);
    control_try_set_priority(rt, dependent, 0);
    post_of(0, 4);
    run_all(0);
    for (uint32_t i = 0; i < 4; i++) assert_int_equal(test_chunks[i].tag, i + 1);
}

/* Dependencies in a circle, as only corrupt words make them. */
static void priorities_end_in_a_circle(void **state)
{
    (void)state;
    const uint32_t garbage[] = {1, 2, 3, 17, SLOT_NONE};
    for (uint32_t g = 0; g < 5; g++) {
        start(1, 4);
        uint64_t first = post_of(2, 0), second = post_after(2, first), third;
        plan_dependencies(rt)[handle_slot(first) * DEPENDENCIES_MAX] = second;
        atom32_store(&slot_of(first)->deps.dependents, garbage[g]);
        slot_of(first)->deps.update_next = garbage[g];
        third = post_after(0, second);
        control_try_set_priority(rt, first, 1);
        slot_of(second)->deps.update_next = garbage[g];
        control_try_set_priority(rt, third, 2);
        control_try_cancel(rt, third);
        slot_of(first)->own_priority = 200;
        control_try_set_priority(rt, second, 0);
        control_try_cancel(rt, second);
        run_all(0);
    }
}

const struct CMUnitTest depend_tests[] = {
    TEST(a_task_begins_when_its_dependencies_have_completed),
    TEST(a_completed_dependency_is_not_waited_for),
    TEST(a_task_fails_with_its_dependency),
    TEST(a_task_completes_only_after_all_its_dependencies),
    TEST(a_dependency_that_failed_before_the_post_counts),
    TEST(a_lost_workers_task_fails_its_dependents),
    TEST(a_cancel_of_a_blocked_task_takes_effect_at_once),
    TEST(a_dependency_may_be_named_twice),
    TEST(more_dependencies_are_refused),
    TEST(many_depend_on_one),
    TEST(a_random_graph_runs_in_order),
    TEST(a_dependency_gives_an_inherited_priority_back),
    TEST(a_blocked_task_changes_its_place),
    TEST(priorities_end_in_a_circle),
};
END_OF_GROUP(depend_tests);
