/* Free slots, and the handles of tasks in slots. Threads take and give slots by scripts: a set of
 * slots must have shown them the same answers. A handle or an item that has outlived its task is
 * refused, whatever task its slot has by now. */
#include "cases.h"
#include "core/region.h"
#include "core/slots.h"
#include "core/state.h"
#include "history.h"
#include "owner/control.h"
#include "owner/reap.h"
#include "owner/submit.h"
#include "sched/settle.h"

static _Alignas(CACHE_LINE) unsigned char region[32 * 1024];
static filch_runtime *rt;

/* -- taking and giving -- */
/* T takes, S takes and leaves one to spare, G gives the slot that its thread took first. */
enum { SLOTS = 3, THREADS = 3 };
static const char *const scripts[][THREADS] = {
    /* One slot is back at the head, and the next one behind it is not: ABA. */
    {"T", "TTG", "T"},
    /* The same after an even number of changes. */
    {"T", "TTTG", "TG"},
    {"TG", "TGTG", "TG"},
    /* More than there are slots. */
    {"TTG", "TTG", "TTG"},
    {"TTTGGG", "TG", "T"},
    /* No S takes the last slot. */
    {"SSG", "TSG", "S"},
};
#define SCRIPTS (sizeof scripts / sizeof *scripts)
static atom32 links[SLOTS];
static filch_slot slots[SLOTS]; /* all free: for slots_give()'s invariants */
static struct {
    _Alignas(CACHE_LINE) unsigned char plan[PLAN_HEADER];
    filch_runtime rt; /* of which only the list of free slots is used */
} memory;
static filch_runtime *const free_slots = &memory.rt;

static void setup_free_slots(void)
{
    plan_set(
        &(filch_plan){.runtime = free_slots, .links = links, .slots = slots, .slot_count = SLOTS});
    for (uint32_t i = 0; i < SLOTS; i++) atom32_init(&slots[i].tree.root, i);
    slots_init(free_slots);
    if (explore_variant >= (int)SCRIPTS) { /* the tag wraps */
        free_slots->free_slots.word |= (uint64_t)UINT32_MAX << 32;
    }
    history_clear();
}

enum { TAKE = 0xff, TAKE_SPARING = 0xfe }; /* any other operation gives the slot of that number */

/* A bit per free slot. */
static bool set_of_slots(uint64_t *free, const operation *o)
{
    bool takes = o->what == TAKE || o->what == TAKE_SPARING;
    int least = o->what == TAKE_SPARING ? 1 : 0;
    if (takes && o->answer == SLOT_NONE) return __builtin_popcountll(*free) <= least;
    if (takes && __builtin_popcountll(*free) <= least) return false;
    uint64_t slot = (uint64_t)1 << (takes ? o->answer : o->what);
    if (!(*free & slot) == takes) return false;
    *free ^= slot;
    return true;
}

static uint32_t take(uint32_t how)
{
    history_begin(how);
    return history_end(slots_take(free_slots, how == TAKE_SPARING));
}

static void run_script(int thread)
{
    uint32_t taken[8], first = 0, end = 0;
    for (const char *c = scripts[(size_t)explore_variant % SCRIPTS][thread]; *c; c++) {
        if (*c != 'G') {
            taken[end] = take(*c == 'T' ? TAKE : TAKE_SPARING);
            if (taken[end] != SLOT_NONE) end++;
        } else if (first < end) {
            history_begin(taken[first]);
            slots_give(free_slots, taken[first++]);
            history_end(0);
        }
    }
}

static void check_free_slots(void)
{
    EXPLORE_CHECK(slots_free_count(free_slots) <= SLOTS);
    for (uint32_t left = slots_free_count(free_slots); take(TAKE) != SLOT_NONE;) {
        EXPLORE_CHECK(slots_free_count(free_slots) == --left);
    }
    EXPLORE_CHECK(!slots_free_count(free_slots));
    EXPLORE_CHECK(history_is_linear((1 << SLOTS) - 1, set_of_slots));
}

/* -- handles: one slot, a task that completes, and its successor -- */
static uint64_t first_handle;
/* An item has 16 bits of them; none is 0. */
static const uint32_t generations[] = {1, 0xffff, GENERATION_MAX};
#define GENERATIONS (sizeof generations / sizeof *generations)

static int32_t nothing(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    return FILCH_OK;
}
static const filch_kernel kernel = {.name = "nothing", .chunk = nothing, .kind = FILCH_PARALLEL};
static const filch_kernel *const kernels[] = {&kernel};

/* The last variant: the slot's handles are used up. */
static bool is_last_task(void) { return explore_variant == 2 * (int)GENERATIONS; }

