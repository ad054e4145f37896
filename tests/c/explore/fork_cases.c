/* Fork-join: whatever the schedule, a tree of spawns gives its result, every leaf runs once, nobody waits for ever, and no slot
 * is lost. */
#include <string.h>

#include "core/state.h"
#include "core/tree.h"
#include "owner/control.h"
#include "scene.h"

enum { LEAVES = 8 };
static atom32 leaves[SCENE_TASKS]; /* how many have run, of each task */
static atom32 loops;

FILCH_FORK(grow, uint64_t, (uint32_t task, n;), (uint64_t a, b;))
{
    FILCH_BEGIN;
    if (!f->n) {
        atom32_add(&leaves[f->task], 1);
        FILCH_RETURN(1);
    }
    FILCH_SPAWN(grow, f->task, f->n - 1);
    FILCH_CALL(f->b, grow, f->task, f->n - 1);
    FILCH_JOIN(f->a, grow);
    EXPLORE_CHECK(f->a && f->b); /* whoever goes on has got what was returned */
    FILCH_RETURN(f->a + f->b);
    FILCH_END;
}

#define TREE_ARGS(F) F(value, u32, task) F(value, u32, n) F(state, u64, a) F(state, u64, b) F(state, u64, result)
FILCH_FORK_KERNEL(tree, TREE_ARGS)
{
    FILCH_BEGIN;
    if (!f->n) {
        atom32_add(&leaves[f->task], 1);
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

/* Works until the first task has settled, and sees that in its calls alone. */
static bool guarding;
static bool guards(void) { return guarding; }
static bool first_settled(void) { return scene_tasks[0].status != SCENE_PENDING; }
static bool something_happens(void) { return first_settled() || !scene->workers[0].view.limit; }
FILCH_FORK(watch, uint64_t, (uint32_t unused;), (uint32_t local;))
{
    FILCH_BEGIN;
    (void)f;
    guarding = true;
    explore_await(something_happens);
    FILCH_RETURN(0);
    FILCH_END;
}

#define GUARD_ARGS(F) F(state, u64, got)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_guard
FILCH_FORK_KERNEL(guard, GUARD_ARGS)
{
    FILCH_BEGIN;
    while (!first_settled()) FILCH_CALL(f->got, watch, 0);
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
        uint32_t before = atom32_add(&loops, 1);
        EXPLORE_CHECK(before / 2 == args->step); /* no iteration of a step before the last one's are done */
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

/* A chunk posts a loop, and does not wait for it; its task does. */
#define VISIT_ARGS(F) F(value, u32, task)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_visit
FILCH_KERNEL(parallel, visit, VISIT_ARGS)
{
    (void)task;
    for (uint64_t i = begin; i < end; i++) atom32_add(&leaves[args->task], 1);
    return FILCH_OK;
}
#define NEST_ARGS(F) F(value, u32, task)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_nest
FILCH_KERNEL(parallel, nest, NEST_ARGS)
{
    for (uint64_t i = begin; i < end; i++) {
        int32_t code = filch_post_loop(task, &filch_kernel_visit, 0, 2, &(visit_args){args->task});
        if (code) return code;
    }
    return FILCH_OK;
}

enum { TREE, WIDE, FAILING, PHASES, STEP, VISIT, NEST, GUARD };
static const filch_kernel *const kernels[] = {&filch_kernel_tree, &filch_kernel_wide, &filch_kernel_failing, &filch_kernel_phases,
                                              &filch_kernel_step, &filch_kernel_visit, &filch_kernel_nest, &filch_kernel_guard};

static void begin(uint32_t workers, uint32_t slots)
{
    scene_begin(kernels, sizeof kernels / sizeof *kernels, workers, slots);
    memset(leaves, 0, sizeof leaves);
    guarding = false;
    loops = (atom32){0};
}
static void setup(void) { begin(2, 6); }
static void setup_one(void) { begin(1, 6); }
static void setup_one_wide(void) { begin(1, 12); }
/* As many slots as the variant says, from 1: children run in place where there is none. */
static void setup_short(void) { begin(2, 1 + (uint32_t)explore_variant); }
static void setup_three(void) { begin(3, 8); }
/* So few that no tree begins where another could go on. */
static void begin_scarce(uint32_t workers)
{
    begin(workers, 8);
    scene->scarce = 9;
    scene->spare = 1;
}
static void setup_scarce(void) { begin_scarce(2); }
static void setup_scarce_one(void) { begin_scarce(1); }

static void post(uint32_t kernel, uint32_t n)
{
    tree_args args = {.task = (uint32_t)scene_posted, .n = n};
    bool loop = kernels[kernel]->kind != FILCH_FORKING;
    scene_post(&(filch_submission){.kernel = kernel, .end = loop ? n : 1, .grain = loop, .priority = kernel == GUARD ? 0 : PRIORITIES - 1, .args = &args});
}

static uint64_t result(int task, uint32_t kernel)
{
    const unsigned char *args = scene_tasks[task].args;
    return kernel == WIDE ? ((const wide_args *)(const void *)args)->result : ((const tree_args *)(const void *)args)->result;
}

static void check_tree(int task, uint32_t kernel, uint32_t count)
{
    if (scene_tasks[task].status == FILCH_OK) {
        EXPLORE_CHECK(result(task, kernel) == count);
        EXPLORE_CHECK(leaves[task].word == count);
    }
    EXPLORE_CHECK(leaves[task].word <= count);
}

static void join(int thread)
{
    if (thread) { scene_work(thread); return; }
    post(TREE, 2);
    scene_settle(1);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK);
    scene_end();
}
static void check_join(void) { scene_check(); check_tree(0, TREE, 4); }

static void spread(int thread)
{
    if (thread) { scene_work(thread); return; }
    post(WIDE, 0);
    scene_settle(1);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK);
    scene_end();
}
static void check_spread(void) { scene_check(); check_tree(0, WIDE, 6); }

/* A worker that is alone meets a child that has not begun only where several have been spawned before. */
static void post_whole(void)
{
    if (scene->worker_count > 1) post(TREE, 2);
    else post(WIDE, 0);
}
static void check_whole(void)
{
    scene_check();
    if (scene->worker_count > 1) check_tree(0, TREE, 4);
    else check_tree(0, WIDE, 6);
}

static bool suspended(void)
{
    uint64_t life = scene->slots[handle_slot(scene_tasks[0].handle)].state.word;
    return life & (STATE_BLOCKED | STATE_CLOSED);
}

static void cancel(int thread)
{
    if (thread) { scene_work(thread); return; }
    post_whole();
    if (explore_variant) explore_await(suspended);
    EXPLORE_CHECK(control_try_cancel(scene, scene_tasks[0].handle));
    scene_settle(1);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK || scene_tasks[0].status == FILCH_CANCELLED);
    scene_end();
}

