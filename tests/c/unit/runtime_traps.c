/* Traps outside of a chunk: as accumulators are combined, and between two blocks, where a corrupt
 * word has sent the worker to an address without memory. The task fails, whatever it was, and the
 * worker runs the next one. */
#include <signal.h>
#include <sys/mman.h>

#include "core/reduce.h"
#include "runtime_test.h"
#include "sched/settle.h"

enum { PARENT, CHILD, TOTAL, NOTHING, TABLE };
enum { STACK = STACK_MIN };

static sigjmp_buf trapped;
static void trap(int signal)
{
    (void)signal;
    siglongjmp(trapped, 1);
}

/* What the chunks and combinations do besides. */
static void (*in_chunk)(filch_task *task), (*in_combine)(void);
static uint32_t children;

static int32_t child(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args;
    children += (uint32_t)(end - begin);
    return FILCH_OK;
}
static const filch_kernel child_kernel = {
    .name = "child", .chunk = child, .kind = FILCH_SEQUENTIAL};

static int32_t parent(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)args;
    if (task->total) *(uint64_t *)task->total += end - begin;
    if (in_chunk) in_chunk(task);
    return FILCH_OK;
}
static const filch_kernel parent_kernel = {
    .name = "parent", .chunk = parent, .kind = FILCH_PARALLEL};

static void identity(void *total) { *(uint64_t *)total = 0; }
static void combine(void *into, const void *from)
{
    *(uint64_t *)into += *(const uint64_t *)from;
    if (in_combine) in_combine();
}
static const filch_kernel total_kernel = {.name = "total",
                                          .chunk = parent,
                                          .kind = FILCH_PARALLEL,
                                          .total_bytes = sizeof(uint64_t),
                                          .identity = identity,
                                          .combine = combine};
static const filch_kernel *const table[TABLE] = {
    [PARENT] = &parent_kernel, [CHILD] = &child_kernel, [TOTAL] = &total_kernel};

static uint64_t totals[8];

static void begin(uint32_t workers, uint32_t slots, uint32_t stack_bytes)
{
    start(1, 1); /* clears the records and the clock */
    free(plan_at(rt));
    filch_options o = {.workers = workers, .slots = slots, .stack_bytes = stack_bytes};
    rt = region_init(aligned_alloc(CACHE_LINE, region_bytes(&o)), &o, table, TABLE);
    in_chunk = 0;
    in_combine = 0;
    children = 0;
    struct sigaction action = {.sa_handler = trap, .sa_flags = SA_NODEFER};
    assert_int_equal(sigaction(SIGSEGV, &action, 0), 0);
    sigaction(SIGBUS, &action, 0);
    sigaction(SIGILL, &action, 0); /* __builtin_trap(); on arm64: */
    sigaction(SIGTRAP, &action, 0);
}

static uint64_t post_of(uint32_t kernel, uint64_t length)
{
    return must_submit((filch_submission){.kernel = kernel,
                                          .end = length,
                                          .grain = 1,
                                          .priority = 1,
                                          .args = "",
                                          .totals = kernel == TOTAL ? totals : 0,
                                          .deterministic = true});
}

/* Runs worker 0 as a host does, which catches each trap. */
static uint32_t run_and_catch(void)
{
    volatile uint32_t traps = 0;
    if (sigsetjmp(trapped, 1)) {
        assert_true(++traps < 10);
        worker_trapped(rt, 0, false);
    }
    run_all(0);
    return traps;
}

static void check_whole(void)
{
    assert_int_equal(plan_workers(rt)[0].slot, 0);
    assert_int_equal(slots_free_count(rt), plan_slot_count(rt));
    uint64_t next = post_of(TOTAL, 4);
    in_chunk = 0;
    in_combine = 0;
    assert_int_equal(run_and_catch(), 0);
    assert_int_equal(status_of(next), FILCH_OK);
    assert_int_equal(totals[0], 4);
    must_reap(next);
}

/* -- between two blocks -- */
static bool of_root; /* the corrupt words are the root's, not the member's */

/* Submits a loop from the chunk. Then the page says that there is a further piece of a task, at an
 * address without memory. */
static void submit_and_corrupt(filch_task *task)
{
    static void *nowhere;
    if (!nowhere) nowhere = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    in_chunk = 0;
    assert_int_equal(filch_post_loop(task, &child_kernel, 0, 3, ""), FILCH_OK);
    for (uint32_t i = 0; i < plan_slot_count(rt); i++) {
        filch_slot *slot = &plan_slots(rt)[i];
        if (!(atom64_load(&slot->state) & STATE_IN_USE)) continue;
        if (tree_is_member(rt, slot) == of_root) continue;
        slot->loop.pieces = nowhere;
        slot->loop.piece_count = 1;
    }
}

