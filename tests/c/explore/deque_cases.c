/* The deque by itself. Its owner runs a script of pushes and pops, and thieves steal. A sequential
 * deque of two items must have shown them the same answers. The indices start where they wrap, and
 * where they fall below zero. */
#include "cases.h"
#include "core/deque.h"
#include "core/plan.h"
#include "history.h"

enum { CAPACITY = 2, STEALS = 2, STEPS = 6, SCRIPTS = 1 << STEPS };
/* The low bits of an operation; above them stands the item that a push pushes. */
enum { PUSH, POP, STEAL, SPACE };

static const uint32_t starts[] = {0xfffffffe, 0, 0x7ffffffe};

static filch_deque deque;
static atom32 items[CAPACITY];
static struct {
    _Alignas(CACHE_LINE) unsigned char plan[PLAN_HEADER];
    filch_runtime rt; /* of which only the plan is used */
} memory;
static filch_runtime *const rt = &memory.rt;

static uint32_t script(void) { return (uint32_t)explore_variant % SCRIPTS; }

static void setup(void)
{
    plan_set(&(filch_plan){.runtime = rt, .items = items, .mask = CAPACITY - 1});
    deque_init(&deque, 0, starts[explore_variant / SCRIPTS]);
    history_clear();
}

/* -- the sequential deque: a byte per item, the oldest in the lowest -- */
static int length(uint64_t deque)
{
    int n = 0;
    while (deque >> 8 * n) n++;
    return n;
}

static bool sequential(uint64_t *deque, const operation *o)
{
    uint32_t item = ITEM_NONE;
    int n = length(*deque);
    switch (o->what & 3) {
    case PUSH:
        if (!o->died && o->answer != (n < CAPACITY)) return false;
        if (n < CAPACITY) *deque |= (uint64_t)(o->what >> 2) << 8 * n;
        return true;
    case SPACE: return o->died || o->answer == (n < CAPACITY);
    case POP:
        if (n == 0) break;
        item = (uint32_t)(*deque >> 8 * (n - 1));
        *deque ^= (uint64_t)item << 8 * (n - 1);
        break;
    case STEAL:
        if (o->answer == ITEM_LOST) return true;
        if (n == 0) break;
        item = *deque & 0xff;
        *deque >>= 8;
    }
    return o->died || o->answer == item;
}

/* A steal is answered with ITEM_LOST only if another thread took an item meanwhile, or finished a
 * dead owner's pop. */
static bool is_lost_for_a_reason(int thief, const operation *o)
{
    if (o->what != STEAL || o->answer != ITEM_LOST || explore_died() >= 0) return true;
    for (int t = 0; t < EXPLORE_THREADS; t++) {
        for (uint32_t i = 0; t != thief && i < recorded.count[t]; i++) {
            const operation *other = &recorded.made[t][i];
            bool takes = other->what == POP || other->what == STEAL;
            bool took = takes && other->answer != ITEM_NONE && other->answer != ITEM_LOST;
            if (took && other->begin < o->end && o->begin < other->end) return true;
        }
    }
    return false;
}

/* -- what the threads do -- */
static bool try_push(uint32_t item)
{
    history_begin(PUSH | item << 2);
    return history_end(deque_try_push(rt, &deque, item));
}

static uint32_t pop(void)
{
    history_begin(POP);
    return history_end(deque_pop(rt, &deque));
}

static bool has_space(void)
{
    history_begin(SPACE);
    return history_end(deque_has_room(rt, &deque));
}

static void steal(void)
{
    history_begin(STEAL);
    history_end(deque_steal(rt, &deque));
}

static void steals(void)
{
    for (int i = 0; i < STEALS; i++) steal();
}

static void run_script(void)
{
    for (int i = 0; i < STEPS; i++) {
        if (script() >> i & 1) try_push((uint32_t)i + 1);
        else pop();
    }
}

static void owner_and_thieves(int thread)
{
    if (thread) steals();
    else run_script();
}

/* Space that the owner has seen is there for its next push. */
static void space_and_push(int thread)
{
    if (thread) {
        steals();
        return;
    }
    for (int i = 0; i < STEPS; i++) {
        if (!(script() >> i & 1)) pop();
        else if (has_space()) EXPLORE_CHECK(try_push((uint32_t)i + 1));
    }
}

/* The owner may die at any step. Then another thread becomes the owner, while a thief may be in the
 * middle of a steal. */
static void owner_dies(int thread)
{
    if (thread == 0) {
        run_script();
    } else if (thread == 1) {
        steals();
    } else if (explore_await_death() >= 0) {
        deque_adopt(&deque);
        history_give_up(0);
        try_push(STEPS + 1);
        try_push(STEPS + 2);
        pop();
    }
}

static void check(void)
{
    while (pop() != ITEM_NONE) {}
    EXPLORE_CHECK(history_is_linear(0, sequential));
    for (int t = 1; t < EXPLORE_THREADS; t++) {
        for (uint32_t i = 0; i < recorded.count[t]; i++)
            EXPLORE_CHECK(is_lost_for_a_reason(t, &recorded.made[t][i]));
    }
}

const explore_case deque_cases[] = {
    {.scenario = {.name = "deque: an owner and two thieves",
                  .setup = setup,
                  .threads = 3,
                  .thread = owner_and_thieves,
                  .check = check},
     .variants = 2 * SCRIPTS,
     .preemptions = 3,
     .nightly = 5},
    {.scenario = {.name = "deque: space",
                  .setup = setup,
                  .threads = 2,
                  .thread = space_and_push,
                  .check = check},
     .variants = 3 * SCRIPTS,
     .preemptions = 3,
     .nightly = 5},
    {.scenario = {.name = "deque: its owner dies",
                  .setup = setup,
                  .threads = 3,
                  .thread = owner_dies,
                  .check = check,
                  .mortal = OWNER_MAY_DIE},
     .variants = SCRIPTS,
     .preemptions = 2,
     .nightly = 3,
     .deaths = 1},
    {.scenario = {.name = "weak: deque, an owner and two thieves",
                  .setup = setup,
                  .threads = 3,
                  .thread = owner_and_thieves,
                  .check = check},
     .variants = SCRIPTS,
     .preemptions = 1,
     .nightly = 3,
     .stale = 1},
    {.scenario = {.name = "weak: deque, its owner dies",
                  .setup = setup,
                  .threads = 3,
                  .thread = owner_dies,
                  .check = check,
                  .mortal = OWNER_MAY_DIE},
     .variants = SCRIPTS,
     .preemptions = 1,
     .nightly = 2,
     .deaths = 1,
     .stale = 1},
    {.scenario.name = 0},
};
