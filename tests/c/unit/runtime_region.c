/* The region: its options, its parts, the guards of its stacks. */
#include <signal.h>

#include "runtime_test.h"

static uint64_t bytes_of(uint32_t workers, uint32_t slots, uint32_t stack)
{
    return region_bytes(&(filch_options){.workers = workers, .slots = slots, .stack_bytes = stack});
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
    assert_null(region_init(0, &(filch_options){.workers = 0, .slots = 1}, 0, 0));
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
    struct {
        uintptr_t at;
        size_t bytes;
    } parts[8 + 4 * PRIORITIES] = {
        {.at = at, .bytes = sizeof *rt},
        {.at = (uintptr_t)plan_workers(rt), .bytes = 3 * sizeof *plan_workers(rt)},
        {.at = (uintptr_t)plan_slots(rt), .bytes = 5 * sizeof *plan_slots(rt)},
        {.at = (uintptr_t)plan_links(rt), .bytes = 5 * sizeof *plan_links(rt)},
        {.at = (uintptr_t)plan_ranges(rt), .bytes = 4 * 5 * sizeof *plan_ranges(rt)},
        {.at = (uintptr_t)plan_edges(rt), .bytes = 5 * DEPENDENCIES_MAX * sizeof *plan_edges(rt)},
        {.at = (uintptr_t)plan_dependencies(rt),
         .bytes = 5 * DEPENDENCIES_MAX * sizeof *plan_dependencies(rt)},
        {.at = (uintptr_t)plan_records(rt), .bytes = 3 * RECORDS_STRIDE * sizeof *plan_records(rt)},
    };
    size_t count = 8;
    for (uint32_t w = 0; w < 3; w++) {
        assert_ptr_equal(plan_workers(rt)[w].view.records,
                         plan_records(rt) + w * RECORDS_STRIDE + 1);
        assert_int_equal(plan_workers(rt)[w].view.worker, w);
        assert_ptr_equal(plan_workers(rt)[w].view.runtime, rt);
    }
    for (uint32_t owner = 0; owner < 4; owner++) {
        for (uint32_t priority = 0; priority < PRIORITIES; priority++) {
            filch_deque *d =
                owner < 3 ? &plan_workers(rt)[owner].deques[priority] : &rt->injector[priority];
            assert_int_equal(plan_mask(rt), 7);
            parts[count].at = (uintptr_t)deque_items(rt, d);
            parts[count++].bytes = (plan_mask(rt) + 1) * sizeof(atom32);
        }
    }
    for (size_t i = 0; i < count; i++) {
        assert_true(parts[i].at >= at && parts[i].at + parts[i].bytes <= end);
        if (i < 8) assert_int_equal(parts[i].at % CACHE_LINE, 0);
        for (size_t j = 0; j < i; j++) {
            assert_true(parts[i].at + parts[i].bytes <= parts[j].at ||
                        parts[j].at + parts[j].bytes <= parts[i].at);
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
    filch_options o = {.workers = 1, .slots = 1};
    void *region = aligned_alloc(CACHE_LINE, region_bytes(&o));
    const filch_kernel *const none[1] = {0};
    const filch_runtime *r = region_init(region, &o, none, KERNELS_MAX + 1);
    assert_int_equal(plan_kernel_count(r), KERNELS_MAX);
    free(region);
}

static filch_runtime *with_stacks(void **region)
{
    /* The stack is no multiple of a cache line. */
    filch_options o = {.workers = 2, .slots = 1, .stack_bytes = STACK_MIN + 63};
    *region = aligned_alloc(CACHE_LINE, region_bytes(&o));
    filch_runtime *r = region_init(*region, &o, 0, 0);
    unsigned char *end = (unsigned char *)*region + region_bytes(&o);
    assert_ptr_equal(region_stack_end(r, 0) - RED_ZONE, plan_stacks(r));
    assert_true(region_stack_top(r, 1) <= end);
    return r;
}

static sigjmp_buf trapped;
static void trap(int signal)
{
    (void)signal;
    siglongjmp(trapped, 1);
}
static bool is_overrun(const filch_runtime *r, uint32_t worker)
{
    if (sigsetjmp(trapped, 1)) return true;
    region_check_stack(r, worker);
    return false;
}

static void an_overrun_is_seen_in_the_words_next_to_the_stack(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = trap, .sa_flags = SA_NODEFER}, before;
    assert_int_equal(sigaction(SIGILL, &action, &before), 0); /* __builtin_trap(); on arm64: */
    assert_int_equal(sigaction(SIGTRAP, &action, 0), 0);
    void *region;
    filch_runtime *r = with_stacks(&region);
    assert_int_equal(plan_stack_bytes(r), STACK_MIN);
    for (uint32_t w = 0; w < 2; w++) {
        unsigned char *end = region_stack_end(r, w);
        assert_int_equal((uintptr_t)region_stack_top(r, w) % 16, 0);
        assert_ptr_equal(region_stack_top(r, w) - STACK_MIN, end);
        memset(end, 0x77, STACK_MIN); /* the worker may use all of its stack */
        assert_false(is_overrun(r, 0) || is_overrun(r, 1));
        for (int below = 1; below <= 64; below++) {
            end[-below] ^= 1;
            assert_false(is_overrun(r, 1 - w));
            assert_true(is_overrun(r, w));
            assert_true(is_overrun(r, w)); /* the damage stays, for the host to see */
            end[-below] ^= 1;
        }
        assert_false(is_overrun(r, w));
    }
    free(region);
    start(1, 1);
    assert_false(is_overrun(rt, 0)); /* the platform's own stacks have no such zone */
    sigaction(SIGILL, &before, 0);
}

static void each_byte_of_a_red_zone_tells(void **state)
{
    (void)state;
    void *region;
    filch_runtime *r = with_stacks(&region);
    for (uint32_t w = 0; w < 2; w++) {
        unsigned char *end = region_stack_end(r, w);
        assert_false(region_is_stack_overrun(r, w));
        for (int below = 1; below <= RED_ZONE; below += below < RED_ZONE - 80 ? 61 : 1) {
            end[-below] ^= 0x80;
            assert_false(region_is_stack_overrun(r, 1 - w));
            assert_true(region_is_stack_overrun(r, w));
            end[-below] ^= 0x80;
        }
        memset(end, 0x77, STACK_MIN);
        end[-RED_ZONE - 1] ^= 1; /* is another's */
        assert_false(region_is_stack_overrun(r, w));
    }
    free(region);
    start(1, 1);
    assert_false(region_is_stack_overrun(rt, 0));
}

const struct CMUnitTest region_tests[] = {
    TEST(region_refuses_options_out_of_range),
    TEST(region_takes_every_option_in_range),
    TEST(region_parts_are_disjoint_and_aligned),
    TEST(words_of_different_threads_share_no_cache_line),
    TEST(region_caps_the_kernels),
    TEST(each_byte_of_a_red_zone_tells),
    TEST(an_overrun_is_seen_in_the_words_next_to_the_stack),
};
END_OF_GROUP(region_tests);
