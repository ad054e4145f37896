/* The pool, and the handles of what is in it. Threads take and give slots by scripts: what they saw must be what a set of slots
 * would have shown them. And a handle or an item that outlived its task is refused, whatever its slot serves by now. */
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

/* -- taking and giving: T takes, S takes and leaves one to spare, G gives the slot that was taken first -- */
enum { SLOTS = 3, THREADS = 3 };
static const char *const scripts[][THREADS] = {
    {"T", "TTG", "T"},      /* one slot is back at the head, and the next one behind it is not: ABA */
    {"T", "TTTG", "TG"},    /* the same after an even number of changes */
    {"TG", "TGTG", "TG"},
    {"TTG", "TTG", "TTG"},  /* for more than there are */
    {"TTTGGG", "TG", "T"},
    {"SSG", "TSG", "S"},     /* the last one is left, whoever comes */
};
#define SCRIPTS (sizeof scripts / sizeof *scripts)
static atom32 links[SLOTS];
static filch_runtime pool;

static void setup_pool(void)
{
    pool.links = links;
    pool.slot_count = SLOTS;
    slots_init(&pool);
    if (explore_variant >= (int)SCRIPTS) pool.free_slots.word |= (uint64_t)UINT32_MAX << 32; /* the tag wraps */
    history_clear();
}

enum { TAKE = 0xff, TAKE_SPARING = 0xfe }; /* any other operation gives that slot */

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
    return history_end(slots_take(&pool, how == TAKE_SPARING));
}

static void run_script(int thread)
{
    uint32_t held[8], first = 0, end = 0;
    for (const char *c = scripts[(size_t)explore_variant % SCRIPTS][thread]; *c; c++) {
        if (*c != 'G') {
            held[end] = take(*c == 'T' ? TAKE : TAKE_SPARING);
            if (held[end] != SLOT_NONE) end++;
        } else if (first < end) {
            history_begin(held[first]);
            slots_give(&pool, held[first++]);
            history_end(0);
        }
    }
}

static void check_pool(void)
{
    EXPLORE_CHECK(slots_free_count(&pool) <= SLOTS);
    for (uint32_t left = slots_free_count(&pool); take(TAKE) != SLOT_NONE;) EXPLORE_CHECK(slots_free_count(&pool) == --left);
    EXPLORE_CHECK(!slots_free_count(&pool) && history_linear((1 << SLOTS) - 1, set_of_slots));
}

/* -- handles: one slot, a task that settles, and its successor -- */
static uint64_t first_handle;
static const uint32_t generations[] = {1, 0xffff, GENERATION_MAX}; /* an item names 16 bits of them; 0 is left out */
#define GENERATIONS (sizeof generations / sizeof *generations)

static int32_t nothing(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    return FILCH_OK;
}
static const filch_kernel kernel = {"nothing", nothing, 0, 0, 0, FILCH_PARALLEL};
static const filch_kernel *const kernels[] = {&kernel};

static void setup_handles(void)
{
    filch_options options = {2, 2, 0}; /* a second slot, for the injector to have room; the first is always free first */
    EXPLORE_CHECK(region_bytes(&options) <= sizeof region);
    rt = region_init(region, &options, kernels, 1);
    atom64_init(&rt->slots->state, state_free(generations[(size_t)explore_variant % GENERATIONS]));
    first_handle = 0;
}

static bool posted(void) { return first_handle; }

/* Worker w is engaged in the handle's task, or so it was told. */
static void engaged(uint32_t w, uint64_t handle)
{
    EXPLORE_CHECK(state_generation(atom64_load(&rt->slots->state)) == handle_generation(handle));
    EXPLORE_CHECK(reap_release(rt, handle) == FILCH_BAD_ARGUMENT);
    if (state_leave_is_last(rt->slots, w)) settle_closed(rt, &rt->workers[w], rt->slots);
}

static uint64_t with_generation(uint64_t handle) { return state_free(handle_generation(handle)); }

/* Takes the first task, puts it back, and takes whatever is there. */
static void take_twice(uint32_t w)
{
    if (state_try_take(rt->slots, w, item_of(0, with_generation(first_handle)))) {
        EXPLORE_CHECK(state_generation(atom64_load(&rt->slots->state)) == handle_generation(first_handle));
        EXPLORE_CHECK(state_yield_needs_item(rt->slots, w));
    }
    uint64_t life = atom64_load(&rt->slots->state);
    if (state_try_take(rt->slots, w, item_of(0, life))) engaged(w, handle_of(0, state_generation(life)));
}

static void join_twice(uint32_t w)
{
    for (int i = 0; i < 2; i++) {
        if (state_try_join(rt->slots, w, first_handle)) engaged(w, first_handle);
    }
}

static uint64_t post(void)
{
    filch_status why;
    uint64_t handle = submit_task(rt, &(filch_submission){0, 0, 0, 0, 0, ""}, &why);
    EXPLORE_CHECK(handle != 0);
    return handle;
}

static void settle(uint64_t handle)
{
    for (uint64_t reaped = 0; !reaped;) {
        EXPLORE_CHECK(reap_release(rt, handle) == FILCH_BAD_ARGUMENT);
        reaped = reap_next(rt);
        EXPLORE_CHECK(!reaped || reaped == handle);
        if (!reaped && reap_try_arm(rt)) futex_wait(&rt->doorbell, 1);
    }
    EXPLORE_CHECK(!reap_next(rt));
    EXPLORE_CHECK(reap_release(rt, handle) == FILCH_OK);
    EXPLORE_CHECK(!state_find(rt, handle) && !control_try_cancel(rt, handle) && reap_release(rt, handle) == FILCH_STALE_HANDLE);
}

static void handles(int thread)
{
    if (thread == 0) {
        EXPLORE_CHECK(!state_find(rt, handle_of(0, generations[(size_t)explore_variant % GENERATIONS])));
        first_handle = post();
        control_try_cancel(rt, first_handle);
        settle(first_handle);
        uint64_t second_handle = post();
        EXPLORE_CHECK(!state_find(rt, first_handle) && !control_try_cancel(rt, first_handle));
        EXPLORE_CHECK(reap_release(rt, first_handle) == FILCH_STALE_HANDLE);
        control_try_cancel(rt, second_handle);
        settle(second_handle);
        return;
    }
    explore_await(posted);
    if (thread == 1 && explore_variant < (int)GENERATIONS) take_twice(0);
    else join_twice((uint32_t)thread - 1); /* with nobody to join, if both do this */
}

const explore_case slots_cases[] = {
    {{"slots: take and give", setup_pool, THREADS, run_script, check_pool, 0}, 2 * SCRIPTS, 3, 5, 0, 20000},
    {{"slots: handles", setup_handles, 3, handles, 0, 0}, 2 * GENERATIONS, 2, 3, 0, 20000},
    {{0}, 0, 0, 0, 0, 0},
};
