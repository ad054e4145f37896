/* The runtime on one thread: one named check for each fact. CMOCKA_MESSAGE_OUTPUT=TAP prints
 * TAP. */
#include <stdio.h>

#include "runtime_test.h"

/* -- the platform -- */
uint64_t test_clock;
uint32_t test_wakes;
bool test_corrupts;

void filch_invariant_failed(const char *condition, const char *file, int line)
{
    if (!test_corrupts) fail_msg("invariant of %s:%d: %s", file, line, condition);
}

void futex_wait(atom32 *word, uint32_t expected)
{
    (void)word, (void)expected;
    fail_msg("a wait on the only thread");
}

void futex_wake(atom32 *word, uint32_t count)
{
    (void)word, (void)count;
    test_wakes++;
}

uint64_t clock_ns(void) { return test_clock; }
void spin_hint(void) { test_clock += 100; }
void host_notify(void) {}

/* -- kernels -- */
chunk_record test_chunks[RECORDS_MAX];
uint32_t test_chunk_count;
bool test_out_of_range;
jmp_buf test_escape;
uint64_t test_handle;

void test_record_chunk(chunk_record chunk)
{
    if (test_chunk_count < RECORDS_MAX) test_chunks[test_chunk_count] = chunk;
    test_chunk_count++;
}

static bool is_within(uint64_t i, uint64_t begin, uint64_t end) { return i >= begin && i < end; }

static int32_t record(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    record_args *a = args;
    test_record_chunk(
        (chunk_record){.begin = begin, .end = end, .tag = a->tag, .worker = task->worker});
    if (begin < a->begin || end > a->end || begin >= end) test_out_of_range = true;
    if (is_within(a->fail_at, begin, end)) return (int32_t)a->code;
    if (is_within(a->leave_at, begin, end)) longjmp(test_escape, 1);
    if (is_within(a->cancel_at, begin, end)) assert_true(control_try_cancel(rt, test_handle));
    if (is_within(a->act_at, begin, end)) a->act();
    test_clock += a->cost * (end - begin);
    a->state += end - begin;
    return FILCH_OK;
}

static const filch_kernel parallel = {
    .name = "record", .chunk = record, .args_bytes = sizeof(record_args), .kind = FILCH_PARALLEL};
static const filch_kernel sequential = {.name = "record_sequential",
                                        .chunk = record,
                                        .args_bytes = sizeof(record_args),
                                        .kind = FILCH_SEQUENTIAL};
static const filch_kernel *const kernels[KERNELS] = {&parallel, &sequential, &filch_kernel_sum,
                                                     &filch_kernel_tree};

/* -- a runtime -- */
filch_runtime *rt;

void start(uint32_t workers, uint32_t slots)
{
    filch_options o = {.workers = workers, .slots = slots};
    static uint64_t size; /* of the region that rt is in */
    uint64_t bytes = region_bytes(&o);
    if (bytes != size) finish(0);
    void *region = rt ? plan_at(rt) : aligned_alloc(CACHE_LINE, bytes);
    assert_non_null(region);
    size = bytes;
    memset(region, 0xa5, bytes);
    rt = region_init(region, &o, kernels, KERNELS);
    test_chunk_count = test_wakes = 0;
    test_corrupts = false;
    test_out_of_range = false;
    test_clock = 1000000000;
}

int finish(void **state)
{
    (void)state;
    if (rt) free(plan_at(rt));
    rt = 0;
    return 0;
}

setup plain(uint64_t begin, uint64_t end)
{
    const uint64_t never = UINT64_MAX;
    return (setup){.begin = begin,
                   .end = end,
                   .kernel = KERNEL_RECORD,
                   .priority = 1,
                   .grain = 1,
                   .args = {.fail_at = never,
                            .leave_at = never,
                            .cancel_at = never,
                            .act_at = never,
                            .begin = begin,
                            .end = end}};
}

