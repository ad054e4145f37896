/* Fork tasks on one thread: the workers run one after the other, also in the middle of each other's
 * leaves. tests/c/explore has the races. */
#include "runtime_trees.h"

uint32_t test_leaves;
void (*test_leaf)(void);

FILCH_FORK(grow, uint64_t, (uint32_t n, cost;), (uint64_t a, b;))
{
    FILCH_BEGIN;
    if (f->n < 2) {
        test_leaves++;
        test_clock += f->cost;
        if (test_leaf) test_leaf();
        FILCH_RETURN(f->n);
    }
    FILCH_SPAWN(grow, f->n - 1, f->cost);
    FILCH_CALL(f->b, grow, f->n - 2, f->cost);
    FILCH_JOIN(f->a, grow);
    FILCH_RETURN(f->a + f->b);
    FILCH_END;
}

#define TREE_ARGS(F) \
    F(value, u32, n) F(value, u32, cost) F(value, u32, fail) \
    F(state, u64, got) F(state, u64, result)
FILCH_FORK_KERNEL(tree, TREE_ARGS)
{
    FILCH_BEGIN;
    FILCH_SPAWN(grow, f->n, f->cost);
    FILCH_SPAWN(grow, f->n, f->cost);
    FILCH_CALL(f->got, grow, f->n, f->cost);
    f->result += f->got;
    FILCH_JOIN(f->got, grow);
    f->result += f->got;
    FILCH_JOIN(f->got, grow);
    f->result += f->got;
    if (f->fail) FILCH_FAIL(f->fail);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

uint64_t post_tree(uint32_t n, uint32_t cost, uint32_t fail)
{
    tree_args args = {.n = n, .cost = cost, .fail = fail};
    test_leaves = 0;
    return must_submit(
        (filch_submission){.kernel = KERNEL_TREE, .end = 1, .priority = 1, .args = &args});
}

uint64_t tree_result(uint64_t handle)
{
    return ((const tree_args *)(const void *)slot_of(handle)->args)->result;
}

enum { PARTS = 3 }; /* of the tree, each fib(n) */
static uint64_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
static uint32_t leaves_of(uint32_t n) { return n < 2 ? 1 : leaves_of(n - 1) + leaves_of(n - 2); }

/* The tree has ended. Once the owner has reaped the tree, every slot is free. */
static void check_over(uint64_t handle, uint32_t status)
{
    assert_int_equal(status_of(handle), status);
    must_reap(handle);
    for (uint32_t i = 0; i < plan_slot_count(rt); i++)
        assert_int_not_equal(slots_take(rt, 0), SLOT_NONE);
    for (uint32_t w = 0; w < plan_worker_count(rt); w++)
        assert_true(!plan_workers(rt)[w].slot && !plan_workers(rt)[w].tree.reserved);
}

static uint64_t random_state = 9;
static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 32) * n >> 32);
}

static uint32_t depth;
static void others_come(void)
{
    if (depth >= 3 || random_below(20)) return;
    depth++;
    uint32_t w = random_below(plan_worker_count(rt));
    if (!plan_workers(rt)[w].slot) worker_slice_has_more(rt, w, random_below(30000));
    depth--;
}

static void the_result_does_not_depend_on_the_schedule(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 150; round++) {
        start(1 + round % 5, 1 + random_below(round % 2 ? 8 : 200));
        uint32_t n = 8 + round % 8;
        test_leaf = others_come;
        uint64_t handle = post_tree(n, 100, 0);
        while (!slot_of(handle)->stage) {
            worker_slice_has_more(rt, random_below(plan_worker_count(rt)), random_below(100000));
            if (random_below(8) == 0) {
                control_try_pause(rt, handle);
                for (uint32_t w = 0; w < 2 * plan_worker_count(rt); w++)
                    worker_slice_has_more(rt, w % plan_worker_count(rt), 0);
                if (!slot_of(handle)->stage &&
                    atom32_load(&slot_of(handle)->status) == FILCH_PENDING) {
                    assert_int_equal(control_pause_state(rt, handle), PAUSE_DONE);
                }
                control_try_resume(rt, handle);
            }
            if (random_below(8) == 0)
                control_try_set_priority(rt, handle, random_below(PRIORITIES));
            completions_collect(rt);
        }
        test_leaf = 0;
        assert_int_equal(test_leaves, PARTS * leaves_of(n));
        assert_int_equal(tree_result(handle), PARTS * fib(n));
        check_over(handle, FILCH_OK);
    }
}

static void a_tree_yields_to_a_more_urgent_task(void **state)
{
    (void)state;
    start(1, 200);
    uint64_t handle = post_tree(14, 1000, 0);
    assert_true(worker_slice_has_more(rt, 0, 50000));
    uint32_t before = test_leaves;
    setup s = plain(0, 1);
    s.priority = 0;
    uint64_t urgent = must_post(s);
    worker_slice_has_more(rt, 0, 0);
    assert_int_equal(test_chunk_count, 1);
    assert_int_equal(test_leaves, before);
    must_reap(urgent);
    run_all(0);
    assert_int_equal(tree_result(handle), PARTS * fib(14));
    check_over(handle, FILCH_OK);
}

