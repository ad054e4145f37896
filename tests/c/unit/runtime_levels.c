/* Levels: the more urgent go first, also before what is running; and they change. */
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

static void a_more_urgent_post_goes_before_what_runs(void **state)
{
    (void)state;
    for (uint32_t kernel = 0; kernel < LOOPS; kernel++) {
        for (chosen = 0; chosen < PRIORITIES; chosen++) {
            start(2, 4);
            post_acting(kernel, post_other);
            run_all(0);
            assert_int_equal(place_of(9), chosen == 0 ? 5 : 20); /* in the next safepoint, or when the other has ended */
            ran_once(0, 20, 0);
            assert_int_equal(status_of(test_handle), FILCH_OK);
            assert_int_equal(status_of(other), FILCH_OK);
        }
    }
}

static void what_gets_less_urgent_makes_room(void **state)
{
    (void)state;
    for (uint32_t kernel = 0; kernel < LOOPS; kernel++) {
        start(1, 4);
        post_acting(kernel, change_own);
        post_tagged(1, 3, 9);
        chosen = 2;
        run_all(0);
        assert_int_equal(place_of(9), 5);
        ran_once(0, 20, 0);
        ran_once(0, 3, 9);
    }
}

static void what_is_made_more_urgent_goes_before_what_runs(void **state)
{
    (void)state;
    for (uint32_t from = 1; from < PRIORITIES; from++) {
        start(1, 4);
        post_acting(KERNEL_RECORD, change_other);
        other = post_tagged(from, 3, 9);
        chosen = 0;
        run_all(0);
        assert_int_equal(place_of(9), 5);
        ran_once(0, 20, 0);
        ran_once(0, 3, 9);
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
    for (uint32_t i = 0; i < 4; i++) settle(handles[order[i]]);
}

static void what_a_worker_has_put_back_changes_too(void **state)
{
    (void)state;
    for (uint32_t to = 0; to < PRIORITIES; to++) {
        start(2, 4);
        setup s = plain(0, 10);
        s.args.cost = 1000000;
        uint64_t first = must_post(s);
        assert_true(worker_slice_has_more(rt, 0, 3000000)); /* its item is in worker 0's deque */
        control_try_set_priority(rt, first, to);
        post_tagged(1, 1, 9);
        run_all(1);
        assert_int_equal(place_of(9), to == 0 ? 10 : 3); /* of two that are as urgent, the injector's is first */
        ran_once(0, 10, 0);
    }
}

static void many_changes_lose_nothing(void **state)
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
                while (!(handles[i] = try_post(&s, &why))) run_all(1); /* old items may have filled the injector */
            }
            for (uint32_t change = 0; change < 30; change++) {
                control_try_set_priority(rt, handles[change % slots], (change * 7 + round) % PRIORITIES);
                if (change % 4 == round % 4) worker_slice_has_more(rt, change % 2, 1000000);
            }
            for (uint32_t i = 0; i < slots; i++) {
                uint64_t handle;
                run_all(i % 2);
                while (!(handle = reap_next(rt))) run_all(0);
                assert_int_equal(status_of(handle), FILCH_OK);
                assert_int_equal(reap_release(rt, handle), FILCH_OK);
            }
            for (uint32_t i = 0; i < slots; i++) ran_once(0, 5, i);
        }
    }
}

static void expect_levels(const uint64_t *handles, uint32_t count, const uint32_t *levels)
{
    for (uint32_t i = 0; i < count; i++) assert_int_equal(slot_of(handles[i])->priority.word, levels[i]);
}

static void what_an_urgent_task_comes_after_is_raised_with_it(void **state)
{
    (void)state;
    enum { CHAIN = 6 };
    start(1, 8);
    uint64_t chain[CHAIN];
    for (uint32_t i = 0; i < CHAIN; i++) {
        setup s = plain(0, 1);
        s.priority = 2;
        s.args.tag = i;
        chain[i] = post_after(s, &chain[i ? i - 1 : 0], i > 0);
    }
    uint64_t between = post_tagged(1, 1, 9);
    expect_levels(chain, CHAIN, (uint32_t[]){2, 2, 2, 2, 2, 2});
    control_try_set_priority(rt, chain[3], 0);
    expect_levels(chain, CHAIN, (uint32_t[]){0, 0, 0, 0, 2, 2});
    control_try_set_priority(rt, chain[3], 2); /* the others stay */
    expect_levels(chain, CHAIN, (uint32_t[]){0, 0, 0, 2, 2, 2});
    control_try_set_priority(rt, chain[5], 1);
    expect_levels(chain, CHAIN, (uint32_t[]){0, 0, 0, 1, 1, 1});
    run_all(0);
    assert_int_equal(place_of(9), 6); /* what a worker has made ready it takes next, of as urgent ones */
    assert_int_equal(status_of(between), FILCH_OK);
    for (uint32_t i = 0; i < CHAIN; i++) assert_int_equal(status_of(chain[i]), FILCH_OK);
}

