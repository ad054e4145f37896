/* The pool, and the handles of what is in it. Threads take and give slots by scripts: what they saw must be what a set of slots
 * would have shown them. And a handle or an item that outlived its task is refused, whatever its slot serves by now. */
#include "cases.h"
#include "done.h"
#include "history.h"
#include "life.h"
#include "pool.h"
#include "post.h"
#include "sched.h"

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
    pool_init(&pool);
    if (explore_variant >= (int)SCRIPTS) pool.free.word |= (uint64_t)UINT32_MAX << 32; /* the tag wraps */
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
    return history_end(pool_take(&pool, how == TAKE_SPARING));
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
            pool_give(&pool, held[first++]);
            history_end(0);
        }
    }
}

static void check_pool(void)
{
    EXPLORE_CHECK(pool_free(&pool) <= SLOTS);
    for (uint32_t left = pool_free(&pool); take(TAKE) != SLOT_NONE;) EXPLORE_CHECK(pool_free(&pool) == --left);
    EXPLORE_CHECK(!pool_free(&pool) && history_linear((1 << SLOTS) - 1, set_of_slots));
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
    EXPLORE_CHECK(layout_bytes(&options) <= sizeof region);
    rt = layout_init(region, &options, kernels, 1);
    atom64_init(&rt->slots->life, life_of(generations[(size_t)explore_variant % GENERATIONS]));
    first_handle = 0;
}

static bool posted(void) { return first_handle; }

/* Worker w is engaged in the handle's task, or so it was told. */
static void engaged(uint32_t w, uint64_t handle)
{
    EXPLORE_CHECK(life_generation(atom64_load(&rt->slots->life)) == handle_generation(handle));
    EXPLORE_CHECK(post_release(rt, handle) == FILCH_BAD_ARGUMENT);
    if (life_leave(rt->slots, w)) sched_settle(rt, &rt->workers[w], rt->slots);
}

static uint64_t with_generation(uint64_t handle) { return life_of(handle_generation(handle)); }

/* Takes the first task, puts it back, and takes whatever is there. */
static void take_twice(uint32_t w)
{
    if (life_take(rt->slots, w, item_of(0, with_generation(first_handle)))) {
        EXPLORE_CHECK(life_generation(atom64_load(&rt->slots->life)) == handle_generation(first_handle));
        EXPLORE_CHECK(life_yield(rt->slots, w));
    }
    uint64_t life = atom64_load(&rt->slots->life);
    if (life_take(rt->slots, w, item_of(0, life))) engaged(w, handle_of(0, life_generation(life)));
}

static void join_twice(uint32_t w)
{
    for (int i = 0; i < 2; i++) {
        if (life_join(rt->slots, w, first_handle)) engaged(w, first_handle);
    }
}

static uint64_t post(void)
{
    filch_status why;
    uint64_t handle = post_loop(rt, &(filch_posting){0, 0, 0, 0, 0, ""}, &why);
    EXPLORE_CHECK(handle != 0);
    return handle;
}

static void settle(uint64_t handle)
{
    for (uint64_t reaped = 0; !reaped;) {
        EXPLORE_CHECK(post_release(rt, handle) == FILCH_BAD_ARGUMENT);
        reaped = post_reap(rt);
        EXPLORE_CHECK(!reaped || reaped == handle);
        if (!reaped && post_arm(rt)) futex_wait(&rt->doorbell, 1);
    }
    EXPLORE_CHECK(!post_reap(rt));
    EXPLORE_CHECK(post_release(rt, handle) == FILCH_OK);
    EXPLORE_CHECK(!post_find(rt, handle) && !post_cancel(rt, handle) && post_release(rt, handle) == FILCH_STALE_HANDLE);
}

static void handles(int thread)
{
    if (thread == 0) {
        EXPLORE_CHECK(!post_find(rt, handle_of(0, generations[(size_t)explore_variant % GENERATIONS])));
        first_handle = post();
        post_cancel(rt, first_handle);
        settle(first_handle);
        uint64_t second_handle = post();
        EXPLORE_CHECK(!post_find(rt, first_handle) && !post_cancel(rt, first_handle));
        EXPLORE_CHECK(post_release(rt, first_handle) == FILCH_STALE_HANDLE);
        post_cancel(rt, second_handle);
        settle(second_handle);
        return;
    }
    explore_await(posted);
    if (thread == 1 && explore_variant < (int)GENERATIONS) take_twice(0);
    else join_twice((uint32_t)thread - 1); /* with nobody to join, if both do this */
}

const explore_case pool_cases[] = {
    {{"pool: take and give", setup_pool, THREADS, run_script, check_pool, 0}, 2 * SCRIPTS, 3, 5, 0, 20000},
    {{"pool: handles", setup_handles, 3, handles, 0, 0}, 2 * GENERATIONS, 2, 3, 0, 20000},
    {{0}, 0, 0, 0, 0, 0},
};