static void setup_handles(void)
{
    /* The second slot is there so that the injector has space. The first one is always taken
     * first. */
    filch_options options = {.workers = 2, .slots = 2};
    EXPLORE_CHECK(region_bytes(&options) <= sizeof region);
    rt = region_init(region, &options, kernels, 1);
    atom64_init(&plan_slots(rt)->state,
                state_free(generations[(size_t)explore_variant % GENERATIONS]));
    first_handle = 0;
    if (!is_last_task()) return;
    atom64_init(&plan_slots(rt)->state, state_free(GENERATION_MAX));
    plan_slots(rt)->era = ERA_MAX;
}

static bool is_posted(void) { return first_handle; }

/* Worker w runs in the handle's task, as state_try_take() or state_try_join() has answered. */
static void check_runs_in(uint32_t w, uint64_t handle)
{
    EXPLORE_CHECK(state_generation(atom64_load(&plan_slots(rt)->state)) ==
                  handle_generation(handle));
    EXPLORE_CHECK(reap_release(rt, handle) == FILCH_BAD_ARGUMENT);
    if (state_leave_is_last(plan_slots(rt), w))
        settle_closed(rt, &plan_workers(rt)[w], plan_slots(rt));
}

static uint64_t with_generation(uint64_t handle) { return state_free(handle_generation(handle)); }

/* Worker w takes the first task, yields, and takes the task that is then in the slot. */
static void take_twice(uint32_t w)
{
    if (state_try_take(plan_slots(rt), w, item_of(0, with_generation(first_handle)))) {
        EXPLORE_CHECK(state_generation(atom64_load(&plan_slots(rt)->state)) ==
                      handle_generation(first_handle));
        EXPLORE_CHECK(state_yield_needs_item(plan_slots(rt), w));
    }
    uint64_t state = atom64_load(&plan_slots(rt)->state);
    if (state_try_take(plan_slots(rt), w, item_of(0, state))) check_runs_in(w, state_handle(rt, 0));
}

static void join_twice(uint32_t w)
{
    for (int i = 0; i < 2; i++) {
        if (state_try_join(plan_slots(rt), w, first_handle)) check_runs_in(w, first_handle);
    }
}

static uint64_t post(void)
{
    filch_status why;
    uint64_t handle = submit_task(rt, &(filch_submission){.args = ""}, &why);
    EXPLORE_CHECK(handle_generation(handle) != 0); /* a worker's word 0 means that it has no loop */
    return handle;
}

static void reap(uint64_t handle)
{
    for (uint64_t reaped = 0; !reaped;) {
        EXPLORE_CHECK(reap_release(rt, handle) == FILCH_BAD_ARGUMENT);
        reaped = reap_next(rt);
        EXPLORE_CHECK(!reaped || reaped == handle);
        if (!reaped && reap_try_arm(rt)) futex_wait(&rt->doorbell, 1);
    }
    EXPLORE_CHECK(!reap_next(rt));
    EXPLORE_CHECK(reap_release(rt, handle) == FILCH_OK);
    EXPLORE_CHECK(!state_find(rt, handle) && !control_try_cancel(rt, handle));
    EXPLORE_CHECK(reap_release(rt, handle) == FILCH_STALE_HANDLE);
}

static void handles(int thread)
{
    if (thread == 0) {
        EXPLORE_CHECK(
            !state_find(rt, handle_of(0, generations[(size_t)explore_variant % GENERATIONS])));
        first_handle = post();
        control_try_cancel(rt, first_handle);
        reap(first_handle);
        if (is_last_task()) {
            EXPLORE_CHECK(slots_free_count(rt) == 1);
            return;
        }
        uint64_t second_handle = post();
        EXPLORE_CHECK(!state_find(rt, handle_of(0, 1))); /* of the first era */
        EXPLORE_CHECK(!state_find(rt, first_handle) && !control_try_cancel(rt, first_handle));
        EXPLORE_CHECK(reap_release(rt, first_handle) == FILCH_STALE_HANDLE);
        control_try_cancel(rt, second_handle);
        reap(second_handle);
        return;
    }
    explore_await(is_posted);
    if (thread == 1 && explore_variant < (int)GENERATIONS) take_twice(0);
    else
        join_twice((uint32_t)thread -
                   1); /* if both workers do this, neither finds a worker to join */
}

const explore_case slots_cases[] = {
    {.scenario = {.name = "slots: take and give",
                  .setup = setup_free_slots,
                  .threads = THREADS,
                  .thread = run_script,
                  .check = check_free_slots},
     .variants = 2 * SCRIPTS,
     .preemptions = 3,
     .nightly = 5,
     .random = 20000},
    {.scenario =
         {.name = "slots: handles", .setup = setup_handles, .threads = 3, .thread = handles},
     .variants = 2 * GENERATIONS + 1,
     .preemptions = 2,
     .nightly = 3,
     .random = 20000},
    {.scenario.name = 0},
};