/* A worker that yields often resumes the calls that it had begun before it begins others. So the
 * tree never has more slots than one stack of calls needs. */
static uint64_t yield_again_and_again(bool changes)
{
    enum { SLICE = 20000, LEAF = 100, POLLS = 256 }; /* the clock is read at each 256th call */
    start(1, 64);
    uint64_t handle = post_tree(20, LEAF, 0);
    uint32_t slices = 0;
    while (!slot_of(handle)->stage) {
        uint64_t end = test_clock + SLICE;
        worker_slice_has_more(rt, 0, SLICE);
        assert_true(test_clock <= end + POLLS * LEAF);
        slices++;
        completions_collect(rt);
        if (changes) control_try_set_priority(rt, handle, slices % PRIORITIES);
    }
    assert_true(slices > 50);
    assert_int_equal(tree_result(handle), PARTS * fib(20));
    return handle;
}

static void a_tree_on_one_worker_yields_again_and_again(void **state)
{
    (void)state;
    check_over(yield_again_and_again(false), FILCH_OK);
}

/* Children in no queue stay in none when their priority changes; and the next tasks in their slots
 * are in a queue. */
static void a_tree_yields_while_its_priority_changes(void **state)
{
    (void)state;
    must_reap(yield_again_and_again(true));
    uint64_t handles[64];
    for (uint32_t i = 0; i < 64; i++) {
        setup s = plain(0, 1);
        s.priority = 0;
        handles[i] = must_post(s);
    }
    for (uint32_t i = 0; i < 64; i++) assert_true(control_try_set_priority(rt, handles[i], 2));
    run_all(0);
    for (uint32_t i = 0; i < 64; i++) assert_int_equal(status_of(handles[i]), FILCH_OK);
}

static void a_failing_tree_fails_with_its_code(void **state)
{
    (void)state;
    const uint32_t codes[] = {77, FILCH_CODE_MAX, 70000, (uint32_t)-1};
    for (int i = 0; i < 4; i++) {
        start(2, 50);
        uint64_t handle = post_tree(9, 1000, codes[i]);
        while (!slot_of(handle)->stage) {
            worker_slice_has_more(rt, 1, 9000);
            completions_collect(rt);
        }
        uint32_t status = i < 2 ? FILCH_KERNEL_FAILED | codes[i] << 16 : FILCH_BAD_CODE;
        assert_int_equal(slot_of(handle)->status.word, status);
        check_over(handle, status & 0xffff);
    }
}

static uint32_t countdown;
static void cancel_at_zero(void)
{
    if (countdown && !--countdown) assert_true(control_try_cancel(rt, test_handle));
    others_come();
}

static void a_cancelled_tree_ends_early(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 100; round++) {
        start(1 + round % 4, 100);
        test_handle = post_tree(15, 100, 0);
        countdown = 1 + random_below(500);
        test_leaf = cancel_at_zero;
        for (int i = 0; i < 20000 && !slot_of(test_handle)->stage; i++) {
            worker_slice_has_more(rt, random_below(plan_worker_count(rt)), 20000);
            completions_collect(rt);
        }
        test_leaf = 0;
        assert_true(test_leaves < PARTS * leaves_of(15));
        check_over(test_handle, FILCH_CANCELLED);
    }
}

static void leave_at_zero(void)
{
    if (countdown && !--countdown) longjmp(test_escape, 1);
}

static void a_trap_fails_the_tree_and_loses_no_slot(void **state)
{
    (void)state;
    for (int dies = 0; dies < 2; dies++) {
        for (uint32_t at = 1; at < 40; at++) {
            start(2, 100);
            uint64_t handle = post_tree(14, 1000, 0);
            worker_slice_has_more(rt, 0, 20000); /* some of the tree is saved */
            countdown = at;
            test_leaf = leave_at_zero;
            if (!setjmp(test_escape)) {
                run_all(1);
                fail_msg("the worker did not leave");
            }
            test_leaf = 0;
            if (dies) {
                recover_worker(rt, 1);
                worker_adopt(rt, 1);
            } else {
                worker_trapped(rt, 1, false);
            }
            run_all(0);
            for (int i = 0; i < 3 && !slot_of(handle)->stage; i++) {
                reap_try_arm(rt); /* the owner looks */
                completions_collect(rt);
            }
            check_over(handle, dies ? FILCH_WORKER_LOST : FILCH_KERNEL_TRAPPED);
        }
    }
}

const struct CMUnitTest tree_tests[] = {
    TEST(the_result_does_not_depend_on_the_schedule),
    TEST(a_tree_yields_to_a_more_urgent_task),
    TEST(a_tree_on_one_worker_yields_again_and_again),
    TEST(a_tree_yields_while_its_priority_changes),
    TEST(a_failing_tree_fails_with_its_code),
    TEST(a_cancelled_tree_ends_early),
    TEST(a_trap_fails_the_tree_and_loses_no_slot),
};
END_OF_GROUP(tree_tests);
