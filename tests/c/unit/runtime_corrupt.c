/* Corrupt words. A page's script can write all of the shared memory. A number that the script
 * writes where an index belongs must not make the runtime leave its own arrays: AddressSanitizer
 * watches the region's ends, and the kernel its range. The tasks may end in any way, but the worker
 * returns. */
#include "runtime_test.h"

static const uint32_t garbage[] = {0,           1,           2,          3,           4,
                                   5,           7,           8,          100,         0x7fff,
                                   0xffff,      0x10000,     0x7fffffff, 0x80000000u, 0xdeadbeefu,
                                   0xfffffffdu, 0xfffffffeu, 0xffffffffu};
enum { GARBAGE = sizeof garbage / sizeof *garbage };
#define EACH_GARBAGE(g) for (size_t g_ = 0, g = 0; g_ < GARBAGE && (g = garbage[g_], true); g_++)

/* A runtime with a completed task, a yielded one with iterations left, and a queued one. */
static uint64_t completed, yielded, queued;
static void start_busy(void)
{
    start(2, 4);
    completed = post_plain(0, 2);
    run_all(0);
    setup s = plain(0, 50);
    s.args.cost = 2000000;
    yielded = must_post(s);
    assert_true(worker_slice_has_more(rt, 0, 1000000));
    queued = post_plain(10, 20);
}

/* Calls all that the owner and the workers may call. Not often: a corrupt word may make a task
 * endless. */
static void use_all(void)
{
    test_corrupts = true;
    const uint64_t handles[] = {completed, yielded, queued};
    setup s = plain(0, 3);
    filch_status why;
    for (int i = 0; i < 12; i++) {
        worker_slice_has_more(rt, i % 2, 3000000);
        try_post(&s, &why);
        reap_release(rt, reap_next(rt));
        reap_try_arm(rt);
        if (i > 6) control_try_cancel(rt, handles[i % 3]);
    }
    recover_worker(rt, 1);
    worker_adopt(rt, 1);
    for (int i = 0; i < 12; i++) {
        worker_slice_has_more(rt, i % 2, 3000000);
        reap_release(rt, reap_next(rt));
    }
    control_stop(rt);
    for (int i = 0; i < 12; i++) worker_slice_has_more(rt, i % 2, 3000000);
    assert_false(test_out_of_range);
}

static void a_corrupt_item_is_dropped(void **state)
{
    (void)state;
    EACH_GARBAGE(g)
    {
        for (int where = 0; where < 2; where++) {
            start_busy();
            filch_deque *d = where ? &rt->injector[1] : &plan_workers(rt)[0].deques[1];
            assert_false(deque_is_empty(d));
            racy32_store(&deque_items(rt, d)[atom32_load(&d->top) & plan_mask(rt)], (uint32_t)g);
            use_all();
        }
    }
}

static void a_corrupt_loop_handle_is_not_joined(void **state)
{
    (void)state;
    EACH_GARBAGE(g)
    {
        EACH_GARBAGE(high)
        {
            start_busy();
            for (uint32_t w = 0; w < 2; w++)
                atom64_store(&plan_workers(rt)[w].shared.loop, (uint64_t)high << 32 | g);
            use_all();
            start(2, 4);
            atom64_store(&plan_workers(rt)[1].shared.loop, (uint64_t)high << 32 | g);
            worker_slice_has_more(rt, 0, 1000); /* there is no other task */
            assert_int_equal(plan_workers(rt)[0].slot, 0);
        }
    }
}

static void corrupt_links_are_not_followed(void **state)
{
    (void)state;
    EACH_GARBAGE(g)
    {
        for (uint32_t slot = 0; slot < 4; slot++) {
            start_busy();
            atom32_store(&plan_links(rt)[slot], (uint32_t)g);
            use_all();
            start_busy();
            control_try_cancel(rt, queued);
            completions_collect(rt); /* two tasks in the owner's list */
            atom32_store(&plan_links(rt)[slot], (uint32_t)g);
            if (g_ % 2) recover_worker(rt, 1); /* adds to that list */
            use_all();
        }
    }
}

