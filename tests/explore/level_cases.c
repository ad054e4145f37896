/* Urgency: with every worker at less urgent work, one of them leaves it at its next boundary; so between the moment that something is
 * more urgent and the moment that it is taken, that worker begins at most one more chunk. */
#include "life.h"
#include "scene.h"

#if LEVELS > 1

enum { LENGTH = 6, LOW = LEVELS - 1, HIGH = 0 };
static uint32_t begun[2]; /* low chunks that each worker has begun since `urgent` */
static bool urgent, low_ran;

static bool low_runs(void) { return low_ran; }
static bool waits(void) { return urgent && scene->slots[handle_slot(scene_tasks[1].handle)].life.word & LIFE_QUEUED; }

static int32_t low(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    static atom32 step;
    (void)args, (void)begin, (void)end;
    low_ran = true;
    if (waits()) begun[task->worker]++;
    atom32_add(&step, 1);
    return FILCH_OK;
}
static int32_t high(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    return FILCH_OK;
}
static const filch_kernel table[] = {{"low", low, 0, 0, 0, FILCH_PARALLEL}, {"high", high, 0, 0, 0, FILCH_SEQUENTIAL}};
static const filch_kernel *const kernels[] = {&table[0], &table[1]};

static void begin(uint32_t workers)
{
    scene_begin(kernels, 2, workers, 4);
    begun[0] = begun[1] = 0;
    urgent = low_ran = false;
}
static void setup_one(void) { begin(1); }
static void setup_two(void) { begin(2); }

static uint64_t post(uint32_t kernel, uint32_t level, uint64_t after)
{
    scene_post(&(filch_posting){.kernel = kernel, .end = kernel ? 1 : LENGTH, .grain = 1, .priority = level, .args = "",
                                .after = &after, .after_count = after != 0});
    return scene_tasks[scene_posted - 1].handle;
}

enum { POSTED, RAISED, INHERITED, VARIANTS };

static void overtake(int thread)
{
    if (thread) { scene_work(thread); return; }
    post(0, LOW, 0);
    explore_await(low_runs);
    switch (explore_variant) {
    case POSTED: post(1, HIGH, 0); break;
    case RAISED: EXPLORE_CHECK(post_set_level(scene, post(1, LOW, 0), HIGH)); break;
    case INHERITED: post(0, HIGH, post(1, LOW, 0)); break; /* what the high one waits for is as urgent */
    default: break;
    }
    urgent = true;
    scene_settle(scene_posted);
    scene_end();
}
static void check(void)
{
    scene_check();
    for (int t = 0; t < scene_posted; t++) EXPLORE_CHECK(scene_tasks[t].status == FILCH_OK);
    EXPLORE_CHECK(begun[0] <= 1 || (scene->worker_count > 1 && begun[1] <= 1));
}

/* A queued task that is made less urgent lets those go first that are more so now. */
static void lowered(int thread)
{
    if (thread) { scene_work(thread); return; }
    post(0, HIGH, 0);
    explore_await(low_runs);
    post(1, LOW, 0);
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
    uint64_t a = post(0, LOW, 0), b = post(0, HIGH, 0);
    post_set_level(scene, a, HIGH);
    post_set_level(scene, b, LOW);
    post_set_level(scene, a, LOW);
    scene_settle(2);
    scene_end();
}
static void check_restless(void)
{
    scene_check();
    for (int t = 0; t < scene_posted; t++) EXPLORE_CHECK(scene_tasks[t].status == FILCH_OK && scene_tasks[t].done == LENGTH);
}

const explore_case level_cases[] = {
    {{"level: one worker leaves what is less urgent", setup_one, 2, overtake, check}, VARIANTS, 1, 2, 0, 2000},
    {{"level: one of two leaves what is less urgent", setup_two, 3, overtake, check}, VARIANTS, 1, 2, 0, 2000},
    {{"level: made less urgent", setup_one, 2, lowered, check}, 0, 1, 2, 0, 2000},
    {{"level: changed and changed", setup_two, 3, restless, check_restless}, 0, 1, 2, 0, 2000},
    {{0}},
};
#else
const explore_case level_cases[] = {{{0}}};
#endif
