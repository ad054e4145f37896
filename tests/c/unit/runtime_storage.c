/* Layout, handles, pool, deque, frames, life words, completions, idle word. */
#include "runtime_test.h"

static uint64_t bytes_of(uint32_t workers, uint32_t slots, uint32_t stack)
{
    return region_bytes(&(filch_options){workers, slots, stack});
}

static void region_refuses_options_out_of_range(void **state)
{
    (void)state;
    assert_int_equal(bytes_of(0, 1, 0), 0);
    assert_int_equal(bytes_of(WORKERS_MAX + 1, 1, 0), 0);
    assert_int_equal(bytes_of(1, 0, 0), 0);
    assert_int_equal(bytes_of(1, SLOTS_MAX + 1, 0), 0);
    assert_int_equal(bytes_of(1, 1, STACK_MIN - 1), 0);
    assert_int_equal(bytes_of(1, 1, STACK_MAX + 1), 0);
    assert_int_equal(bytes_of(UINT32_MAX, UINT32_MAX, UINT32_MAX), 0);
    assert_null(region_init(0, &(filch_options){0, 1, 0}, 0, 0));
}

static void region_takes_every_option_in_range(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
        for (uint32_t slots = 1; slots <= SLOTS_MAX; slots = slots * 3 + 1) {
            uint64_t bytes = bytes_of(workers, slots, STACK_MIN + 1);
            assert_int_not_equal(bytes, 0);
            assert_int_equal(bytes % CACHE_LINE, 0);
            assert_true(bytes > bytes_of(workers, slots, 0));
        }
    }
    assert_true(bytes_of(WORKERS_MAX, SLOTS_MAX, STACK_MAX) > (uint64_t)WORKERS_MAX * STACK_MAX);
}

static void region_parts_are_disjoint_and_aligned(void **state)
{
    (void)state;
    start(3, 5);
    uintptr_t at = (uintptr_t)rt, end = at + bytes_of(3, 5, 0);
    struct { uintptr_t at; size_t bytes; } parts[8 + 4 * PRIORITIES] = {
        {at, sizeof *rt},
        {(uintptr_t)rt->workers, 3 * sizeof *rt->workers},
        {(uintptr_t)rt->slots, 5 * sizeof *rt->slots},
        {(uintptr_t)rt->links, 5 * sizeof *rt->links},
        {(uintptr_t)rt->ranges, 4 * 5 * sizeof *rt->ranges},
        {(uintptr_t)rt->edges, 5 * DEPENDENCIES_MAX * sizeof *rt->edges},
        {(uintptr_t)rt->dependencies, 5 * DEPENDENCIES_MAX * sizeof *rt->dependencies},
        {(uintptr_t)rt->records, 3 * (RECORDS + FILCH_CHILDREN_MAX) * sizeof *rt->records},
    };
    size_t count = 8;
    for (uint32_t w = 0; w < 3; w++) {
        assert_ptr_equal(rt->workers[w].view.records, rt->records + w * (RECORDS + FILCH_CHILDREN_MAX));
        assert_int_equal(rt->workers[w].view.worker, w);
        assert_ptr_equal(rt->workers[w].view.runtime, rt);
    }
    for (uint32_t owner = 0; owner < 4; owner++) {
        for (uint32_t priority = 0; priority < PRIORITIES; priority++) {
            filch_deque *d = owner < 3 ? &rt->workers[owner].deques[priority] : &rt->injector[priority];
            assert_int_equal(d->mask, 7);
            parts[count].at = (uintptr_t)d->items;
            parts[count++].bytes = (d->mask + 1) * sizeof *d->items;
        }
    }
    for (size_t i = 0; i < count; i++) {
        assert_true(parts[i].at >= at && parts[i].at + parts[i].bytes <= end);
        if (i < 8) assert_int_equal(parts[i].at % CACHE_LINE, 0);
        for (size_t j = 0; j < i; j++) {
            assert_true(parts[i].at + parts[i].bytes <= parts[j].at || parts[j].at + parts[j].bytes <= parts[i].at);
        }
    }
}

