#include "program_kernels.h"

#include <string.h>

#include "owner/batch.h"
#include "scene.h"
#include "sched/worker.h"

typedef struct loop_args {
    uint32_t task;
} loop_args;

typedef struct record {
    filch_batch_record head;
    loop_args args;
} record;

typedef struct batch_args { /* as filch_batch has them */
    filch_u8_array records;
    uint32_t stride, kernel;
} batch_args;

enum { STRIDE = (sizeof(record) + 7) / 8 * 8 };
static _Alignas(8) unsigned char records[PROGRAM_TASKS][PROGRAM_UNITS * STRIDE];

int32_t program_run_unit(uint32_t number, const filch_task *view, uint64_t unit)
{
    const program_operation *post = oracle.tasks[number].post;
    oracle_unit_begins(number, unit);
    if (post->end != PROGRAM_WHOLE && unit == post->at) {
        if (post->end == PROGRAM_FAILS) return FAIL_CODE;
        if (post->end == PROGRAM_TRAPS) program_trap(view->worker);
    }
    oracle_unit_ends(number, unit);
    return FILCH_OK;
}

static void add(uint32_t number, void *total_at, uint64_t i)
{
    uint64_t *total = total_at;
    uint32_t kernel = oracle.tasks[number].post->kernel;
    if (kernel == PROGRAM_SUM) *total += i - PROGRAM_BEGIN + 1;
    if (kernel == PROGRAM_ORDERED) *total = *total * ORDERED_FACTOR + i;
}

static int32_t post_visit(filch_task *view, uint32_t number, uint64_t unit)
{
    uint32_t length = oracle.tasks[number].post->length;
    visited_args args = {.task = number, .base = length + 2 * (uint32_t)unit};
    return filch_post_loop(view, &filch_kernel_visited, 0, 2, &args);
}

/* A chunk of a loop of any kind. */
static int32_t run(filch_task *view, void *args, uint64_t begin, uint64_t end)
{
    uint32_t number = ((const loop_args *)args)->task;
    oracle_chunk_begins(number, view, begin, end);
    const program_operation *post = oracle.tasks[number].post;
    if (post->end == PROGRAM_LEAVES) worker_leave(scene, view->worker);
    for (uint64_t i = begin; i < end; i++) {
        explore_point(); /* another worker may run in the loop meanwhile */
        int32_t code = program_run_unit(number, view, i - PROGRAM_BEGIN);
        if (!code && post->kernel == PROGRAM_NEST)
            code = post_visit(view, number, i - PROGRAM_BEGIN);
        if (code) {
            oracle.workers[view->worker].task = -1;
            return code;
        }
        add(number, view->total, i);
    }
    oracle_chunk_ends(number, view, begin, end);
    return FILCH_OK;
}

/* A record of a batch. */
static int32_t run_record(filch_task *view, void *args, uint64_t begin, uint64_t end)
{
    uint32_t number = ((const loop_args *)args)->task;
    oracle_enters(number, view);
    EXPLORE_CHECK(end == begin + 1);
    oracle_task *task = &oracle.tasks[number];
    if (task->post->kernel == PROGRAM_BATCH_IN_ORDER) {
        for (uint64_t unit = 0; unit < begin; unit++) EXPLORE_CHECK(task->finished[unit]);
    }
    oracle_unit_begins(number, begin);
    explore_point();
    oracle_unit_ends(number, begin);
    task->counted++;
    return FILCH_OK;
}

/* A loop inside a task. */
static int32_t visit(filch_task *view, void *args_at, uint64_t begin, uint64_t end)
{
    const visited_args *args = args_at;
    oracle_enters(args->task, view);
    for (uint32_t unit = 0; unit < args->needs; unit++)
        EXPLORE_CHECK(oracle.tasks[args->task].finished[unit]);
    for (uint64_t i = begin; i < end; i++) {
        explore_point();
        int32_t code = program_run_unit(args->task, view, args->base + i);
        if (code) return code;
    }
    return FILCH_OK;
}

static void zero(void *total) { *(uint64_t *)total = 0; }
static void one(void *total) { *(uint64_t *)total = 1; }
static void combine_sum(void *into, const void *from)
{
    explore_point();
    *(uint64_t *)into += *(const uint64_t *)from;
}
static void combine_ordered(void *into, const void *from)
{
    explore_point();
    *(uint64_t *)into = *(uint64_t *)into * ORDERED_COMBINE + *(const uint64_t *)from;
}

#define LOOP(chunk_, kind_, ...) \
    {.name = #chunk_, .chunk = chunk_, .args_bytes = sizeof(loop_args), .kind = kind_, __VA_ARGS__}
static const filch_kernel loops[] = {
    [PROGRAM_PARALLEL] = LOOP(run, FILCH_PARALLEL),
    [PROGRAM_SEQUENTIAL] = LOOP(run, FILCH_SEQUENTIAL),
    [PROGRAM_SUM] = LOOP(run, FILCH_PARALLEL, .total_bytes = sizeof(uint64_t), .identity = zero,
                         .combine = combine_sum),
    [PROGRAM_ORDERED] = LOOP(run, FILCH_PARALLEL, .total_bytes = sizeof(uint64_t), .identity = one,
                             .combine = combine_ordered),
    [PROGRAM_NEST] = LOOP(run, FILCH_PARALLEL),
};
static const filch_kernel batched = LOOP(run_record, FILCH_PARALLEL);
const filch_kernel filch_kernel_visited = {
    .name = "visited", .chunk = visit, .args_bytes = sizeof(visited_args), .kind = FILCH_PARALLEL};

const filch_kernel *const program_kernel_table[] = {
    [PROGRAM_PARALLEL] = &loops[PROGRAM_PARALLEL],
    [PROGRAM_SEQUENTIAL] = &loops[PROGRAM_SEQUENTIAL],
    [PROGRAM_SUM] = &loops[PROGRAM_SUM],
    [PROGRAM_ORDERED] = &loops[PROGRAM_ORDERED],
    [PROGRAM_BATCH] = &filch_kernel_filch_batch,
    [PROGRAM_BATCH_IN_ORDER] = &filch_kernel_filch_batch_in_order,
    [PROGRAM_NEST] = &loops[PROGRAM_NEST],
    [PROGRAM_TREE] = &filch_kernel_grown,
    [PROGRAM_WIDE] = &filch_kernel_widened,
    [PROGRAM_PHASES] = &filch_kernel_phased,
    [PROGRAM_BRANCH] = &filch_kernel_branched,
    [BATCHED] = &batched,
    [VISITED] = &filch_kernel_visited,
};

static void batch(uint32_t number, batch_args *args)
{
    *args = (batch_args){
        .records = {records[number], sizeof records[number]}, .stride = STRIDE, .kernel = BATCHED};
    for (uint32_t unit = 0; unit < PROGRAM_UNITS; unit++) {
        record *r = (record *)(void *)(records[number] + unit * STRIDE);
        *r = (record){.head = {.begin = unit, .end = unit + 1}, .args = {.task = number}};
    }
}

void program_args(uint32_t number, unsigned char *args)
{
    uint32_t kernel = oracle.tasks[number].post->kernel;
    memset(args, 0, FILCH_ARGS_BYTES);
    if (kernel == PROGRAM_BATCH || kernel == PROGRAM_BATCH_IN_ORDER) {
        batch(number, (batch_args *)(void *)args);
        return;
    }
    uint32_t words[2] = {number, oracle.tasks[number].post->length};
    memcpy(args, words, sizeof words); /* the first fields of all others */
}