static void a_slot_in_use_is_not_given_again(void **state)
{
    (void)state;
    start_busy();
    atom64_store(&rt->free_slots, handle_slot(yielded) + 1);
    record_args before = *args_of(yielded);
    setup s = plain(0, 3);
    filch_status why;
    assert_int_equal(try_post(&s, &why), 0);
    assert_int_equal(why, FILCH_CORRUPT);
    assert_memory_equal(args_of(yielded), &before, sizeof before);
}

static void a_task_that_has_not_completed_is_not_reaped(void **state)
{
    (void)state;
    start_busy();
    atom32_store(&rt->completions, handle_slot(yielded) + 1);
    for (int i = 0; i < 3; i++) assert_int_equal(reap_next(rt), 0);
}

static void a_corrupt_task_fails_as_corrupt(void **state)
{
    (void)state;
    start_busy();
    slot_of(yielded)->kernel = KERNELS;
    const range longer = {.next = 5, .end = 11}; /* the task has 10 iterations */
    atom64_store(range_at(rt, range_home(rt), handle_slot(queued)), range_pack(longer));
    run_all(0);
    assert_int_equal(status_of(yielded), FILCH_CORRUPT);
    assert_int_equal(status_of(queued), FILCH_CORRUPT);
}

static void corrupt_list_heads_are_not_followed(void **state)
{
    (void)state;
    EACH_GARBAGE(g)
    {
        start_busy();
        atom32_store(&rt->completions, (uint32_t)g);
        use_all();
        start_busy();
        rt->owner.reap_next = (uint32_t)g;
        use_all();
        start_busy();
        atom64_store(&rt->free_slots, g);
        use_all();
        start_busy();
        rt->owner.inject_next = (uint32_t)g;
        use_all();
    }
}

static void a_corrupt_state_names_no_missing_worker(void **state)
{
    (void)state;
    EACH_GARBAGE(g)
    {
        for (uint32_t slot = 0; slot < 4; slot++) {
            for (uint64_t more = 0; more < 4; more++) { /* PAUSED, BLOCKED, both */
                start_busy();
                uint32_t generation = state_generation(atom64_load(&plan_slots(rt)[slot].state));
                atom64_store(&plan_slots(rt)[slot].state, state_free(generation) | more << 32 | g);
                use_all();
            }
            start_busy();
            atom64_store(&plan_slots(rt)[slot].state, state_free((uint32_t)g) | STATE_QUEUED);
            use_all();
        }
    }
}

static void a_corrupt_sleep_word_unparks_no_missing_worker(void **state)
{
    (void)state;
    EACH_GARBAGE(g)
    {
        start_busy();
        atom64_store(&rt->sleep, g);
        use_all();
        start_busy();
        atom64_store(&rt->sleep, (uint64_t)g << 32 | g);
        use_all();
    }
}

static void a_corrupt_range_makes_no_chunk_out_of_range(void **state)
{
    (void)state;
    EACH_GARBAGE(next)
    {
        EACH_GARBAGE(end)
        {
            for (uint32_t holder = 0; holder < 3; holder++) {
                start_busy();
                atom64_store(range_at(rt, holder, handle_slot(yielded)),
                             (uint64_t)end << 32 | next);
                use_all();
            }
        }
    }
}

static void corrupt_indices_in_a_slot_are_not_used(void **state)
{
    (void)state;
    EACH_GARBAGE(g)
    {
        for (int field = 0; field < 4; field++) {
            start_busy();
            filch_slot *slots[] = {slot_of(yielded), slot_of(queued)};
            for (int i = 0; i < 2; i++) {
                if (field == 0) slots[i]->kernel = (uint16_t)g;
                if (field == 1) atom32_store(&slots[i]->priority, (uint32_t)g);
                if (field == 2) slots[i]->kind = (uint8_t)g;
                if (field == 3) atom32_store(&slots[i]->status, (uint32_t)g);
            }
            use_all();
        }
    }
}

