/* A runtime on one thread whose tasks wait. */
#ifndef FILCH_RUNTIME_WAITS_H
#define FILCH_RUNTIME_WAITS_H

#include "construct/alarm.h"
#include "construct/event.h"
#include "core/wait.h"
#include "runtime_test.h"
#include "sched/inbox.h"

#define MS 1000000u
static const double never = __builtin_inf();

/* Waits before each iteration, as its arguments say. */
typedef struct waits_args {
    double milliseconds;
    uint32_t event, asked, count;
    filch_waited ends[4];
} waits_args;

static inline int32_t waits(filch_task *task, void *args_at, uint64_t begin, uint64_t end)
{
    waits_args *args = args_at;
    if (!args->asked) {
        args->asked = 1;
        return filch_await(task, args->event, args->milliseconds, 0);
    }
    args->asked = 0;
    args->ends[args->count++ & 3] = filch_waited_for(task);
    test_record_chunk((chunk_record){.begin = begin, .end = end, .worker = task->worker});
    return FILCH_OK;
}
static inline int32_t waits_too_far(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    return filch_await(task, ((waits_args *)args)->event, never, end - begin + 1);
}
static inline int32_t says_that_it_waits(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    return FILCH_WAITS;
}
enum { WAITS, PARALLEL, TOO_FAR, SAYS, WAIT_KERNELS };
#define KERNEL(function, kind_) \
    {.name = #function, .chunk = function, .args_bytes = sizeof(waits_args), .kind = kind_}
static const filch_kernel table[] = {
    [WAITS] = KERNEL(waits, FILCH_SEQUENTIAL),
    [PARALLEL] = KERNEL(waits, FILCH_PARALLEL),
    [TOO_FAR] = KERNEL(waits_too_far, FILCH_SEQUENTIAL),
    [SAYS] = KERNEL(says_that_it_waits, FILCH_SEQUENTIAL),
};
static const filch_kernel *const kernels[] = {&table[0], &table[1], &table[2], &table[3]};

static inline void begin(uint32_t workers, uint32_t slots)
{
    filch_options o = {.workers = workers, .slots = slots, .events = 8};
    uint64_t bytes = region_bytes(&o);
    start(1, 1); /* the clock, and no records */
    finish(0);
    void *region = aligned_alloc(CACHE_LINE, bytes);
    assert_non_null(region);
    memset(region, 0xa5, bytes);
    rt = region_init(region, &o, kernels, WAIT_KERNELS);
    atom32_store(&rt->tells_time, 1);
}

static inline filch_submission submission(uint32_t kernel, waits_args *args)
{
    return (filch_submission){.kernel = kernel, .end = 1, .priority = 1, .grain = 1, .args = args};
}
static inline uint64_t post(uint32_t event, double milliseconds)
{
    waits_args args = {.event = event, .milliseconds = milliseconds};
    return must_submit(submission(WAITS, &args));
}
static inline const waits_args *waits_of(uint64_t handle)
{
    return (const waits_args *)(const void *)slot_of(handle)->args;
}
static inline bool is_waiting(uint64_t handle)
{
    return wait_phase_of(wait_load(rt, handle_slot(handle))) == WAIT_ARMED;
}
static inline void pulse(uint32_t event, uint32_t permits)
{
    assert_true(event_try_pulse(rt, event, permits));
    inbox_flush(rt);
}
static inline void ring(void)
{
    alarm_ring(rt);
    inbox_flush(rt);
}

#endif
