#include "forks.h"

#include <string.h>

atom32 forks_leaves[SCENE_TASKS], forks_loops;

FILCH_FORK(grow, uint64_t, (uint32_t task, n;), (uint64_t a, b;))
{
    FILCH_BEGIN;
    if (!f->n) {
        atom32_add(&forks_leaves[f->task], 1);
        FILCH_RETURN(1);
    }
    FILCH_SPAWN(grow, f->task, f->n - 1);
    FILCH_CALL(f->b, grow, f->task, f->n - 1);
    FILCH_JOIN(f->a, grow);
    EXPLORE_CHECK(f->a && f->b); /* a frame that goes on has got its children's results */
    FILCH_RETURN(f->a + f->b);
    FILCH_END;
}

#define TREE_ARGS(F) \
    F(value, u32, task) F(value, u32, n) F(state, u64, a) F(state, u64, b) F(state, u64, result)
FILCH_FORK_KERNEL(tree, TREE_ARGS)
{
    FILCH_BEGIN;
    if (!f->n) {
        atom32_add(&forks_leaves[f->task], 1);
        f->result = 1;
        FILCH_RETURN(FILCH_OK);
    }
    FILCH_SPAWN(grow, f->task, f->n - 1);
    FILCH_CALL(f->b, grow, f->task, f->n - 1);
    FILCH_JOIN(f->a, grow);
    EXPLORE_CHECK(f->a && f->b);
    f->result = f->a + f->b;
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

/* Three children at once, joined in turn, and one more. */
#define WIDE_ARGS(F) F(value, u32, task) F(state, u64, got) F(state, u64, result)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_wide
FILCH_FORK_KERNEL(wide, WIDE_ARGS)
{
    FILCH_BEGIN;
    FILCH_SPAWN(grow, f->task, 0);
    FILCH_SPAWN(grow, f->task, 0);
    FILCH_SPAWN(grow, f->task, 0);
    FILCH_CALL(f->got, grow, f->task, 0);
    f->result += f->got;
    FILCH_JOIN(f->got, grow);
    f->result += f->got;
    FILCH_JOIN(f->got, grow);
    f->result += f->got;
    FILCH_JOIN(f->got, grow);
    f->result += f->got;
    FILCH_SPAWN(grow, f->task, 0);
    FILCH_CALL(f->got, grow, f->task, 0);
    f->result += f->got;
    FILCH_JOIN(f->got, grow);
    f->result += f->got;
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

/* A leaf that fails while its siblings run. */
FILCH_FORK(wither, uint64_t, (uint32_t task, n;), (uint64_t a, b;))
{
    FILCH_BEGIN;
    if (!f->n) FILCH_FAIL(7);
    FILCH_SPAWN(grow, f->task, f->n);
    FILCH_CALL(f->b, wither, f->task, f->n - 1);
    FILCH_JOIN(f->a, grow);
    FILCH_RETURN(f->a + f->b);
    FILCH_END;
}

#define FAILING_ARGS(F) F(value, u32, task) F(state, u64, result)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_failing
FILCH_FORK_KERNEL(failing, FAILING_ARGS)
{
    FILCH_BEGIN;
    FILCH_SPAWN(grow, f->task, 0);
    FILCH_CALL(f->result, grow, f->task, 0);
    FILCH_JOIN(f->result, grow);
    FILCH_CALL(f->result, wither, f->task, 1);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

/* Runs until a task has completed, and looks for that in its calls alone. */
static bool is_guarding;
static uint32_t guarded;
bool forks_is_guarding(void) { return is_guarding; }
static bool is_guarded_completed(void) { return scene_tasks[guarded].status != SCENE_PENDING; }
static bool is_asked_or_guarded_completed(void)
{
    return is_guarded_completed() || !plan_workers(scene)[0].view.limit;
}
FILCH_FORK(watch, uint64_t, (uint32_t unused;), (uint32_t local;))
{
    FILCH_BEGIN;
    (void)f;
    is_guarding = true;
    explore_await(is_asked_or_guarded_completed);
    FILCH_RETURN(0);
    FILCH_END;
}

#define GUARD_ARGS(F) F(value, u32, task) F(value, u32, n) F(state, u64, got)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_guard
FILCH_FORK_KERNEL(guard, GUARD_ARGS)
{
    FILCH_BEGIN;
    guarded = f->n;
    while (!is_guarded_completed()) FILCH_CALL(f->got, watch, 0);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

#define DOOMED_ARGS(F) F(value, u32, task) F(state, u64, got)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_doomed
FILCH_FORK_KERNEL(doomed, DOOMED_ARGS)
{
    FILCH_BEGIN;
    FILCH_SPAWN(wither, f->task, 0);
    FILCH_CALL(f->got, grow, f->task, 1);
    FILCH_JOIN(f->got, wither);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

#define STEP_ARGS(F) F(value, u32, step)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_step
FILCH_KERNEL(parallel, step, STEP_ARGS)
{
    (void)task;
    for (uint64_t i = begin; i < end; i++) {
        uint32_t before = atom32_add(&forks_loops, 1);
        /* No iteration of a step before all of the step before. */
        EXPLORE_CHECK(before / 2 == args->step);
    }
    return FILCH_OK;
}

/* One loop after the other. */
#define PHASES_ARGS(F) F(value, u32, task) F(state, u32, at) F(state, u64, result)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_phases
FILCH_FORK_KERNEL(phases, PHASES_ARGS)
{
    FILCH_BEGIN;
    for (f->at = 0; f->at < 2; f->at++) FILCH_LOOP(step, 0, 2, f->at);
    f->result = 1;
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

/* A chunk posts a loop and does not wait for the loop; its task does. */
#define VISIT_ARGS(F) F(value, u32, task)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_visit
FILCH_KERNEL(parallel, visit, VISIT_ARGS)
{
    (void)task;
    for (uint64_t i = begin; i < end; i++) atom32_add(&forks_leaves[args->task], 1);
    return FILCH_OK;
}
#define NEST_ARGS(F) F(value, u32, task)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_nest
FILCH_KERNEL(parallel, nest, NEST_ARGS)
{
    for (uint64_t i = begin; i < end; i++) {
        int32_t code =
            filch_post_loop(task, &filch_kernel_visit, 0, 2, &(visit_args){.task = args->task});
        if (code) return code;
    }
    return FILCH_OK;
}

static const filch_kernel *const kernels[] = {
    [TREE] = &filch_kernel_tree,       [WIDE] = &filch_kernel_wide,
    [FAILING] = &filch_kernel_failing, [PHASES] = &filch_kernel_phases,
    [STEP] = &filch_kernel_step,       [VISIT] = &filch_kernel_visit,
    [NEST] = &filch_kernel_nest,       [GUARD] = &filch_kernel_guard,
    [DOOMED] = &filch_kernel_doomed,
};

static void begin(uint32_t workers, uint32_t slots)
{
    scene_begin(kernels, sizeof kernels / sizeof *kernels, workers, slots);
    memset(forks_leaves, 0, sizeof forks_leaves);
    is_guarding = false;
    forks_loops = (atom32){0};
}
void forks_setup(void) { begin(2, 6); }
void forks_setup_one(void) { begin(1, 6); }
void forks_setup_one_wide(void) { begin(1, 12); }
void forks_setup_short(void) { begin(2, 1 + (uint32_t)explore_variant); }
void forks_setup_three(void) { begin(3, 8); }

static void begin_scarce(uint32_t workers)
{
    begin(workers, 8);
    plan_at(scene)->scarce = 9;
    plan_at(scene)->spare = 1;
}
void forks_setup_scarce(void) { begin_scarce(2); }
void forks_setup_scarce_one(void) { begin_scarce(1); }

void forks_post(uint32_t kernel, uint32_t n)
{
    tree_args args = {.task = (uint32_t)scene_posted, .n = n};
    bool is_loop = kernels[kernel]->kind != FILCH_FORKING;
    scene_post(&(filch_submission){.kernel = kernel,
                                   .end = is_loop ? n : 1,
                                   .grain = is_loop,
                                   .priority = kernel == GUARD ? 0 : PRIORITIES - 1,
                                   .args = &args});
}

static uint64_t result(int task, uint32_t kernel)
{
    const void *args = scene_tasks[task].args;
    if (kernel == WIDE) return ((const wide_args *)args)->result;
    return ((const tree_args *)args)->result;
}

void forks_check_tree(int task, uint32_t kernel, uint32_t count)
{
    if (scene_tasks[task].status == FILCH_OK) {
        EXPLORE_CHECK(result(task, kernel) == count);
        EXPLORE_CHECK(forks_leaves[task].word == count);
    }
    EXPLORE_CHECK(forks_leaves[task].word <= count);
}

void forks_post_whole(void)
{
    if (plan_worker_count(scene) > 1) forks_post(TREE, 2);
    else forks_post(WIDE, 0);
}
void forks_check_whole(void)
{
    scene_check();
    if (plan_worker_count(scene) > 1) forks_check_tree(0, TREE, 4);
    else forks_check_tree(0, WIDE, 6);
}