static void words_of_different_threads_share_no_cache_line(void **state)
{
    (void)state;
#define LINE(type, member) (offsetof(type, member) / CACHE_LINE)
    assert_int_not_equal(LINE(filch_deque, top), LINE(filch_deque, bottom));
    assert_int_not_equal(LINE(filch_runtime, sleep), LINE(filch_runtime, free_slots));
    assert_int_not_equal(LINE(filch_runtime, free_slots), LINE(filch_runtime, completions));
    assert_int_not_equal(LINE(filch_runtime, completions), LINE(filch_runtime, owner.submitted));
    assert_int_not_equal(LINE(filch_worker, shared.loop), LINE(filch_worker, parked));
    assert_int_not_equal(LINE(filch_worker, parked), LINE(filch_worker, view));
    assert_int_not_equal(LINE(filch_worker, view), LINE(filch_worker, trace.counters));
    assert_int_not_equal(LINE(filch_slot, state), LINE(filch_slot, args));
    assert_int_equal(sizeof(filch_slot) % CACHE_LINE, 0);
    assert_int_equal(sizeof(filch_worker) % CACHE_LINE, 0);
}

static void region_caps_the_kernels(void **state)
{
    (void)state;
    filch_options o = {1, 1, 0};
    void *region = aligned_alloc(CACHE_LINE, region_bytes(&o));
    const filch_kernel *const none[1] = {0};
    assert_int_equal(region_init(region, &o, none, KERNELS_MAX + 1)->kernel_count, KERNELS_MAX);
    free(region);
}

static void stack_guard_sees_an_overrun_once(void **state)
{
    (void)state;
    filch_options o = {2, 1, STACK_MIN + 63}; /* not a multiple of a cache line */
    void *region = aligned_alloc(CACHE_LINE, region_bytes(&o));
    filch_runtime *r = region_init(region, &o, 0, 0);
    assert_int_equal(r->stack_bytes, STACK_MIN);
    for (uint32_t w = 0; w < 2; w++) {
        assert_int_equal((uintptr_t)region_stack_top(r, w) % 16, 0);
        assert_ptr_equal(region_stack_top(r, w) - STACK_MIN, region_stack_end(r, w));
        assert_false(region_is_stack_overrun(r, w));
        memset(region_stack_end(r, w), 0x77, STACK_MIN); /* all of it is the worker's */
        assert_false(region_is_stack_overrun(r, 0) || region_is_stack_overrun(r, 1));
        for (int below = 1; below <= 64; below++) {
            region_stack_end(r, w)[-below] ^= 1;
            assert_false(region_is_stack_overrun(r, 1 - w));
            assert_true(region_is_stack_overrun(r, w));
            assert_false(region_is_stack_overrun(r, w)); /* laid again */
        }
    }
    assert_true((uint64_t)(region_stack_top(r, 1) - (unsigned char *)region) <= region_bytes(&o));
    free(region);
    start(1, 1);
    assert_false(region_is_stack_overrun(rt, 0)); /* stacks of the platform's own have no guard of ours */
}

static void handle_keeps_slot_and_generation(void **state)
{
    (void)state;
    const uint32_t slots[] = {0, 1, SLOTS_MAX - 1}, generations[] = {1, 2, 0xffff, 0x10000, GENERATION_MAX};
    for (int s = 0; s < 3; s++) {
        for (int g = 0; g < 5; g++) {
            uint64_t handle = handle_of(slots[s], generations[g]);
            assert_int_equal(handle_slot(handle), slots[s]);
            assert_int_equal(handle_generation(handle), generations[g]);
            assert_true(handle && (uint64_t)(double)handle == handle); /* JavaScript's number holds it */
        }
    }
}

static void item_is_never_a_special_one(void **state)
{
    (void)state;
    assert_true(item_slot(ITEM_LOST) >= SLOTS_MAX && item_slot(ITEM_NONE) >= SLOTS_MAX);
    assert_int_equal(item_slot(item_of(SLOTS_MAX - 1, UINT64_MAX)), SLOTS_MAX - 1);
}

static void pool_gives_each_slot_once(void **state)
{
    (void)state;
    start(1, 70);
    bool given[70] = {false};
    for (int i = 0; i < 70; i++) {
        uint32_t slot = slots_take(rt, 0);
        assert_true(slot < 70 && !given[slot]);
        given[slot] = true;
    }
    assert_int_equal(slots_take(rt, 0), SLOT_NONE);
    slots_give(rt, 33);
    assert_int_equal(slots_take(rt, 0), 33);
    assert_int_equal(slots_take(rt, 0), SLOT_NONE);
}