static void a_trap_between_two_blocks_fails_the_tree(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        begin(1, 4, 0);
        of_root = i;
        in_chunk = submit_and_corrupt;
        uint64_t handle = post_of(PARENT, 1);
        assert_int_equal(run_and_catch(), 1);
        assert_int_equal(status_of(handle), FILCH_KERNEL_TRAPPED);
        assert_int_equal(children, of_root ? 0 : 3);
        must_reap(handle);
        assert_int_equal(reap_next(rt), 0);
        check_whole();
    }
}

/* -- a combination -- */
static void overrun(void)
{
    in_combine = 0;
    memset(region_stack_end(rt, 0) - 8, 0x77, 8);
}
static void overrun_in_chunk(filch_task *task)
{
    (void)task;
    in_chunk = 0;
    overrun();
}

/* The host ends the runtime then. */
static void an_overrun_stack_traps_in_the_task_that_overran_it(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        begin(1, 2, STACK);
        volatile uint64_t handle = post_of(i ? TOTAL : PARENT, 4), other = post_of(PARENT, 1);
        if (i == 2) in_combine = overrun;
        else in_chunk = overrun_in_chunk;
        if (!sigsetjmp(trapped, 1)) {
            run_all(0);
            fail();
        }
        assert_int_equal(plan_workers(rt)[0].slot, slot_index(rt, slot_of(handle)) + 1);
        assert_int_equal(status_of(handle), FILCH_PENDING);
        assert_int_equal(status_of(other), FILCH_PENDING);
    }
}

static uint64_t corrupted; /* the task whose words the page overwrites in its last chunk */
static void corrupt_kernel(filch_task *task)
{
    (void)task;
    slot_of(corrupted)->kernel = NOTHING; /* a plug-in's that was unloaded */
}
/* There would be more than 2^31 parts. */
static void corrupt_total(filch_task *task)
{
    (void)task;
    filch_slot *slot = slot_of(corrupted);
    slot->loop.total = ((uint64_t)1 << 62) + ((uint64_t)1 << 34);
    atom32_store(&slot->loop.leaf, reduce_leaf(slot->loop.total));
    atom64_store(&slot->done, slot->loop.total - 1);
}
static void corrupt_done(filch_task *task)
{
    (void)task;
    atom64_store(&slot_of(corrupted)->done, 7);
}

static void corrupt_words_end_no_combination_badly(void **state)
{
    (void)state;
    void (*const ways[])(filch_task *) = {corrupt_kernel, corrupt_total, corrupt_done};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        begin(2, 2, 0);
        in_chunk = ways[i];
        corrupted = post_of(TOTAL, 1);
        assert_int_equal(run_and_catch(), 0);
        if (ways[i] != corrupt_kernel) assert_int_equal(status_of(corrupted), FILCH_CORRUPT);
        assert_int_not_equal(status_of(corrupted), FILCH_PENDING);
        must_reap(corrupted);
        check_whole();
    }
}

static filch_slot *member;
static void submit(filch_task *task)
{
    in_chunk = 0;
    assert_int_equal(filch_post_loop(task, &child_kernel, 0, 3, ""), FILCH_OK);
    worker_leave(rt, 0); /* before it runs the member */
}
/* A chunk's worker releases the last member of another tree, as if its own member's root were
 * corrupt. */
static uint64_t running;
static void release(filch_task *task)
{
    filch_worker *w = &plan_workers(rt)[task->worker];
    if (worker_slot(rt, w) != slot_of(running)) return;
    in_chunk = 0;
    settle_release(rt, w, member);
}
static void trap_here(void) { siglongjmp(trapped, 1); }

static void a_worker_in_a_task_combines_no_other_one(void **state)
{
    (void)state;
    begin(1, 4, 0);
    in_chunk = submit;
    uint64_t reduction = post_of(TOTAL, 4);
    assert_int_equal(worker_run(rt, 0), WORKER_LEFT);
    assert_int_equal(status_of(reduction), FILCH_PENDING);
    for (uint32_t i = 0; i < plan_slot_count(rt); i++) {
        if (tree_is_member(rt, &plan_slots(rt)[i])) member = &plan_slots(rt)[i];
    }
    /* No worker takes the member. */
    uint32_t generation = state_generation(atom64_load(&member->state));
    atom64_store(&member->state, state_free(generation) | STATE_CLOSED);
    run_all(0); /* the reduction closes, and waits for its member */
    assert_int_equal(status_of(reduction), FILCH_PENDING);
    running = post_of(PARENT, 2);
    in_chunk = release;
    in_combine = trap_here;
    run_and_catch();
    assert_int_equal(status_of(reduction), FILCH_CORRUPT);
    assert_int_equal(status_of(running), FILCH_OK);
    must_reap(reduction);
    must_reap(running);
    check_whole();
}

const struct CMUnitTest trap_tests[] = {
    TEST(a_trap_between_two_blocks_fails_the_tree),
    TEST(an_overrun_stack_traps_in_the_task_that_overran_it),
    TEST(corrupt_words_end_no_combination_badly),
    TEST(a_worker_in_a_task_combines_no_other_one),
};
END_OF_GROUP(trap_tests);