/* One that was left ends when it is cancelled, though its worker is busy with what is as urgent, or more so. */
static void cancel_left(int thread)
{
    if (thread) { scene_work(thread); return; }
    post_whole();
    post(GUARD, 0);
    if (explore_variant) explore_await(guards);
    EXPLORE_CHECK(control_try_cancel(scene, scene_tasks[0].handle));
    scene_settle(2);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK || scene_tasks[0].status == FILCH_CANCELLED);
    EXPLORE_CHECK(scene_tasks[1].status == FILCH_OK);
    scene_end();
}

/* A loop that comes while a tree grows: the tree makes room for it, is saved, and goes on. */
static void give_way(int thread)
{
    if (thread) { scene_work(thread); return; }
    post_whole();
    post(VISIT, 1);
    scene_settle(2);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK && scene_tasks[1].status == FILCH_OK);
    scene_end();
}
static void check_give_way(void) { check_whole(); EXPLORE_CHECK(leaves[1].word == 1); }

/* Trees one after the other, and a loop that comes first where it can. */
static void queue_up(int thread)
{
    if (thread) { scene_work(thread); return; }
    post(TREE, 1);
    post(TREE, 1);
    post(VISIT, 1);
    if (explore_variant) post(TREE, 1);
    if (explore_variant == 2) control_try_cancel(scene, scene_tasks[0].handle);
    if (explore_variant == 3) {
        control_try_pause(scene, scene_tasks[0].handle);
        control_try_resume(scene, scene_tasks[0].handle);
    }
    scene_settle(scene_posted);
    for (int t = 0; t < scene_posted; t++) {
        bool cancelled = t == 0 && explore_variant == 2 && scene_tasks[t].status == FILCH_CANCELLED;
        EXPLORE_CHECK(scene_tasks[t].status == FILCH_OK || cancelled);
    }
    scene_end();
}
static void check_queue(void)
{
    scene_check();
    check_tree(0, TREE, 2);
    check_tree(1, TREE, 2);
    EXPLORE_CHECK(leaves[2].word == 1);
    if (explore_variant) check_tree(3, TREE, 2);
}

/* Nobody works on the tree, and none of its calls waits for a worker; or it has ended. Children that nobody has begun may be queued: they
 * are their parents'. */
static bool at_rest(void)
{
    const filch_slot *root = &scene->slots[handle_slot(scene_tasks[0].handle)];
    for (uint32_t i = 0; i < scene->slot_count; i++) {
        uint64_t life = scene->slots[i].state.word;
        if (&scene->slots[i] == root && life & STATE_CLOSED) return true;
        if (scene->slots[i].tree.root.word != (uint32_t)(root - scene->slots) || life & STATE_CLOSED) continue;
        bool child = &scene->slots[i] != root && scene->slots[i].tree.join.word == JOIN_OPEN;
        if (life & STATE_WORKERS || (life & STATE_QUEUED && !child)) return false;
    }
    return true;
}

static void rest(int thread)
{
    if (thread) { scene_work(thread); return; }
    post_whole();
    if (explore_variant > 1) explore_await(suspended);
    control_try_pause(scene, scene_tasks[0].handle);
    if (explore_variant > 1) explore_await(at_rest);
    if (explore_variant & 1) control_try_cancel(scene, scene_tasks[0].handle);
    else control_try_resume(scene, scene_tasks[0].handle);
    scene_settle(1);
    EXPLORE_CHECK(explore_variant & 1 || scene_tasks[0].status == FILCH_OK);
    scene_end();
}