static void pool_tag_moves_with_each_change_and_wraps(void **state)
{
    (void)state;
    start(1, 2);
    atom64_init(&rt->free_slots, (uint64_t)UINT32_MAX << 32 | (uint32_t)atom64_load(&rt->free_slots));
    uint64_t before = atom64_load(&rt->free_slots);
    uint32_t slot = slots_take(rt, 0);
    assert_int_equal(atom64_load(&rt->free_slots) >> 32, 0);
    slots_give(rt, slot);
    assert_int_equal(atom64_load(&rt->free_slots) >> 32, 1);
    assert_int_equal((uint32_t)atom64_load(&rt->free_slots), (uint32_t)before);
}

static atom32 ring[8];
static filch_deque deque_at(uint32_t capacity, uint32_t first)
{
    filch_deque d;
    deque_init(&d, ring, capacity, first);
    return d;
}

static const uint32_t starts[] = {0, 1, 0x7ffffffcu, 0xfffffffcu, 0xffffffffu}; /* wraps as signed, and as unsigned */
#define EACH_START(d, capacity) \
    for (size_t s_ = 0; s_ < sizeof starts / sizeof *starts; s_++) for (filch_deque d = deque_at(capacity, starts[s_]), *once_ = &d; once_; once_ = 0)

static void deque_pops_the_newest_and_steals_the_oldest(void **state)
{
    (void)state;
    EACH_START(d, 8) {
        for (uint32_t i = 0; i < 8; i++) assert_true(deque_try_push(&d, i));
        assert_int_equal(deque_pop(&d), 7);
        assert_int_equal(deque_steal(&d), 0);
        assert_int_equal(deque_pop(&d), 6);
        assert_int_equal(deque_steal(&d), 1);
        for (uint32_t i = 5; i >= 2; i--) assert_int_equal(deque_pop(&d), i);
        assert_int_equal(deque_pop(&d), ITEM_NONE);
        assert_int_equal(deque_steal(&d), ITEM_NONE);
        assert_true(deque_is_empty(&d));
    }
}

static void deque_refuses_what_does_not_fit(void **state)
{
    (void)state;
    for (uint32_t capacity = 1; capacity <= 8; capacity *= 2) {
        EACH_START(d, capacity) {
            for (uint32_t i = 0; i < capacity; i++) assert_true(deque_has_room(&d) && deque_try_push(&d, i));
            assert_false(deque_has_room(&d));
            assert_false(deque_try_push(&d, 99));
            assert_int_equal(deque_steal(&d), 0);
            assert_true(deque_has_room(&d) && deque_try_push(&d, 100));
            assert_false(deque_try_push(&d, 99));
            assert_int_equal(deque_pop(&d), 100);
        }
    }
}

static void deque_stays_whole_over_many_turns(void **state)
{
    (void)state;
    EACH_START(d, 2) {
        for (uint32_t i = 0; i < 1000; i++) {
            assert_int_equal(deque_pop(&d), ITEM_NONE); /* twice: crossbeam's CVE-2021-32810 */
            assert_int_equal(deque_pop(&d), ITEM_NONE);
            assert_true(deque_try_push(&d, i));
            assert_int_equal(i % 3 ? deque_pop(&d) : deque_steal(&d), i);
            assert_true(deque_is_empty(&d));
        }
    }
}

static void deque_adopt_puts_a_half_done_pop_right(void **state)
{
    (void)state;
    EACH_START(d, 4) {
        uint32_t bottom = atom32_load(&d.bottom);
        atom32_store(&d.bottom, bottom - 1); /* as a pop does on an empty deque, before it looks at top */
        deque_adopt(&d);
        assert_true(deque_is_empty(&d));
        for (uint32_t i = 0; i < 4; i++) assert_true(deque_try_push(&d, i));
        assert_false(deque_try_push(&d, 4));
        assert_int_equal(deque_steal(&d), 0);
        for (uint32_t i = 3; i >= 1; i--) assert_int_equal(deque_pop(&d), i);
    }
}

