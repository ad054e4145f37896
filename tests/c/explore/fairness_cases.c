/* Fairness. Less urgent work gets its share beside more urgent work, and no more than that. Here
 * each worker picks a task out of turn once, when the case says so: FAIRNESS is out of reach. */
#include "scene.h"
#include "sched/steal.h"

#if PRIORITIES > 1

enum { LENGTH = 6, LOW = PRIORITIES - 1, HIGH = 0 };
static atom32 met;    /* chunks of `gather` that have begun */
static uint32_t late; /* low chunks begun while the first chunk of `gather` waits for another one */
/* Chunks of `high`; those before the first chunk of `low`; chunks of `low` before the last one. */
static uint32_t high_ran, high_before_low, low_before_high;
static bool is_posted, low_ran;

static int32_t low(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)args, (void)begin, (void)end;
    if (!low_ran) high_before_low = high_ran;
    low_ran = true;
    low_before_high += high_ran < LENGTH;
    late += met.word == 1;
    atom32_load(&plan_workers(scene)[task->worker].shared.recalled); /* a point */
    return FILCH_OK;
}
static int32_t high(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    high_ran++;
    return FILCH_OK;
}
/* A loop that needs both workers. */
static bool have_both_met(void) { return met.word >= 2; }
static int32_t gather(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    atom32_add(&met, 1);
    explore_await(have_both_met);
    return FILCH_OK;
}
static const filch_kernel table[] = {
    {.name = "low", .chunk = low, .kind = FILCH_PARALLEL},
    {.name = "gather", .chunk = gather, .kind = FILCH_PARALLEL},
    {.name = "high", .chunk = high, .kind = FILCH_PARALLEL},
    {.name = "high_in_order", .chunk = high, .kind = FILCH_SEQUENTIAL},
};
enum { LOOP, GATHER, HIGH_LOOP, KERNELS = HIGH_LOOP + 2 };
static const filch_kernel *const kernels[KERNELS] = {&table[0], &table[1], &table[2], &table[3]};

static void begin(uint32_t workers)
{
    scene_begin(kernels, KERNELS, workers, 2);
    met = (atom32){0};
    late = high_ran = high_before_low = low_before_high = 0;
    is_posted = low_ran = false;
}
static void setup_two(void) { begin(2); }
static void setup_slicing(void)
{
    begin(1);
    explore_clock_step = 11000000; /* a slice is over after each chunk but the first */
}

static void post(uint32_t kernel, uint32_t priority)
{
    scene_post(&(filch_submission){
        .kernel = kernel, .end = LENGTH, .grain = 1, .priority = priority, .args = ""});
}
static void check_all(void)
{
    scene_check();
    for (int t = 0; t < scene_posted; t++) {
        EXPLORE_CHECK(scene_tasks[t].status == FILCH_OK && scene_tasks[t].done == LENGTH);
    }
}

/* The first worker picks the low loop out of turn, while the other one runs in an urgent loop that
 * needs both. */
static bool are_both_posted(void) { return is_posted; }
static void end_turn(int thread)
{
    if (thread) {
        if (thread == 1) explore_await(are_both_posted);
        scene_work(thread);
        return;
    }
    plan_workers(scene)[0].steal.tick = FAIRNESS - 1;
    post(LOOP, LOW);
    post(GATHER, HIGH);
    is_posted = true;
    scene_reap(2);
    scene_end();
}
static void check_turn(void)
{
    check_all();
    EXPLORE_CHECK(late <= 2); /* the chunk out of turn, and one before the worker looks */
}

/* One worker runs an urgent loop that outlasts the picks before its turn. */
static void take_turn(int thread)
{
    if (thread) {
        explore_await(are_both_posted);
        scene_work(thread);
        return;
    }
    plan_workers(scene)[0].steal.tick = FAIRNESS - 3;
    post(HIGH_LOOP + (uint32_t)explore_variant, HIGH);
    post(LOOP, LOW);
    is_posted = true;
    scene_reap(2);
    scene_end();
}
static void check_share(void)
{
    check_all();
    EXPLORE_CHECK(high_before_low <= 3);
    EXPLORE_CHECK(low_before_high <= 2);
}

const explore_case fairness_cases[] = {
    {.scenario = {.name = "priority: a slice out of turn ends beside an urgent loop",
                  .setup = setup_two,
                  .threads = 3,
                  .thread = end_turn,
                  .check = check_turn},
     .preemptions = 1,
     .nightly = 2,
     .random = 5000},
    {.scenario = {.name = "priority: a low loop has its turn beside an urgent one",
                  .setup = setup_slicing,
                  .threads = 2,
                  .thread = take_turn,
                  .check = check_share},
     .variants = 2,
     .preemptions = 2,
     .nightly = 3,
     .random = 5000},
    {.scenario.name = 0},
};
#else
const explore_case fairness_cases[] = {{.scenario.name = 0}};
#endif
