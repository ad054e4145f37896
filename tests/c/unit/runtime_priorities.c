/* Priorities: the more urgent tasks go first, also before running ones; and priorities change. */
#include "runtime_trees.h"

static uint64_t post_tagged(uint32_t priority, uint64_t end, uint32_t tag)
{
    setup s = plain(0, end);
    s.priority = priority;
    s.args.tag = tag;
    return must_post(s);
}

static uint64_t other;
static uint32_t chosen; /* the priority that an act gives */
static void post_other(void) { other = post_tagged(chosen, 1, 9); }
static void change_own(void) { assert_true(control_try_set_priority(rt, test_handle, chosen)); }
static void change_other(void) { assert_true(control_try_set_priority(rt, other, chosen)); }

/* A task of priority 1 that calls `act` in its fifth chunk. */
static uint64_t post_acting(uint32_t kernel, void (*act)(void))
{
    setup s = plain(0, 20);
    s.kernel = kernel;
    s.args.act_at = 4;
    s.args.act = act;
    return test_handle = must_post(s);
}

/* The place of the chunk with this tag. */
static uint32_t place_of(uint32_t tag)
{
    uint32_t c = 0;
    while (c < test_chunk_count && test_chunks[c].tag != tag) c++;
    return c;
}

static void a_more_urgent_post_goes_before_a_running_task(void **state)
{
    (void)state;
    for (uint32_t kernel = 0; kernel < LOOPS; kernel++) {
        for (chosen = 0; chosen < PRIORITIES; chosen++) {
            start(2, 4);
            post_acting(kernel, post_other);
            run_all(0);
            /* At the next safepoint, or when the other task has ended. */
            assert_int_equal(place_of(9), chosen == 0 ? 5 : 20);
            check_ran_once(0, 20, 0);
            assert_int_equal(status_of(test_handle), FILCH_OK);
            assert_int_equal(status_of(other), FILCH_OK);
        }
    }
}

static void a_task_that_gets_less_urgent_yields(void **state)
{
    (void)state;
    for (uint32_t kernel = 0; kernel < LOOPS; kernel++) {
        start(1, 4);
        post_acting(kernel, change_own);
        post_tagged(1, 3, 9);
        chosen = 2;
        run_all(0);
        assert_int_equal(place_of(9), 5);
        check_ran_once(0, 20, 0);
        check_ran_once(0, 3, 9);
    }
}

static void a_task_made_more_urgent_goes_before_a_running_one(void **state)
{
    (void)state;
    for (uint32_t from = 1; from < PRIORITIES; from++) {
        start(1, 4);
        post_acting(KERNEL_RECORD, change_other);
        other = post_tagged(from, 3, 9);
        chosen = 0;
        run_all(0);
        assert_int_equal(place_of(9), 5);
        check_ran_once(0, 20, 0);
        check_ran_once(0, 3, 9);
    }
}

static void queued_tasks_change_their_order(void **state)
{
    (void)state;
    start(1, 8);
    uint64_t handles[4];
    for (uint32_t i = 0; i < 4; i++) handles[i] = post_tagged(1, 1, i);
    control_try_set_priority(rt, handles[3], 0);
    control_try_set_priority(rt, handles[0], 2);
    run_all(0);
    const uint32_t order[] = {3, 1, 2, 0};
    assert_int_equal(test_chunk_count, 4);
    for (uint32_t i = 0; i < 4; i++) assert_int_equal(test_chunks[i].tag, order[i]);
    for (uint32_t i = 0; i < 4; i++) must_reap(handles[order[i]]);
}

static void a_task_in_a_workers_deque_changes_too(void **state)
{
    (void)state;
    for (uint32_t to = 0; to < PRIORITIES; to++) {
        start(2, 4);
        setup s = plain(0, 10);
        s.args.cost = 1000000;
        uint64_t first = must_post(s);
        /* The task's item is in worker 0's deque. */
        assert_true(worker_slice_has_more(rt, 0, 3000000));
        control_try_set_priority(rt, first, to);
        post_tagged(1, 1, 9);
        run_all(1);
        /* Of equally urgent tasks the injector's is first. */
        assert_int_equal(place_of(9), to == 0 ? 10 : 3);
        check_ran_once(0, 10, 0);
    }
}

static void many_changes_lose_no_task(void **state)
{
    (void)state;
    for (uint32_t slots = 1; slots <= 4; slots++) {
        start(2, slots);
        for (uint32_t round = 0; round < 20; round++) {
            uint64_t handles[4];
            test_chunk_count = 0;
            for (uint32_t i = 0; i < slots; i++) {
                setup s = plain(0, 5);
                s.args.tag = i;
                s.args.cost = 1000000;
                filch_status why;
                /* Old items may fill the injector. */
                while (!(handles[i] = try_post(&s, &why))) run_all(1);
            }
            for (uint32_t change = 0; change < 30; change++) {
                control_try_set_priority(rt, handles[change % slots],
                                         (change * 7 + round) % PRIORITIES);
                if (change % 4 == round % 4) worker_slice_has_more(rt, change % 2, 1000000);
            }
            for (uint32_t i = 0; i < slots; i++) {
                uint64_t handle;
                run_all(i % 2);
                while (!(handle = reap_next(rt))) run_all(0);
                assert_int_equal(status_of(handle), FILCH_OK);
                assert_int_equal(reap_release(rt, handle), FILCH_OK);
            }
            for (uint32_t i = 0; i < slots; i++) check_ran_once(0, 5, i);
        }
    }
}