static void corrupt_deque_ends_stay_in_the_items(void **state)
{
    (void)state;
    EACH_GARBAGE(g)
    {
        for (int where = 0; where < 2; where++) {
            start_busy();
            filch_deque *d = where ? &plan_workers(rt)[0].deques[1] : &rt->injector[1];
            atom32_store(&d->bottom, atom32_load(&d->top) + (uint32_t)g);
            use_all();
        }
    }
}

/* Each word of both ends, whatever else: a thief finds an end within as many items as there are. */
static void a_thief_finds_the_end_of_a_corrupt_deque(void **state)
{
    (void)state;
    start(2, 4);
    filch_deque *d = &plan_workers(rt)[0].deques[1];
    EACH_GARBAGE(top)
    {
        EACH_GARBAGE(bottom)
        {
            for (int seen = 0; seen < 2; seen++) {
                atom32_store(&d->top, (uint32_t)top);
                atom32_store(&d->bottom, (uint32_t)bottom);
                d->seen_top = (uint32_t)(seen ? top : bottom);
                uint32_t items = 0;
                while (deque_steal(rt, d) != ITEM_NONE) assert_true(items++ <= plan_mask(rt) + 1);
                for (items = 0; deque_pop(rt, d) != ITEM_NONE;)
                    assert_true(items++ <= plan_mask(rt) + 1);
            }
        }
    }
}

static void a_corrupt_number_of_a_deque_stays_in_the_items(void **state)
{
    (void)state;
    EACH_GARBAGE(g)
    {
        for (int where = 0; where < 2; where++) {
            start_busy();
            filch_deque *d = where ? &rt->injector[1] : &plan_workers(rt)[0].deques[1];
            d->number = (uint32_t)g;
            use_all();
        }
    }
    filch_deque *d = &rt->injector[1];
    d->number = PRIORITIES * (plan_worker_count(rt) + 1);
    assert_ptr_equal(deque_items(rt, d), plan_items(rt));
}

/* A stopped worker finds a task that is to end, and its deque takes none. */
static void a_stopped_worker_comes_home_past_a_corrupt_deque(void **state)
{
    (void)state;
    start(1, 4);
    test_corrupts = true;
    control_stop(rt);
    filch_slot *slot = &plan_slots(rt)[2];
    atom32_store(&slot->status, FILCH_CANCELLED);
    atom64_store(&slot->state, state_free(1) | STATE_QUEUED);
    atom32_store(&plan_workers(rt)[0].deques[0].bottom, 0xa0beb2b1);
    assert_int_equal(worker_run(rt, 0), WORKER_HOME);
}

static void a_corrupt_slot_of_a_worker_is_one_of_the_slots(void **state)
{
    (void)state;
    start(2, 4);
    const filch_slot *slots = plan_slots(rt);
    filch_worker *w = &plan_workers(rt)[0];
    EACH_GARBAGE(g)
    {
        w->slot = (uint32_t)g;
        const filch_slot *slot = worker_slot(rt, w);
        assert_true(slot >= slots && slot < slots + plan_slot_count(rt));
    }
    w->slot = 0;
}

const struct CMUnitTest corrupt_tests[] = {
    TEST(a_corrupt_number_of_a_deque_stays_in_the_items),
    TEST(a_stopped_worker_comes_home_past_a_corrupt_deque),
    TEST(a_corrupt_slot_of_a_worker_is_one_of_the_slots),
    TEST(a_corrupt_item_is_dropped),
    TEST(a_corrupt_loop_handle_is_not_joined),
    TEST(corrupt_links_are_not_followed),
    TEST(corrupt_list_heads_are_not_followed),
    TEST(a_slot_in_use_is_not_given_again),
    TEST(a_task_that_has_not_completed_is_not_reaped),
    TEST(a_corrupt_task_fails_as_corrupt),
    TEST(a_corrupt_state_names_no_missing_worker),
    TEST(a_corrupt_sleep_word_unparks_no_missing_worker),
    TEST(a_corrupt_range_makes_no_chunk_out_of_range),
    TEST(corrupt_indices_in_a_slot_are_not_used),
    TEST(corrupt_deque_ends_stay_in_the_items),
    TEST(a_thief_finds_the_end_of_a_corrupt_deque),
};
END_OF_GROUP(corrupt_tests);
