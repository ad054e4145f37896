/* The runtime on one thread: one named check for each fact. CMOCKA_MESSAGE_OUTPUT=TAP prints TAP. */
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

static bool within(uint64_t i, uint64_t begin, uint64_t end) { return i >= begin && i < end; }

static int32_t record(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    record_args *a = args;
    if (test_chunk_count < RECORDS_MAX) test_chunks[test_chunk_count] = (chunk_record){begin, end, a->tag, task->worker};
    test_chunk_count++;
    if (begin < a->begin || end > a->end || begin >= end) test_out_of_range = true;
    if (within(a->fail_at, begin, end)) return (int32_t)a->code;
    if (within(a->leave_at, begin, end)) longjmp(test_escape, 1);
    if (within(a->cancel_at, begin, end)) assert_true(control_try_cancel(rt, test_handle));
    if (within(a->act_at, begin, end)) a->act();
    test_clock += a->cost * (end - begin);
    a->state += end - begin;
    return FILCH_OK;
}

static const filch_kernel parallel = {"record", record, 0, 0, sizeof(record_args), FILCH_PARALLEL};
static const filch_kernel sequential = {"record_sequential", record, 0, 0, sizeof(record_args), FILCH_SEQUENTIAL};
static const filch_kernel *const kernels[KERNELS] = {&parallel, &sequential, &filch_kernel_sum, &filch_kernel_tree};

/* -- a runtime -- */
filch_runtime *rt;

void start(uint32_t workers, uint32_t slots)
{
    filch_options o = {workers, slots, 0};
    uint64_t bytes = region_bytes(&o);
    finish(0);
    void *region = aligned_alloc(CACHE_LINE, bytes);
    assert_non_null(region);
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
    free(rt);
    rt = 0;
    return 0;
}

setup plain(uint64_t begin, uint64_t end)
{
    const uint64_t never = UINT64_MAX;
    return (setup){begin, end, KERNEL_RECORD, 1, 1,
                   {.fail_at = never, .leave_at = never, .cancel_at = never, .act_at = never, .begin = begin, .end = end}};
}

filch_submission posting_of(const setup *s)
{
    return (filch_submission){s->kernel, s->begin, s->end, s->priority, s->grain, &s->args};
}

uint64_t try_post(const setup *s, filch_status *why)
{
    filch_submission posting = posting_of(s);
    return submit_task(rt, &posting, why);
}

uint64_t must_post_as(filch_submission posting)
{
    filch_status why;
    uint64_t handle = submit_task(rt, &posting, &why);
    assert_int_equal(why, FILCH_OK);
    assert_int_not_equal(handle, 0);
    return handle;
}

uint64_t must_post(setup s) { return must_post_as(posting_of(&s)); }

uint64_t post_after(setup s, const uint64_t *after, uint32_t count)
{
    filch_submission posting = posting_of(&s);
    posting.dependencies = after;
    posting.dependency_count = count;
    return must_post_as(posting);
}

void ran_once(uint64_t begin, uint64_t end, uint32_t tag)
{
    uint8_t *marks = calloc(end - begin + 1, 1);
    uint64_t ran = 0;
    assert_true(test_chunk_count <= RECORDS_MAX);
    for (uint32_t c = 0; c < test_chunk_count; c++) {
        if (test_chunks[c].tag != tag) continue;
        assert_true(test_chunks[c].begin >= begin && test_chunks[c].end <= end);
        for (uint64_t i = test_chunks[c].begin; i < test_chunks[c].end; i++, ran++) assert_int_equal(marks[i - begin]++, 0);
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
const record_args *args_of(uint64_t handle) { return (const record_args *)(const void *)slot_of(handle)->args; }

void run_all(uint32_t worker)
{
    while (worker_slice_has_more(rt, worker, 1000000)) {}
}

void settle(uint64_t handle)
{
    assert_int_equal(reap_next(rt), handle);
    assert_int_equal(reap_release(rt, handle), FILCH_OK);
}

int main(void)
{
    const struct { const char *name; const struct CMUnitTest *tests; size_t count; } groups[] = {
        {"storage", storage_tests, storage_tests_count},
        {"tasks", task_tests, task_tests_count},
        {"deaths", death_tests, death_tests_count},
        {"slices", slice_tests, slice_tests_count},
        {"pauses", pause_tests, pause_tests_count},
        {"levels", level_tests, level_tests_count},
        {"after", after_tests, after_tests_count},
        {"pieces", piece_tests, piece_tests_count},
        {"reductions", reduce_tests, reduce_tests_count},
        {"trees", tree_tests, tree_tests_count},
        {"forged words", forged_tests, forged_tests_count},
        {"forged trees", forged_tree_tests, forged_tree_tests_count},
    };
    int failed = 0;
    setvbuf(stdout, 0, _IOLBF, 0); /* a crash must not swallow what was said before it */
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        failed += _cmocka_run_group_tests(groups[i].name, groups[i].tests, groups[i].count, 0, 0);
    }
    return failed ? 1 : 0;
}