static void check_priorities(const uint64_t *handles, uint32_t count, const uint32_t *priorities)
{
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(slot_of(handles[i])->priority.word, priorities[i]);
    }
}

static void dependencies_of_an_urgent_task_are_raised_with_it(void **state)
{
    (void)state;
    enum { CHAIN = 6 };
    start(1, 8);
    uint64_t chain[CHAIN];
    for (uint32_t i = 0; i < CHAIN; i++) {
        setup s = plain(0, 1);
        s.priority = 2;
        s.args.tag = i;
        chain[i] = post_depending(s, &chain[i ? i - 1 : 0], i > 0);
    }
    uint64_t between = post_tagged(1, 1, 9);
    check_priorities(chain, CHAIN, (uint32_t[]){2, 2, 2, 2, 2, 2});
    control_try_set_priority(rt, chain[3], 0);
    check_priorities(chain, CHAIN, (uint32_t[]){0, 0, 0, 0, 2, 2});
    control_try_set_priority(rt, chain[3], 2); /* the other tasks have their own again */
    check_priorities(chain, CHAIN, (uint32_t[]){2, 2, 2, 2, 2, 2});
    control_try_set_priority(rt, chain[5], 1);
    check_priorities(chain, CHAIN, (uint32_t[]){1, 1, 1, 1, 1, 1});
    run_all(0);
    /* They have gone behind the task that had that priority before. */
    assert_int_equal(place_of(9), 0);
    for (uint32_t i = 0; i < CHAIN; i++) assert_int_equal(place_of(i), i + 1);
    assert_int_equal(status_of(between), FILCH_OK);
    for (uint32_t i = 0; i < CHAIN; i++) assert_int_equal(status_of(chain[i]), FILCH_OK);
}

static void a_post_raises_its_dependencies_and_lowers_none(void **state)
{
    (void)state;
    start(1, 16);
    uint64_t first[3], next, last;
    for (uint32_t priority = 0; priority < PRIORITIES; priority++)
        first[priority] = post_tagged(priority, 1, priority);
    setup s = plain(0, 1);
    s.priority = 2;
    next = post_depending(s, first, 3);
    check_priorities(first, 3, (uint32_t[]){0, 1, 2});
    s.priority = 1;
    last = post_depending(s, &next, 1);
    check_priorities(first, 3, (uint32_t[]){0, 1, 1});
    assert_int_equal(slot_of(next)->priority.word, 1);
    s.priority = 0;
    post_depending(s, (uint64_t[]){next, last, first[0]}, 3);
    check_priorities(first, 3, (uint32_t[]){0, 0, 0});
    assert_int_equal(slot_of(last)->priority.word, 0);
    run_all(0);
    assert_int_equal(test_chunk_count, 6);
}

static void a_completed_task_keeps_its_place(void **state)
{
    (void)state;
    start(1, 2);
    uint64_t handle = post_tagged(1, 1, 0);
    run_all(0);
    assert_true(control_try_set_priority(rt, handle, 0));
    run_all(0);
    assert_int_equal(test_chunk_count, 1);
    must_reap(handle);
    assert_int_equal(reap_next(rt), 0);
}

/* A task whose priority goes up and down leaves old items behind. They still name the task, and
 * must crowd out no other. */
static void make_less_urgent(void) { control_try_set_priority(rt, test_handle, 2); }
static void items_of_one_task_crowd_out_no_other(void **state)
{
    (void)state;
    start(1, 4);
    setup s = plain(0, 100);
    s.priority = 2;
    s.args.cost = 1000000;
    s.args.act = make_less_urgent;
    test_handle = must_post(s);
    record_args *args = (record_args *)(void *)slot_of(test_handle)->args;
    assert_true(worker_slice_has_more(rt, 0, 1000000));
    for (int i = 0; i < 6; i++) {
        args->act_at = test_chunks[test_chunk_count - 1].end; /* in the next chunk */
        control_try_set_priority(rt, test_handle, 1);
        assert_true(worker_slice_has_more(rt, 0, 1000000));
    }
    setup first = plain(0, 1), next = plain(0, 3);
    first.priority = 1;
    next.priority = 2;
    next.args.tag = 9;
    uint64_t handle = must_post(first);
    handle = post_depending(next, &handle, 1);
    run_all(0);
    assert_int_equal(status_of(test_handle), FILCH_OK);
    assert_int_equal(status_of(handle), FILCH_OK);
    check_ran_once(0, 3, 9);
}