static void a_post_raises_what_it_comes_after_and_lowers_nothing(void **state)
{
    (void)state;
    start(1, 16);
    uint64_t first[3], then, last;
    for (uint32_t priority = 0; priority < PRIORITIES; priority++) first[priority] = post_tagged(priority, 1, priority);
    setup s = plain(0, 1);
    s.priority = 2;
    then = post_after(s, first, 3);
    expect_levels(first, 3, (uint32_t[]){0, 1, 2});
    s.priority = 1;
    last = post_after(s, &then, 1);
    expect_levels(first, 3, (uint32_t[]){0, 1, 1});
    assert_int_equal(slot_of(then)->priority.word, 1);
    s.priority = 0;
    post_after(s, (uint64_t[]){then, last, first[0]}, 3);
    expect_levels(first, 3, (uint32_t[]){0, 0, 0});
    assert_int_equal(slot_of(last)->priority.word, 0);
    run_all(0);
    assert_int_equal(test_chunk_count, 6);
}

static void a_settled_task_keeps_its_place(void **state)
{
    (void)state;
    start(1, 2);
    uint64_t handle = post_tagged(1, 1, 0);
    run_all(0);
    assert_true(control_try_set_priority(rt, handle, 0));
    run_all(0);
    assert_int_equal(test_chunk_count, 1);
    settle(handle);
    assert_int_equal(reap_next(rt), 0);
}

/* A task whose priority goes up and down leaves old items behind; they are still its own, and must crowd out nobody. */
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
        args->act_at = test_chunks[test_chunk_count - 1].end; /* in its next chunk */
        control_try_set_priority(rt, test_handle, 1);
        assert_true(worker_slice_has_more(rt, 0, 1000000));
    }
    setup first = plain(0, 1), then = plain(0, 3);
    first.priority = 1;
    then.priority = 2;
    then.args.tag = 9;
    uint64_t handle = must_post(first);
    handle = post_after(then, &handle, 1);
    run_all(0);
    assert_int_equal(status_of(test_handle), FILCH_OK);
    assert_int_equal(status_of(handle), FILCH_OK);
    ran_once(0, 3, 9);
}

/* Every 61st pick begins with the least urgent: so what waits there has its turn now and then. */
static uint32_t urgent_posts;
static void post_urgent(void);
static void (*act_of_urgent_posts)(void) = post_urgent;
static void post_urgent(void)
{
    for (uint64_t handle; (handle = reap_next(rt)) != 0;) assert_int_equal(reap_release(rt, handle), FILCH_OK);
    if (urgent_posts++ == 200) return;
    setup s = plain(0, 1);
    s.priority = 0;
    s.args.act_at = 0;
    s.args.act = act_of_urgent_posts; /* there always is one more */
    s.args.cost = 10000;
    must_post(s);
}

static void nobody_starves(void **state)
{
    (void)state;
    start(1, 4);
    urgent_posts = 0;
    uint64_t least = post_tagged(2, 3, 9);
    post_urgent();
    run_all(0);
    assert_in_range(place_of(9), 10, 61);
    assert_int_equal(urgent_posts, 201);
    assert_null(state_find(rt, least)); /* settled, and released by the way */
}

/* A tree that is picked so leaves again: a 61st of the time is its, not as long as it likes. */
static uint64_t turn, longest; /* what the tree had in a row, in ns, while something urgent waited */
static void an_urgent_one_runs(void)
{
    turn = 0;
    if (urgent_posts == 200) worker_recall(rt, 0); /* there is nothing more to come */
    post_urgent();
}
static void a_leaf_runs(void)
{
    turn += 100;
    if (steal_has_queued(rt, 0) && turn > longest) longest = turn;
}

static void a_tree_has_no_more_than_its_turn(void **state)
{
    (void)state;
    start(1, 200);
    urgent_posts = 0;
    longest = turn = 0;
    rt->workers[0].preempt.fair_since = test_clock;
    test_leaf = a_leaf_runs;
    post_tree(20, 100, 0);
    act_of_urgent_posts = an_urgent_one_runs;
    post_urgent();
    assert_true(worker_run(rt, 0));
    test_leaf = 0;
    act_of_urgent_posts = post_urgent;
    assert_int_equal(urgent_posts, 201);
    assert_in_range(longest, 10000, 10000 + 256 * 100); /* the clock is read at each 256th call */
}

const struct CMUnitTest level_tests[] = {
    TEST(a_more_urgent_post_goes_before_what_runs), TEST(what_gets_less_urgent_makes_room),
    TEST(what_is_made_more_urgent_goes_before_what_runs), TEST(queued_tasks_change_their_order),
    TEST(what_a_worker_has_put_back_changes_too), TEST(many_changes_lose_nothing),
    TEST(what_an_urgent_task_comes_after_is_raised_with_it), TEST(a_post_raises_what_it_comes_after_and_lowers_nothing),
    TEST(a_settled_task_keeps_its_place),
    TEST(items_of_one_task_crowd_out_no_other), TEST(nobody_starves), TEST(a_tree_has_no_more_than_its_turn),
};
END_OF_GROUP(level_tests);
