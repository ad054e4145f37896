/* The work that a fork function has for other workers. Its task waits for the loops that it posts.
 * Its children are private until a steal request: at the next call the worker publishes one for a
 * parked worker. At that call the worker also meets a preempt request. */
#include <string.h>

#include "owner/control.h"
#include "scene.h"

enum { WORKERS = 3 };
static atom32 marks;

/* -- loops -- */
#define MARK_ARGS(F) F(value, u32, unused)
FILCH_KERNEL(parallel, mark, MARK_ARGS)
{
    (void)task, (void)args;
    for (uint64_t i = begin; i < end; i++) atom32_add(&marks, 1);
    return FILCH_OK;
}

FILCH_FORK(branch, uint64_t, (uint32_t n;), (uint64_t a, b;))
{
    FILCH_BEGIN;
    int32_t code = filch_post_loop(task, &filch_kernel_mark, 0, 2, &(mark_args){0});
    if (code) FILCH_FAIL(code);
    if (!f->n) FILCH_RETURN(1);
    FILCH_SPAWN(branch, f->n - 1);
    FILCH_CALL(f->b, branch, f->n - 1);
    FILCH_JOIN(f->a, branch);
    FILCH_RETURN(f->a + f->b);
    FILCH_END;
}

#define LOOPS_ARGS(F) F(state, u64, result)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_loops
FILCH_FORK_KERNEL(loops, LOOPS_ARGS)
{
    FILCH_BEGIN;
    FILCH_CALL(f->result, branch, 1);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

/* -- children -- */
static uint32_t children; /* spawned and not joined */
/* Calls in a row at which there was work for a parked worker that no thread was about to unpark. */
static uint32_t missed;
/* Calls in a row with a preempt request, while the worker took no other task. */
static uint32_t unheard;
static uint32_t tick; /* tasks that the worker had picked at the last call */
static bool in_child[WORKERS], called;
static bool is_called(void) { return called; }

static void check_call(uint32_t own)
{
    filch_worker *w = &plan_workers(scene)[own];
    bool is_deque_empty = w->deques[0].top.word == w->deques[0].bottom.word;
    bool has_work = w->fork.promoted < children || !is_deque_empty, asleep = false, awake = false;
    for (uint32_t other = 0; other < plan_worker_count(scene); other++) {
        bool sleeps = explore_waits((int)other + 1) && scene->sleep.word >> other & 1;
        if (other != own && sleeps) asleep = true;
        else if (other != own && !in_child[other]) awake = true;
    }
    missed = asleep && !awake && has_work ? missed + 1 : 0;
    EXPLORE_CHECK(missed <= 1);
    if (w->steal.tick != tick) unheard = 0;
    tick = w->steal.tick;
    unheard = w->shared.preempt_request.word && explore_waits(0) && !awake ? unheard + 1 : 0;
    EXPLORE_CHECK(unheard <= 1);
}

FILCH_FORK(probe, uint64_t, (uint32_t unused;), (uint32_t local;))
{
    FILCH_BEGIN;
    (void)f;
    check_call(task->worker);
    /* Here the other workers may go on, at no preemption. */
    if (plan_worker_count(scene) > 2) spin_hint();
    FILCH_RETURN(0);
    FILCH_END;
}

FILCH_FORK(child, uint64_t, (uint32_t unused;), (uint32_t local;))
{
    FILCH_BEGIN;
    (void)f;
    in_child[task->worker] = true;
    atom32_add(&marks, 1);
    explore_await(is_called); /* until the parent has made all its calls */
    in_child[task->worker] = false;
    FILCH_RETURN(1);
    FILCH_END;
}

#define SHARING_ARGS(F) F(state, u64, got) F(state, u64, result) F(state, u32, i)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_sharing
FILCH_FORK_KERNEL(sharing, SHARING_ARGS)
{
    FILCH_BEGIN;
    FILCH_CALL(f->got, probe, 0);
    FILCH_SPAWN(child, 0);
    children++;
    FILCH_CALL(f->got, probe, 0);
    FILCH_SPAWN(child, 0);
    children++;
    for (f->i = 0; f->i < 4; f->i++) FILCH_CALL(f->got, probe, 0);
    called = true;
    for (f->i = 0; f->i < 2; f->i++) {
        children--;
        FILCH_JOIN(f->got, child);
        f->result += f->got;
    }
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

/* -- a loop and two children, each with a worker of its own -- */
static atom32 met;
static bool have_all_met(void) { return met.word == WORKERS; }
static void meet(void)
{
    atom32_add(&met, 1);
    explore_await(have_all_met);
}
FILCH_FORK(attendant, uint64_t, (uint32_t unused;), (uint32_t local;))
{
    FILCH_BEGIN;
    (void)f;
    meet();
    FILCH_RETURN(1);
    FILCH_END;
}
#define MEET_LOOP_ARGS(F) F(value, u32, unused)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_meet_loop
FILCH_KERNEL(sequential, meet_loop, MEET_LOOP_ARGS)
{
    (void)task, (void)args, (void)begin, (void)end;
    meet();
    return FILCH_OK;
}
#define MEETING_ARGS(F) F(state, u64, got)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_meeting
FILCH_FORK_KERNEL(meeting, MEETING_ARGS)
{
    FILCH_BEGIN;
    FILCH_SPAWN(attendant, 0);
    FILCH_SPAWN(attendant, 0);
    FILCH_LOOP(meet_loop, 0, 1, 0);
    FILCH_JOIN(f->got, attendant);
    FILCH_JOIN(f->got, attendant);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

/* -- a call that goes on until its child has begun, on the other worker -- */
static bool has_spawned, has_begun;
static bool has_child_spawned(void) { return has_spawned; }
static bool has_child_begun_or_asked(void)
{
    return has_begun || !plan_workers(scene)[0].view.limit || !plan_workers(scene)[1].view.limit;
}
FILCH_FORK(given, uint64_t, (uint32_t unused;), (uint32_t local;))
{
    FILCH_BEGIN;
    (void)f;
    has_begun = true;
    FILCH_RETURN(1);
    FILCH_END;
}
FILCH_FORK(lookout, uint64_t, (uint32_t unused;), (uint32_t local;))
{
    FILCH_BEGIN;
    (void)f;
    explore_await(has_child_begun_or_asked);
    spin_hint();
    FILCH_RETURN(1);
    FILCH_END;
}
#define GIVING_ARGS(F) F(state, u64, got)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_giving
FILCH_FORK_KERNEL(giving, GIVING_ARGS)
{
    FILCH_BEGIN;
    FILCH_SPAWN(given, 0);
    has_spawned = true;
    while (!has_begun) FILCH_CALL(f->got, lookout, 0);
    FILCH_JOIN(f->got, given);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

enum { LOOPS, SHARING, MARK, MEETING, MEET_LOOP, GIVING, KERNELS };
static const filch_kernel *const kernels[KERNELS] = {&filch_kernel_loops,     &filch_kernel_sharing,
                                                     &filch_kernel_mark,      &filch_kernel_meeting,
                                                     &filch_kernel_meet_loop, &filch_kernel_giving};

static void begin(uint32_t workers, uint32_t slots)
{
    scene_begin(kernels, KERNELS, workers, slots);
    marks = met = (atom32){0};
    children = missed = unheard = tick = 0;
    memset(in_child, 0, sizeof in_child);
    called = has_spawned = has_begun = false;
}
static void setup_one(void) { begin(1, 8); }
static void setup_two(void) { begin(2, 8); }
static void setup_three(void) { begin(WORKERS, 8); }
static void setup_short(void) { begin(2, 1 + (uint32_t)explore_variant); }

static void run(uint32_t kernel)
{
    scene_post(&(filch_submission){.kernel = kernel, .end = 1, .args = (uint64_t[4]){0}});
    scene_reap(1);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK);
    scene_end();
}
static void post_loops(int thread)
{
    if (thread) scene_work(thread);
    else run(LOOPS);
}
static void share(int thread)
{
    if (thread) scene_work(thread);
    else run(SHARING);
}

static void suspend(int thread)
{
    if (thread) scene_work(thread);
    else run(MEETING);
}

/* The priority changes as the child is published. */
static void give(int thread)
{
    if (scene_has_worked(thread)) return;
    uint32_t least = PRIORITIES - 1, from = explore_variant ? least : 0;
    scene_post(&(filch_submission){
        .kernel = GIVING, .end = 1, .priority = from, .args = (uint64_t[1]){0}});
    explore_await(has_child_spawned);
    control_try_set_priority(scene, scene_tasks[0].handle, least - from);
    scene_reap(1);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK);
    scene_end();
}

/* The worker should yield for a loop, or end the tree. */
static void interrupt(int thread)
{
    if (scene_has_worked(thread)) return;
    scene_post(&(filch_submission){.kernel = SHARING, .end = 1, .args = (uint64_t[4]){0}});
    if (explore_variant) EXPLORE_CHECK(control_try_cancel(scene, scene_tasks[0].handle));
    else scene_post(&(filch_submission){.kernel = MARK, .end = 1, .args = (uint64_t[4]){0}});
    scene_reap(scene_posted);
    bool cancelled = explore_variant && scene_tasks[0].status == FILCH_CANCELLED;
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK || cancelled);
    scene_end();
}

static void check_loops(void)
{
    scene_check();
    EXPLORE_CHECK(marks.word == 6);
    EXPLORE_CHECK(((const loops_args *)(const void *)scene_tasks[0].args)->result == 2);
}
static void check_shared(void)
{
    scene_check();
    EXPLORE_CHECK(marks.word == 2);
    EXPLORE_CHECK(((const sharing_args *)(const void *)scene_tasks[0].args)->result == 2);
}

const explore_case publish_cases[] = {
    {.scenario = {.name = "publish: loops that fork functions post",
                  .setup = setup_short,
                  .threads = 3,
                  .thread = post_loops,
                  .check = check_loops},
     .variants = 8,
     .preemptions = 1,
     .nightly = 2,
     .prunes = true,
     .random = 3000},
    {.scenario = {.name = "publish: a steal request",
                  .setup = setup_two,
                  .threads = 3,
                  .thread = share,
                  .check = check_shared},
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 5000},
    {.scenario = {.name = "publish: two steal requests",
                  .setup = setup_three,
                  .threads = 4,
                  .thread = share,
                  .check = check_shared},
     .preemptions = 1,
     .nightly = 2,
     .prunes = true,
     .random = 50000},
    {.scenario = {.name = "publish: a call that suspends",
                  .setup = setup_three,
                  .threads = 4,
                  .thread = suspend,
                  .check = scene_check},
     .nightly = 1,
     .random = 30000},
    {.scenario = {.name = "publish: as the priority changes",
                  .setup = setup_two,
                  .threads = 3,
                  .thread = give,
                  .check = scene_check},
     .variants = 2,
     .preemptions = 1,
     .nightly = 2,
     .random = 5000},
    {.scenario = {.name = "publish: a preempt request",
                  .setup = setup_one,
                  .threads = 2,
                  .thread = interrupt,
                  .check = scene_check},
     .variants = 2,
     .preemptions = 2,
     .nightly = 3,
     .random = 5000},
    {.scenario.name = 0},
};