static void fail(int thread)
{
    if (thread) { scene_work(thread); return; }
    post(FAILING, 0);
    scene_settle(1);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_KERNEL_FAILED);
    scene_end();
}

static void step_by_step(int thread)
{
    if (thread) { scene_work(thread); return; }
    post(PHASES, 0);
    scene_settle(1);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK);
    scene_end();
}
static void check_steps(void) { scene_check(); EXPLORE_CHECK(loops.word == 4); }

static void nested(int thread)
{
    if (thread) { scene_work(thread); return; }
    post(NEST, 2);
    if (explore_variant == 1) control_try_cancel(scene, scene_tasks[0].handle);
    scene_settle(1);
    EXPLORE_CHECK(explore_variant == 1 || scene_tasks[0].status == FILCH_OK);
    scene_end();
}
static void check_nested(void)
{
    scene_check();
    if (scene_tasks[0].status == FILCH_OK) EXPLORE_CHECK(leaves[0].word == 4);
}

/* A worker dies at any step: the tree fails, or had ended; what else was posted is done; no slot that it had marked is lost. */
static void die(int thread)
{
    if (thread) { scene_work(thread); return; }
    post(explore_variant ? PHASES : TREE, 2);
    post(VISIT, 1);
    scene_settle_and_bury();
    for (int t = 0; t < 2; t++) EXPLORE_CHECK(scene_tasks[t].status == FILCH_OK || scene_tasks[t].status == FILCH_WORKER_LOST);
    scene_end();
}
/* Nobody is left in the tree who could call the owner. */
static void die_alone(int thread)
{
    if (thread == 2) { scene_replace(); return; }
    if (thread) { scene_work(thread); return; }
    post(explore_variant ? PHASES : TREE, 2);
    scene_settle_and_bury();
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK || scene_tasks[0].status == FILCH_WORKER_LOST);
    scene_end();
}
static void check_die(void)
{
    EXPLORE_CHECK(scene_settled == scene_posted);
    if (explore_died() > 0 && !scene_buried) return; /* it had all of it done, and may have slots in reserve */
    uint32_t free = 0;
    for (uint32_t link = (uint16_t)scene->free_slots.word; link && free <= scene->slot_count; free++) link = scene->links[link - 1].word;
    EXPLORE_CHECK(free + 1 >= scene->slot_count); /* one that it had taken and not marked yet */
}

const explore_case fork_cases[] = {
    {{"fork: a join meets its last child", setup, 3, join, check_join}, 0, 2, 3, 0, 3000},
    {{"fork: a join, three workers", setup_three, 4, join, check_join}, 0, 1, 2, 0, 3000},
    {{"fork: children joined in turn", setup, 3, spread, check_spread}, 0, 2, 3, 0, 3000},
    {{"fork: too few slots", setup_short, 3, join, check_join}, 5, 1, 2, 0, 1000},
    {{"fork: cancelled", setup, 3, cancel, check_whole}, 2, 2, 3, 0, 3000},
    {{"fork: yielded, then cancelled", setup_one_wide, 2, cancel_left, check_whole}, 2, 2, 3, 0, 3000},
    {{"fork: yields to a post", setup, 3, give_way, check_give_way}, 0, 1, 2, 0, 3000},
    {{"fork: paused, and resumed or cancelled", setup, 3, rest, check_whole}, 4, 1, 2, 0, 3000},
    {{"fork: alone, cancelled", setup_one, 2, cancel, check_whole}, 2, 2, 3, 0, 1000},
    {{"fork: alone, yields to a post", setup_one, 2, give_way, check_give_way}, 0, 2, 3, 0, 1000},
    {{"fork: alone, paused, and resumed or cancelled", setup_one, 2, rest, check_whole}, 4, 2, 3, 0, 1000},
    {{"fork: queued where slots are scarce", setup_scarce, 3, queue_up, check_queue}, 4, 1, 2, 0, 5000},
    {{"fork: alone, queued where slots are scarce", setup_scarce_one, 2, queue_up, check_queue}, 4, 1, 2, 0, 5000},
    {{"fork: scarce slots, a worker dies", setup_scarce, 3, die, check_die, 6}, 2, 0, 1, 1, 3000},
    {{"fork: a child fails", setup, 3, fail, scene_check}, 0, 2, 3, 0, 3000},
    {{"fork: loop after loop", setup, 3, step_by_step, check_steps}, 0, 1, 2, 0, 3000},
    {{"fork: loops that chunks post", setup, 3, nested, check_nested}, 2, 1, 2, 0, 3000},
    {{"fork: a worker dies", setup, 3, die, check_die, 6}, 2, 0, 1, 1, 3000},
    {{"fork: the only worker dies", setup_one, 3, die_alone, check_die, 2}, 2, 0, 1, 1, 1000},
    {{0}},
};
