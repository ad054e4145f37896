/* What a fork function has for others: loops that it posts, which its task waits for; and children, private until somebody is hungry:
 * a worker that sleeps is given one at the next call. And there it looks up, if it should. */
#include <string.h>

#include "owner/control.h"
#include "scene.h"

enum { WORKERS = 3 };
static atom32 marks;

/* -- loops -- */
#define SERVING_ARGS(F) F(value, u32, unused)
FILCH_KERNEL(parallel, serving, SERVING_ARGS)
{
    (void)task, (void)args;
    for (uint64_t i = begin; i < end; i++) atom32_add(&marks, 1);
    return FILCH_OK;
}

FILCH_FORK(cook, uint64_t, (uint32_t n;), (uint64_t a, b;))
{
    FILCH_BEGIN;
    int32_t code = filch_post_loop(task, &filch_kernel_serving, 0, 2, &(serving_args){0});
    if (code) FILCH_FAIL(code);
    if (!f->n) FILCH_RETURN(1);
    FILCH_SPAWN(cook, f->n - 1);
    FILCH_CALL(f->b, cook, f->n - 1);
    FILCH_JOIN(f->a, cook);
    FILCH_RETURN(f->a + f->b);
    FILCH_END;
}

#define KITCHEN_ARGS(F) F(state, u64, result)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_kitchen
FILCH_FORK_KERNEL(kitchen, KITCHEN_ARGS)
{
    FILCH_BEGIN;
    FILCH_CALL(f->result, cook, 1);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

/* -- hunger -- */
static uint32_t children;    /* spawned and not joined */
static uint32_t calls;       /* in a row, at which a worker slept, nobody was about to wake it, and there was something for it */
static uint32_t unheard;     /* in a row, at which it had been asked to look up; in between it took nothing else */
static uint32_t tick;        /* tasks that it had picked at the last one */
static bool eating[WORKERS], stirred;
static bool is_stirred(void) { return stirred; }

static void look(uint32_t own)
{
    filch_worker *w = &scene->workers[own];
    bool food = w->fork.promoted < children || w->deques[0].top.word != w->deques[0].bottom.word, asleep = false, awake = false;
    for (uint32_t other = 0; other < scene->worker_count; other++) {
        bool sleeps = explore_waits((int)other + 1) && scene->sleep.word >> other & 1;
        if (other != own && sleeps) asleep = true;
        else if (other != own && !eating[other]) awake = true;
    }
    calls = asleep && !awake && food ? calls + 1 : 0;
    EXPLORE_CHECK(calls <= 1);
    if (w->steal.tick != tick) unheard = 0;
    tick = w->steal.tick;
    unheard = w->shared.preempt_request.word && explore_waits(0) && !awake ? unheard + 1 : 0;
    EXPLORE_CHECK(unheard <= 1);
}

FILCH_FORK(stir, uint64_t, (uint32_t unused;), (uint32_t local;))
{
    FILCH_BEGIN;
    (void)f;
    look(task->worker);
    if (scene->worker_count > 2) spin_hint(); /* here the others may go on, at no preemption */
    FILCH_RETURN(0);
    FILCH_END;
}

FILCH_FORK(eat, uint64_t, (uint32_t unused;), (uint32_t local;))
{
    FILCH_BEGIN;
    (void)f;
    eating[task->worker] = true;
    atom32_add(&marks, 1);
    explore_await(is_stirred); /* it takes long */
    eating[task->worker] = false;
    FILCH_RETURN(1);
    FILCH_END;
}

#define FEAST_ARGS(F) F(state, u64, got) F(state, u64, result) F(state, u32, i)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_feast
FILCH_FORK_KERNEL(feast, FEAST_ARGS)
{
    FILCH_BEGIN;
    FILCH_CALL(f->got, stir, 0);
    FILCH_SPAWN(eat, 0);
    children++;
    FILCH_CALL(f->got, stir, 0);
    FILCH_SPAWN(eat, 0);
    children++;
    for (f->i = 0; f->i < 4; f->i++) FILCH_CALL(f->got, stir, 0);
    stirred = true;
    for (f->i = 0; f->i < 2; f->i++) {
        children--;
        FILCH_JOIN(f->got, eat);
        f->result += f->got;
    }
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

static const filch_kernel *const kernels[] = {&filch_kernel_kitchen, &filch_kernel_feast, &filch_kernel_serving};

static void begin(uint32_t workers, uint32_t slots)
{
    scene_begin(kernels, 3, workers, slots);
    marks = (atom32){0};
    children = calls = unheard = tick = 0;
    memset(eating, 0, sizeof eating);
    stirred = false;
}
static void setup_one(void) { begin(1, 8); }
static void setup_two(void) { begin(2, 8); }
static void setup_three(void) { begin(WORKERS, 8); }
static void setup_short(void) { begin(2, 1 + (uint32_t)explore_variant); }

static void run(uint32_t kernel)
{
    scene_post(&(filch_submission){.kernel = kernel, .end = 1, .args = (uint64_t[4]){0}});
    scene_settle(1);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK);
    scene_end();
}
static void serve(int thread)
{
    if (thread) scene_work(thread);
    else run(0);
}
static void dine(int thread)
{
    if (thread) scene_work(thread);
    else run(1);
}

/* The tree should make room for a loop, or end. */
static void interrupt(int thread)
{
    if (thread) { scene_work(thread); return; }
    scene_post(&(filch_submission){.kernel = 1, .end = 1, .args = (uint64_t[4]){0}});
    if (explore_variant) EXPLORE_CHECK(control_try_cancel(scene, scene_tasks[0].handle));
    else scene_post(&(filch_submission){.kernel = 2, .end = 1, .args = (uint64_t[4]){0}});
    scene_settle(scene_posted);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK || (explore_variant && scene_tasks[0].status == FILCH_CANCELLED));
    scene_end();
}

static void check_served(void)
{
    scene_check();
    EXPLORE_CHECK(marks.word == 6);
    EXPLORE_CHECK(((const kitchen_args *)(const void *)scene_tasks[0].args)->result == 2);
}
static void check_dined(void)
{
    scene_check();
    EXPLORE_CHECK(marks.word == 2);
    EXPLORE_CHECK(((const feast_args *)(const void *)scene_tasks[0].args)->result == 2);
}

const explore_case publish_cases[] = {
    {{"publish: loops that fork functions post", setup_short, 3, serve, check_served}, 8, 1, 2, 0, 3000},
    {{"publish: a steal request", setup_two, 3, dine, check_dined}, 0, 2, 3, 0, 5000},
    {{"publish: two steal requests", setup_three, 4, dine, check_dined}, 0, 1, 2, 0, 50000},
    {{"publish: a preempt request", setup_one, 2, interrupt, scene_check}, 2, 2, 3, 0, 5000},
    {{0}},
};
