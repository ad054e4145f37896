/* Priorities. Where every worker is at less urgent work, one of them leaves that work at its next
 * safepoint. So between the moment that a task is more urgent and the moment that a worker takes
 * the task, that worker begins at most one more chunk, or one more call of a fork function. A fork
 * function yields to equally urgent work, too. */
#include "core/state.h"
#include "owner/control.h"
#include "scene.h"
#include "sched/steal.h"

#if PRIORITIES > 1

enum { LENGTH = 6, LOW = PRIORITIES - 1, HIGH = 0 };
static uint32_t begun[2]; /* low chunks or calls that each worker has begun since `urgent` */
static bool urgent, low_ran;
static bool has_low_run(void) { return low_ran; }
static bool is_urgent_queued(void)
{
    uint32_t slot = handle_slot(scene_tasks[1].handle);
    return urgent && plan_slots(scene)[slot].state.word & STATE_QUEUED;
}

static void do_low(const filch_task *task)
{
    static atom32 step;
    low_ran = true;
    if (is_urgent_queued()) begun[task->worker]++;
    atom32_add(&step, 1);
}
static int32_t low(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)args, (void)begin, (void)end;
    do_low(task);
    return FILCH_OK;
}
static int32_t high(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    return FILCH_OK;
}
FILCH_FORK(twig, uint64_t, (uint32_t unused;), (uint32_t local;))
{
    FILCH_BEGIN;
    (void)f;
    do_low(task);
    FILCH_RETURN(0);
    FILCH_END;
}
/* Has spawned children when its worker leaves it. */
#define BUSH_ARGS(F) F(state, u64, got) F(state, u32, i)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_bush
FILCH_FORK_KERNEL(bush, BUSH_ARGS)
{
    FILCH_BEGIN;
    FILCH_SPAWN(twig, 0);
    FILCH_SPAWN(twig, 0);
    FILCH_CALL(f->got, twig, 0);
    FILCH_CALL(f->got, twig, 0);
    FILCH_JOIN(f->got, twig);
    FILCH_JOIN(f->got, twig);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

/* Two urgent tasks begin before either ends. Both workers are in recursions until then. */
static atom32 met;
static bool meets; /* the urgent tasks wait for each other */
static bool have_both_met(void) { return met.word == 2; }
static bool is_asked(const filch_worker *w)
{
    bool looks = w->shared.preempt_request.word || w->fork.is_leaving; /* at its next call */
    return have_both_met() || (looks && !w->view.limit);
}
static bool is_first_asked(void) { return is_asked(&plan_workers(scene)[0]); }
static bool is_second_asked(void) { return is_asked(&plan_workers(scene)[1]); }
static bool waits[2]; /* each worker in until_met */
static bool do_both_wait(void) { return waits[0] && waits[1]; }
static void do_meet(void)
{
    atom32_add(&met, 1);
    if (meets) explore_await(have_both_met);
}
static int32_t meet(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    do_meet();
    return FILCH_OK;
}
#define MEET_ALONE_ARGS(F) F(state, u64, unused)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_meet_alone
FILCH_FORK_KERNEL(meet_alone, MEET_ALONE_ARGS) /* without a call, at which it could yield */
{
    FILCH_BEGIN;
    do_meet();
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
FILCH_FORK(wait_here, uint64_t, (uint32_t unused;), (uint32_t local;))
{
    FILCH_BEGIN;
    (void)f;
    waits[task->worker] = true;
    explore_await(task->worker ? is_second_asked : is_first_asked);
    FILCH_RETURN(0);
    FILCH_END;
}
#define UNTIL_MET_ARGS(F) F(state, u64, got)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_until_met
FILCH_FORK_KERNEL(until_met, UNTIL_MET_ARGS)
{
    FILCH_BEGIN;
    while (!have_both_met()) FILCH_CALL(f->got, wait_here, 0);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

#undef filch_fields_of
#define filch_fields_of filch_fields_of_low_tree
#define LOW_TREE_ARGS(F) F(state, u64, got) F(state, u32, i)
FILCH_FORK_KERNEL(low_tree, LOW_TREE_ARGS)
{
    FILCH_BEGIN;
    for (f->i = 0; f->i < LENGTH; f->i++) FILCH_CALL(f->got, twig, 0);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
static const filch_kernel table[] = {
    {.name = "low", .chunk = low, .kind = FILCH_PARALLEL},
    {.name = "high", .chunk = high, .kind = FILCH_SEQUENTIAL},
    {.name = "meet", .chunk = meet, .kind = FILCH_SEQUENTIAL},
};
enum { LOOP, HIGH_LOOP, TREE, BUSH, MEET, UNTIL_MET, MEET_ALONE, KERNELS };
static const filch_kernel *const kernels[KERNELS] = {&table[0],
                                                     &table[1],
                                                     &filch_kernel_low_tree,
                                                     &filch_kernel_bush,
                                                     &table[2],
                                                     &filch_kernel_until_met,
                                                     &filch_kernel_meet_alone};

static void begin(uint32_t workers)
{
    scene_begin(kernels, KERNELS, workers, 8);
    met = (atom32){0};
    waits[0] = waits[1] = false;
    begun[0] = begun[1] = 0;
    urgent = low_ran = false;
}
static void setup_one(void) { begin(1); }
static void setup_two(void) { begin(2); }

static uint64_t post(uint32_t kernel, uint32_t priority, uint64_t dependency)
{
    scene_post(&(filch_submission){.kernel = kernel,
                                   .end = kernel ? 1 : LENGTH,
                                   .grain = 1,
                                   .priority = priority,
                                   .args = (uint64_t[2]){0},
                                   .dependencies = &dependency,
                                   .dependency_count = dependency != 0});
    return scene_tasks[scene_posted - 1].handle;
}

enum { POSTED, RAISED, INHERITED, VARIANTS, AS_URGENT = VARIANTS, AT_ONCE, TREE_VARIANTS };

static void overtake(uint32_t kernel)
{
    post(kernel, LOW, 0);
    if (explore_variant != AT_ONCE) explore_await(has_low_run);
    switch (explore_variant) {
    case POSTED: post(HIGH_LOOP, HIGH, 0); break;
    case RAISED:
        EXPLORE_CHECK(control_try_set_priority(scene, post(HIGH_LOOP, LOW, 0), HIGH));
        break;
    case INHERITED: /* a dependency of a high task is as urgent */
        post(kernel, HIGH, post(HIGH_LOOP, LOW, 0));
        break;
    default: post(HIGH_LOOP, LOW, 0); break;
    }
    urgent = true;
    scene_reap(scene_posted);
    scene_end();
}
static void overtake_loop(int thread)
{
    if (thread) scene_work(thread);
    else overtake(LOOP);
}
static void overtake_tree(int thread)
{
    if (thread) scene_work(thread);
    else overtake(TREE);
}
static void check(void)
{
    scene_check();
    for (int t = 0; t < scene_posted; t++) EXPLORE_CHECK(scene_tasks[t].status == FILCH_OK);
    EXPLORE_CHECK(begun[0] <= 1 || (plan_worker_count(scene) > 1 && begun[1] <= 1));
}

/* Two tasks in a row. The first worker may be asked for both, and leaves for one of them. */
enum { MIDDLE = LOW - 1, PAIRS = 6, OUT_OF_TURN = PAIRS };
static const struct {
    uint32_t kernel, first, second; /* of the first task; the priorities */
} pairs[PAIRS + 1] = {
    {MEET, HIGH, HIGH},
    {MEET_ALONE, HIGH, HIGH},
    {MEET, HIGH, MIDDLE},
    {MEET_ALONE, HIGH, MIDDLE},
    {MEET_ALONE, MIDDLE, HIGH},
    {MEET, LOW, LOW},
    /* The first worker leaves for them, but picks its tree again, out of turn. */
    [OUT_OF_TURN] = {MEET, HIGH, HIGH},
};
static void overtake_twice(int thread)
{
    if (scene_has_worked(thread)) return;
    for (int i = 0; i < 2; i++) post(UNTIL_MET, LOW, 0);
    explore_await(do_both_wait);
    meets = explore_variant != OUT_OF_TURN;
    if (!meets) plan_workers(scene)[0].steal.tick = FAIRNESS - 1;
    post(pairs[explore_variant].kernel, pairs[explore_variant].first, 0);
    post(MEET, pairs[explore_variant].second, 0);
    scene_reap(4);
    scene_end();
}

/* A task that the owner makes less urgent, queued or running, lets a task go first that is more
 * urgent now. */
static void lowered(int thread)
{
    if (scene_has_worked(thread)) return;
    post(LOOP, HIGH, 0);
    explore_await(has_low_run);
    post(HIGH_LOOP, LOW, 0);
    uint64_t high_one = scene_tasks[0].handle;
    control_try_set_priority(scene, scene_tasks[1].handle, HIGH);
    control_try_set_priority(scene, high_one, LOW);
    urgent = true;
    scene_reap(2);
    scene_end();
}

/* A task has the priority of a dependent no more once that is cancelled, or made less urgent. */
enum { CANCELLED, LOWERED, CHAIN = 2, GIVEN_BACK = 4 };
static void give_back(int thread)
{
    if (scene_has_worked(thread)) return;
    uint64_t low_one = post(LOOP, LOW, 0);
    explore_await(has_low_run);
    post(HIGH_LOOP, MIDDLE, 0);
    if (explore_variant >= CHAIN) low_one = post(HIGH_LOOP, LOW, low_one);
    uint64_t dependent = post(HIGH_LOOP, HIGH, low_one);
    if (explore_variant % CHAIN == CANCELLED) control_try_cancel(scene, dependent);
    else control_try_set_priority(scene, dependent, LOW);
    urgent = true;
    scene_reap(scene_posted);
    scene_end();
}
static void check_given_back(void)
{
    scene_check();
    for (int t = 0; t < scene_posted - 1; t++) EXPLORE_CHECK(scene_tasks[t].status == FILCH_OK);
    EXPLORE_CHECK(begun[0] <= 1);
}

/* No task starves, though others are more urgent: here the priorities change while both tasks
 * run. */
static void restless(int thread)
{
    if (scene_has_worked(thread)) return;
    uint64_t a = post(LOOP, LOW, 0), b = post(LOOP, HIGH, 0);
    control_try_set_priority(scene, a, HIGH);
    control_try_set_priority(scene, b, LOW);
    control_try_set_priority(scene, a, LOW);
    scene_reap(2);
    scene_end();
}
/* Nor does a tree whose children are in no queue, since its worker has left it. */
static void restless_tree(int thread)
{
    if (scene_has_worked(thread)) return;
    uint64_t bush = post(BUSH, HIGH, 0);
    explore_await(has_low_run);
    post(HIGH_LOOP, HIGH, 0);
    control_try_set_priority(scene, bush, LOW);
    if (explore_variant) control_try_set_priority(scene, bush, HIGH);
    scene_reap(2);
    scene_end();
}
static void check_tree(void)
{
    scene_check();
    for (int t = 0; t < scene_posted; t++) EXPLORE_CHECK(scene_tasks[t].status == FILCH_OK);
}

static void check_restless(void)
{
    scene_check();
    for (int t = 0; t < scene_posted; t++) {
        EXPLORE_CHECK(scene_tasks[t].status == FILCH_OK && scene_tasks[t].done == LENGTH);
    }
}

const explore_case priority_cases[] = {
    {.scenario = {.name = "priority: one worker yields a loop",
                  .setup = setup_one,
                  .threads = 2,
                  .thread = overtake_loop,
                  .check = check},
     .variants = VARIANTS,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "priority: one of two workers yields a loop",
                  .setup = setup_two,
                  .threads = 3,
                  .thread = overtake_loop,
                  .check = check},
     .variants = VARIANTS,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "priority: a tree yields that was never asked",
                  .setup = setup_one,
                  .threads = 2,
                  .thread = overtake_tree,
                  .check = check},
     .variants = TREE_VARIANTS,
     .preemptions = 2,
     .nightly = 3,
     .random = 2000},
    {.scenario = {.name = "priority: one of two workers yields a tree",
                  .setup = setup_two,
                  .threads = 3,
                  .thread = overtake_tree,
                  .check = check},
     .variants = TREE_VARIANTS,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "priority: two workers yield for two tasks",
                  .setup = setup_two,
                  .threads = 3,
                  .thread = overtake_twice,
                  .check = check_tree},
     .variants = PAIRS + 1,
     .preemptions = 1,
     .nightly = 2,
     .random = 3000},
    {.scenario = {.name = "priority: lowered while queued",
                  .setup = setup_one,
                  .threads = 2,
                  .thread = lowered,
                  .check = check},
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "priority: given back by a dependent",
                  .setup = setup_one,
                  .threads = 2,
                  .thread = give_back,
                  .check = check_given_back},
     .variants = GIVEN_BACK,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "priority: changed again and again",
                  .setup = setup_two,
                  .threads = 3,
                  .thread = restless,
                  .check = check_restless},
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "priority: of a yielded tree, changed",
                  .setup = setup_one,
                  .threads = 2,
                  .thread = restless_tree,
                  .check = check_tree},
     .variants = 2,
     .preemptions = 2,
     .nightly = 3,
     .random = 5000},
    {.scenario = {.name = "priority: of a tree that two yield, changed",
                  .setup = setup_two,
                  .threads = 3,
                  .thread = restless_tree,
                  .check = check_tree},
     .variants = 2,
     .preemptions = 1,
     .nightly = 2,
     .random = 5000},
    {.scenario.name = 0},
};
#else
const explore_case priority_cases[] = {{.scenario.name = 0}};
#endif