static void frame_claims_from_the_front(void **state)
{
    (void)state;
    const uint32_t top = (uint32_t)1 << BLOCK_BITS;
    const struct { range before; uint32_t length; range claimed; } table[] = {
        {{0, 0}, 1, {0, 0}},           {{5, 5}, 9, {0, 0}},         {{7, 5}, 9, {0, 0}},
        {{0, 1}, 1, {0, 1}},           {{0, 2}, 1, {0, 1}},         {{3, 10}, 4, {3, 7}},
        {{3, 10}, 100, {3, 10}},       {{0, top}, 1, {0, 1}},       {{0, top}, UINT32_MAX, {0, top}},
        {{top - 1, top}, 2, {top - 1, top}}, {{0, UINT32_MAX}, UINT32_MAX, {0, UINT32_MAX}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        atom64 frame = {range_pack(table[i].before)};
        range r = range_claim(&frame, table[i].length, 0), left = range_unpack(frame.word);
        assert_int_equal(range_pack(r), range_pack(table[i].claimed));
        assert_int_equal(range_length(r) + range_length(left), range_length(table[i].before));
        if (range_length(left)) assert_int_equal(left.next, r.end);
    }
}

static void frame_splits_off_the_front(void **state)
{
    (void)state;
    const uint32_t top = (uint32_t)1 << BLOCK_BITS;
    const struct { range before; uint32_t share; range taken; } table[] = {
        {{0, 0}, 1, {0, 0}},  {{9, 4}, 1, {0, 0}}, {{0, 1}, 1, {0, 1}}, {{0, 1}, 9, {0, 1}}, {{0, 2}, 9, {0, 1}},
        {{0, 3}, 9, {0, 2}},  {{4, 9}, 2, {4, 6}}, {{4, 9}, 9, {4, 7}}, {{4, 9}, RANGE_ALL, {4, 9}},
        {{0, top}, top, {0, top / 2}}, {{0, top}, 7, {0, 7}}, {{0, top}, RANGE_ALL, {0, top}}, {{top - 1, top}, 5, {top - 1, top}},
        {{1, UINT32_MAX}, UINT32_MAX - 1, {1, 0x80000000u}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        atom64 frame = {range_pack(table[i].before)};
        uint64_t word = frame.word;
        range r;
        assert_int_equal(range_has_spare(&frame, 0), range_length(table[i].before) > 0);
        assert_true(range_try_split(&frame, &word, table[i].share, 0, &r));
        range left = range_unpack(frame.word);
        assert_int_equal(range_pack(r), range_pack(table[i].taken));
        assert_int_equal(range_length(r) + range_length(left), range_length(table[i].before));
        if (range_length(left)) assert_true(left.next == r.end && left.end == table[i].before.end);
    }
}

static void life_goes_its_way(void **state)
{
    (void)state;
    filch_slot slot = {.state = {state_free(7) | STATE_QUEUED}};
    uint64_t handle = handle_of(3, 7);
    uint32_t item = item_of(3, slot.state.word);
    assert_false(state_try_take(&slot, 0, item_of(3, state_free(8)))); /* stale */
    assert_false(state_try_join(&slot, 1, handle));                        /* no worker in it */
    assert_true(state_try_take(&slot, 0, item));
    assert_false(state_try_take(&slot, 1, item));                          /* once */
    assert_false(state_try_join(&slot, 1, handle_of(3, 8)));
    assert_true(state_try_join(&slot, 1, handle));
    assert_false(state_try_close_idle(&slot, slot.state.word));
    assert_true(state_yield_needs_item(&slot, 1));                                /* wants an item */
    assert_false(state_yield_needs_item(&slot, 0));                               /* has one */
    assert_true(state_try_take(&slot, 29, item));
    assert_true(state_try_join(&slot, 2, handle));
    assert_false(state_leave_is_last(&slot, 29));
    assert_true(state_leave_is_last(&slot, 2));
    assert_true(slot.state.word & STATE_CLOSED);
    assert_false(state_try_join(&slot, 1, handle) || state_try_take(&slot, 1, item));
    state_reopen(&slot, 2);
    assert_int_equal(slot.state.word, state_free(7) | STATE_WORKER(2));
}

static void life_with_an_item_is_left_to_whoever_takes_it(void **state)
{
    (void)state;
    filch_slot slot = {.state = {state_free(1) | STATE_WORKER(0) | STATE_WORKER(1)}};
    assert_true(state_yield_needs_item(&slot, 0));
    assert_false(state_leave_is_last(&slot, 1)); /* the last worker, but not the last interest */
    assert_false(state_try_close_idle(&slot, state_free(2) | STATE_QUEUED)); /* another task by now */
    assert_true(state_try_close_idle(&slot, slot.state.word));
    assert_false(state_try_close_idle(&slot, slot.state.word));
}

static void done_list_comes_back_in_order(void **state)
{
    (void)state;
    start(1, 8);
    for (uint32_t turn = 0; turn < 3; turn++) {
        for (uint32_t s = 0; s < 3; s++) completions_add(rt, 2 * s + 1);
        assert_int_equal(completions_take(rt), 1);
        completions_add(rt, 0);
        completions_collect(rt);
        const uint32_t rest[] = {3, 5, 0, SLOT_NONE, SLOT_NONE};
        for (int i = 0; i < 5; i++) assert_int_equal(completions_take(rt), rest[i]);
    }
}

static void doorbell_rings_once_for_all_that_settles(void **state)
{
    (void)state;
    start(1, 4);
    completions_add(rt, 0);
    completions_try_notify(rt);
    assert_int_equal(test_wakes, 0); /* nobody waits */
    assert_false(completions_try_arm(rt));      /* there is something */
    assert_int_equal(completions_take(rt), 0);
    assert_true(completions_try_arm(rt));
    assert_int_equal(rt->doorbell.word, 1);
    for (uint32_t s = 1; s < 3; s++) {
        completions_add(rt, s);
        completions_try_notify(rt);
    }
    assert_int_equal(test_wakes, 1);
    assert_int_equal(rt->doorbell.word, 0);
    assert_int_equal(completions_take(rt), 1);
    assert_false(completions_try_arm(rt)); /* collected, not reaped */
}

static void at_most_half_of_the_workers_search(void **state)
{
    (void)state;
    start(6, 1);
    for (uint32_t w = 0; w < 3; w++) assert_true(sleep_try_search(rt, w));
    assert_false(sleep_try_search(rt, 3));
    assert_true(sleep_try_search(rt, 1)); /* searches already */
    sleep_prepare_park(rt, 1);
    assert_true(sleep_try_search(rt, 3));
    start(1, 1);
    assert_true(sleep_try_search(rt, 0)); /* one of one */
}

static void wake_counts_those_who_search(void **state)
{
    (void)state;
    start(4, 1);
    for (uint32_t w = 0; w < 4; w++) sleep_prepare_park(rt, w);
    sleep_try_unpark(rt, 2);
    assert_int_equal(test_wakes, 2);
    sleep_try_unpark(rt, 2); /* the two look for work still */
    assert_int_equal(test_wakes, 2);
    assert_false(sleep_end_search_is_last(rt, 0));
    assert_true(sleep_end_search_is_last(rt, 1)); /* the last searcher that finds work is to look for more */
    assert_int_equal(test_wakes, 2);
    sleep_unpark_all(rt);
    assert_int_equal(test_wakes, 4);
    assert_int_equal((uint32_t)atom64_load(&rt->sleep), 0);
}

const struct CMUnitTest storage_tests[] = {
    TEST(region_refuses_options_out_of_range), TEST(region_takes_every_option_in_range),
    TEST(region_parts_are_disjoint_and_aligned), TEST(words_of_different_threads_share_no_cache_line), TEST(region_caps_the_kernels),
    TEST(stack_guard_sees_an_overrun_once), TEST(handle_keeps_slot_and_generation), TEST(item_is_never_a_special_one),
    TEST(pool_gives_each_slot_once), TEST(pool_tag_moves_with_each_change_and_wraps),
    TEST(deque_pops_the_newest_and_steals_the_oldest), TEST(deque_refuses_what_does_not_fit),
    TEST(deque_stays_whole_over_many_turns), TEST(deque_adopt_puts_a_half_done_pop_right), TEST(frame_claims_from_the_front),
    TEST(frame_splits_off_the_front), TEST(life_goes_its_way), TEST(life_with_an_item_is_left_to_whoever_takes_it),
    TEST(done_list_comes_back_in_order), TEST(doorbell_rings_once_for_all_that_settles), TEST(at_most_half_of_the_workers_search),
    TEST(wake_counts_those_who_search),
};
END_OF_GROUP(storage_tests);