/* Every 61st pick begins with the least urgent priority. So a task that waits there runs now and
 * then. */
static uint32_t urgent_posts;
static void post_urgent(void);
static void (*act_of_urgent_posts)(void) = post_urgent;
static void post_urgent(void)
{
    for (uint64_t handle; (handle = reap_next(rt)) != 0;) {
        assert_int_equal(reap_release(rt, handle), FILCH_OK);
    }
    if (urgent_posts++ == 200) return;
    setup s = plain(0, 1);
    s.priority = 0;
    s.args.act_at = 0;
    s.args.act = act_of_urgent_posts; /* there always is one more post */
    s.args.cost = 10000;
    must_post(s);
}

static void no_task_starves(void **state)
{
    (void)state;
    start(1, 4);
    urgent_posts = 0;
    uint64_t least = post_tagged(2, 3, 9);
    post_urgent();
    run_all(0);
    assert_in_range(place_of(9), 10, 61);
    assert_int_equal(urgent_posts, 201);
    assert_null(state_find(rt, least)); /* completed, and post_urgent() has released the slot */
}

/* A look that finds no task is no pick, however many a worker makes before the tasks come. After
 * one the count begins anew, also after 60 time slices of a loop. */
static void a_look_in_vain_is_no_pick(void **state)
{
    (void)state;
    for (uint32_t looks = 0; looks < 61; looks++) {
        start(1, 16);
        if (looks) {
            setup loop = plain(0, 1000);
            loop.args.cost = 1000000;
            uint64_t handle = must_post(loop);
            run_all(0);
            must_reap(handle);
            test_chunk_count = 0;
        }
        for (uint32_t i = 0; i < looks; i++) assert_false(worker_slice_has_more(rt, 0, 1000000));
        post_tagged(2, 1, 9);
        for (uint32_t i = 0; i < 10; i++) post_tagged(0, 1, 0);
        run_all(0);
        assert_int_equal(place_of(9), 10);
    }
}

/* Beside one long loop, too, which its worker leaves in time: a less urgent one has a 61st. */
static void recall_worker(void) { worker_recall(rt, 0); }
static void a_low_loop_has_its_share_beside_an_urgent_one(void **state)
{
    (void)state;
    for (uint32_t kernel = 0; kernel < LOOPS; kernel++) {
        start(1, 4);
        setup high = plain(0, 3050), low = plain(0, 1000);
        high.kernel = kernel;
        high.priority = 0;
        high.args.cost = low.args.cost = 1000000;
        high.args.act_at = 3049;
        high.args.act = recall_worker;
        low.priority = 2;
        low.args.tag = 9;
        must_post(high);
        must_post(low);
        assert_int_equal(worker_run(rt, 0), WORKER_HOME);
        assert_in_range(test_chunk_count - 3050, 40, 60); /* 50 ms of 3050 */
        assert_in_range(place_of(9), 300, 620);
    }
}

/* A worker that picks a tree so leaves the tree again, after a 61st of the time. In ns: how long
 * the tree has run in a row, and the longest such time while an urgent task waited. */
static uint64_t slice, longest;
static void on_urgent_task(void)
{
    slice = 0;
    if (urgent_posts == 200) worker_recall(rt, 0); /* no more posts come */
    post_urgent();
}
static void on_leaf(void)
{
    slice += 100;
    if (steal_has_queued(rt, 0) && slice > longest) longest = slice;
}

static void a_tree_has_no_more_than_its_slice(void **state)
{
    (void)state;
    start(1, 200);
    urgent_posts = 0;
    longest = slice = 0;
    plan_workers(rt)[0].preempt.fair_since = test_clock;
    test_leaf = on_leaf;
    post_tree(20, 100, 0);
    act_of_urgent_posts = on_urgent_task;
    post_urgent();
    assert_int_equal(worker_run(rt, 0), WORKER_HOME);
    test_leaf = 0;
    act_of_urgent_posts = post_urgent;
    assert_int_equal(urgent_posts, 201);
    assert_in_range(longest, 10000, 10000 + 256 * 100); /* every 256th call reads the clock */
}

const struct CMUnitTest priority_tests[] = {
    TEST(a_more_urgent_post_goes_before_a_running_task),
    TEST(a_task_that_gets_less_urgent_yields),
    TEST(a_task_made_more_urgent_goes_before_a_running_one),
    TEST(queued_tasks_change_their_order),
    TEST(a_task_in_a_workers_deque_changes_too),
    TEST(many_changes_lose_no_task),
    TEST(dependencies_of_an_urgent_task_are_raised_with_it),
    TEST(a_post_raises_its_dependencies_and_lowers_none),
    TEST(a_completed_task_keeps_its_place),
    TEST(items_of_one_task_crowd_out_no_other),
    TEST(no_task_starves),
    TEST(a_look_in_vain_is_no_pick),
    TEST(a_low_loop_has_its_share_beside_an_urgent_one),
    TEST(a_tree_has_no_more_than_its_slice),
};
END_OF_GROUP(priority_tests);