filch_submission submission_of(const setup *s)
{
    return (filch_submission){.kernel = s->kernel,
                              .begin = s->begin,
                              .end = s->end,
                              .priority = s->priority,
                              .grain = s->grain,
                              .args = &s->args};
}

uint64_t try_post(const setup *s, filch_status *why)
{
    filch_submission submission = submission_of(s);
    return submit_task(rt, &submission, why);
}

uint64_t must_submit(filch_submission submission)
{
    filch_status why;
    uint64_t handle = submit_task(rt, &submission, &why);
    assert_int_equal(why, FILCH_OK);
    assert_int_not_equal(handle, 0);
    return handle;
}

uint64_t must_post(setup s) { return must_submit(submission_of(&s)); }

uint64_t post_depending(setup s, const uint64_t *dependencies, uint32_t count)
{
    filch_submission submission = submission_of(&s);
    submission.dependencies = dependencies;
    submission.dependency_count = count;
    return must_submit(submission);
}

void check_ran_once(uint64_t begin, uint64_t end, uint32_t tag)
{
    uint8_t *marks = calloc(end - begin + 1, 1);
    uint64_t ran = 0;
    assert_true(test_chunk_count <= RECORDS_MAX);
    for (uint32_t c = 0; c < test_chunk_count; c++) {
        if (test_chunks[c].tag != tag) continue;
        assert_true(test_chunks[c].begin >= begin && test_chunks[c].end <= end);
        for (uint64_t i = test_chunks[c].begin; i < test_chunks[c].end; i++, ran++) {
            assert_int_equal(marks[i - begin]++, 0);
        }
    }
    assert_int_equal(ran, end - begin);
    free(marks);
}

uint64_t post_plain(uint64_t begin, uint64_t end) { return must_post(plain(begin, end)); }

filch_slot *slot_of(uint64_t handle)
{
    filch_slot *slot = state_find(rt, handle);
    assert_non_null(slot);
    return slot;
}

uint32_t status_of(uint64_t handle) { return atom32_load(&slot_of(handle)->status) & 0xffff; }
const record_args *args_of(uint64_t handle)
{
    return (const record_args *)(const void *)slot_of(handle)->args;
}

void run_all(uint32_t worker)
{
    while (worker_slice_has_more(rt, worker, 1000000)) {}
}

void must_reap(uint64_t handle)
{
    assert_int_equal(reap_next(rt), handle);
    assert_int_equal(reap_release(rt, handle), FILCH_OK);
}

int main(void)
{
    const struct {
        const char *name;
        const struct CMUnitTest *tests;
        size_t count;
    } groups[] = {
#define GROUP_OF(name_, array) {.name = name_, .tests = array, .count = array##_count}
        GROUP_OF("region", region_tests),
        GROUP_OF("parts", part_tests),
        GROUP_OF("deque", deque_tests),
        GROUP_OF("ranges", range_tests),
        GROUP_OF("task state", state_tests),
        GROUP_OF("tasks", task_tests),
        GROUP_OF("losses", loss_tests),
        GROUP_OF("slices", slice_tests),
        GROUP_OF("pauses", pause_tests),
        GROUP_OF("priorities", priority_tests),
        GROUP_OF("dependencies", depend_tests),
        GROUP_OF("pieces", piece_tests),
        GROUP_OF("reductions", reduce_tests),
        GROUP_OF("trees", tree_tests),
        GROUP_OF("corrupt words", corrupt_tests),
        GROUP_OF("corrupt trees", corrupt_tree_tests),
        GROUP_OF("traps", trap_tests),
        GROUP_OF("waits", wait_tests),
        GROUP_OF("refused waits", refused_wait_tests),
    };
    int failed = 0;
    setvbuf(stdout, 0, _IOLBF, 0); /* so that a crash loses no line printed before it */
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        failed += _cmocka_run_group_tests(groups[i].name, groups[i].tests, groups[i].count, 0, 0);
    }
    return failed ? 1 : 0;
}
