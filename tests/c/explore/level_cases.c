/* Urgency: with every worker at less urgent work, one of them leaves it at its next boundary; so between the moment that something is
 * more urgent and the moment that it is taken, that worker begins at most one more chunk, or call of a fork function: those make
 * room for what is as urgent, too. */
#include "life.h"
#include "scene.h"

#if LEVELS > 1

enum { LENGTH = 6, LOW = LEVELS - 1, HIGH = 0 };
static uint32_t begun[2]; /* low chunks or calls that each worker has begun since `urgent` */
static bool urgent, low_ran;

static bool low_runs(void) { return low_ran; }
static bool waits(void) { return urgent && scene->slots[handle_slot(scene_tasks[1].handle)].life.word & LIFE_QUEUED; }

static void do_low(const filch_task *task)
{
    static atom32 step;
    low_ran = true;
    if (waits()) begun[task->worker]++;
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
/* Children that were spawned before it was left. */
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

/* Two that are urgent begin before either ends, with both workers in recursions until then. */
static atom32 met;
static bool both_met(void) { return met.word == 2; }
static bool is_asked(const filch_worker *w) { return both_met() || (w->attention.word && !w->view.limit); }
static bool first_stirs(void) { return is_asked(&scene->workers[0]); }
static bool second_stirs(void) { return is_asked(&scene->workers[1]); }
static bool guards[2];
static bool both_guard(void) { return guards[0] && guards[1]; }
static int32_t meet(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    atom32_add(&met, 1);
    explore_await(both_met);
    return FILCH_OK;
}
FILCH_FORK(wait_here, uint64_t, (uint32_t unused;), (uint32_t local;))
{
    FILCH_BEGIN;
    (void)f;
    guards[task->worker] = true;
    explore_await(task->worker ? second_stirs : first_stirs);
    FILCH_RETURN(0);
    FILCH_END;
}
#define UNTIL_MET_ARGS(F) F(state, u64, got)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_until_met
FILCH_FORK_KERNEL(until_met, UNTIL_MET_ARGS)
{
    FILCH_BEGIN;
    while (!both_met()) FILCH_CALL(f->got, wait_here, 0);
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
static const filch_kernel table[] = {{"low", low, 0, 0, 0, FILCH_PARALLEL}, {"high", high, 0, 0, 0, FILCH_SEQUENTIAL},
                                     {"meet", meet, 0, 0, 0, FILCH_SEQUENTIAL}};
enum { LOOP, HIGH_LOOP, TREE, BUSH, MEET, UNTIL_MET };
static const filch_kernel *const kernels[] = {&table[0], &table[1], &filch_kernel_low_tree, &filch_kernel_bush,
                                              &table[2], &filch_kernel_until_met};

static void begin(uint32_t workers)
{
    scene_begin(kernels, 6, workers, 8);
    met = (atom32){0};
    guards[0] = guards[1] = false;
    begun[0] = begun[1] = 0;
    urgent = low_ran = false;
}
static void setup_one(void) { begin(1); }
static void setup_two(void) { begin(2); }

static uint64_t post(uint32_t kernel, uint32_t level, uint64_t after)
{
    scene_post(&(filch_posting){.kernel = kernel, .end = kernel ? 1 : LENGTH, .grain = 1, .priority = level, .args = (uint64_t[2]){0},
                                .after = &after, .after_count = after != 0});
    return scene_tasks[scene_posted - 1].handle;
}

enum { POSTED, RAISED, INHERITED, VARIANTS, AS_URGENT = VARIANTS, AT_ONCE, TREE_VARIANTS };

static void overtake(uint32_t kernel)
{
    post(kernel, LOW, 0);
    if (explore_variant != AT_ONCE) explore_await(low_runs);
    switch (explore_variant) {
    case POSTED: post(HIGH_LOOP, HIGH, 0); break;
    case RAISED: EXPLORE_CHECK(post_set_level(scene, post(HIGH_LOOP, LOW, 0), HIGH)); break;
    case INHERITED: post(kernel, HIGH, post(HIGH_LOOP, LOW, 0)); break; /* what the high one waits for is as urgent */
    default: post(HIGH_LOOP, LOW, 0); break;
    }
    urgent = true;
    scene_settle(scene_posted);
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
    EXPLORE_CHECK(begun[0] <= 1 || (scene->worker_count > 1 && begun[1] <= 1));
}

static void overtake_twice(int thread)
{
    if (thread) { scene_work(thread); return; }
    for (int i = 0; i < 2; i++) post(UNTIL_MET, LOW, 0);
    explore_await(both_guard);
    for (int i = 0; i < 2; i++) post(MEET, HIGH, 0);
    scene_settle(4);
    scene_end();
}

/* A queued task that is made less urgent lets those go first that are more so now. */
static void lowered(int thread)
{
    if (thread) { scene_work(thread); return; }
    post(LOOP, HIGH, 0);
    explore_await(low_runs);
    post(HIGH_LOOP, LOW, 0);
    uint64_t high_one = scene_tasks[0].handle;
    post_set_level(scene, scene_tasks[1].handle, HIGH);
    post_set_level(scene, high_one, LOW);
    urgent = true;
    scene_settle(2);
    scene_end();
}

/* Nobody starves, whatever is more urgent: here the levels change while all of it runs. */
static void restless(int thread)
{
    if (thread) { scene_work(thread); return; }
    uint64_t a = post(LOOP, LOW, 0), b = post(LOOP, HIGH, 0);
    post_set_level(scene, a, HIGH);
    post_set_level(scene, b, LOW);
    post_set_level(scene, a, LOW);
    scene_settle(2);
    scene_end();
}
/* Also a tree whose children are in no queue, since it was left. */
static void restless_tree(int thread)
{
    if (thread) { scene_work(thread); return; }
    uint64_t bush = post(BUSH, HIGH, 0);
    explore_await(low_runs);
    post(HIGH_LOOP, HIGH, 0);
    post_set_level(scene, bush, LOW);
    if (explore_variant) post_set_level(scene, bush, HIGH);
    scene_settle(2);
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
    for (int t = 0; t < scene_posted; t++) EXPLORE_CHECK(scene_tasks[t].status == FILCH_OK && scene_tasks[t].done == LENGTH);
}

const explore_case level_cases[] = {
    {{"level: one worker leaves what is less urgent", setup_one, 2, overtake_loop, check}, VARIANTS, 1, 2, 0, 2000},
    {{"level: one of two leaves what is less urgent", setup_two, 3, overtake_loop, check}, VARIANTS, 1, 2, 0, 2000},
    {{"level: a tree gives way, though nobody has asked it before", setup_one, 2, overtake_tree, check}, TREE_VARIANTS, 2, 3, 0, 2000},
    {{"level: one of two leaves a tree", setup_two, 3, overtake_tree, check}, TREE_VARIANTS, 1, 2, 0, 2000},
    {{"level: two leave for two", setup_two, 3, overtake_twice, check_tree}, 0, 1, 2, 0, 3000},
    {{"level: made less urgent", setup_one, 2, lowered, check}, 0, 1, 2, 0, 2000},
    {{"level: changed and changed", setup_two, 3, restless, check_restless}, 0, 1, 2, 0, 2000},
    {{"level: of a tree that is left, changed", setup_one, 2, restless_tree, check_tree}, 2, 2, 3, 0, 5000},
    {{"level: of a tree that two leave, changed", setup_two, 3, restless_tree, check_tree}, 2, 1, 2, 0, 5000},
    {{0}},
};
#else
const explore_case level_cases[] = {{{0}}};
#endif
