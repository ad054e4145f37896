#include "sched/sleep.h"

#define SLEEPING(w) ((uint64_t)1 << (w))
#define SEARCHING(w) ((uint64_t)1 << (32 + (w)))

static uint32_t sleepers(uint64_t idle) { return (uint32_t)idle; }
static uint32_t searchers(uint64_t idle) { return (uint32_t)(idle >> 32); }

/* Workers that search, but for those that are outside: they look for nothing until they come back.
 * `idle` was read before, so a worker that another thread has unparked and that leaves after this
 * load sees in sleep_try_leave() that it is unparked. */
static uint32_t searchers_inside(const filch_runtime *rt, uint64_t idle)
{
    return searchers(idle) ? searchers(idle) & ~atom32_load(&rt->outside) : 0;
}

static void unpark(filch_runtime *rt, uint32_t w)
{
    if (FILCH_CORRUPT_IF(w >= plan_worker_count(rt))) return;
    atom32_store(&plan_workers(rt)[w].parked, 0);
    /* all: a thread that w was before may still count as a waiter in the engine */
    futex_wake(&plan_workers(rt)[w].parked, UINT32_MAX);
}

bool sleep_try_search(filch_runtime *rt, uint32_t w)
{
    uint64_t idle = atom64_load(&rt->sleep);
    do {
        if (idle & SEARCHING(w)) return true;
        uint32_t others = (uint32_t)__builtin_popcount(searchers_inside(rt, idle));
        if (others && others >= plan_worker_count(rt) / 2) return false;
    } while (!atom64_cas(&rt->sleep, &idle, idle | SEARCHING(w)));
    return true;
}

bool sleep_end_search_is_last(filch_runtime *rt, uint32_t w)
{
    uint64_t idle = atom64_load(&rt->sleep);
    do {
        if (!(idle & SEARCHING(w))) return false;
    } while (!atom64_cas(&rt->sleep, &idle, idle & ~SEARCHING(w)));
    return sleepers(idle) && searchers_inside(rt, idle & ~SEARCHING(w)) == 0;
}

void sleep_prepare_park(filch_runtime *rt, uint32_t w)
{
    atom32_store(&plan_workers(rt)[w].parked, 1);
    uint64_t idle = atom64_load(&rt->sleep);
    while (!atom64_cas(&rt->sleep, &idle, (idle & ~SEARCHING(w)) | SLEEPING(w))) {}
}

void sleep_cancel_park(filch_runtime *rt, uint32_t w)
{
    uint64_t idle = atom64_load(&rt->sleep);
    do {
        if (!(idle & SLEEPING(w))) return; /* another thread has unparked w, which searches */
    } while (!atom64_cas(&rt->sleep, &idle, (idle & ~SLEEPING(w)) | SEARCHING(w)));
}

static bool is_unparked(filch_runtime *rt, uint32_t w)
{
    /* A late store of an earlier wake-up may have woken w for nothing. w sets the word again, and
     * only then reads its bit. */
    atom32_store(&plan_workers(rt)[w].parked, 1);
    return !(atom64_load(&rt->sleep) & SLEEPING(w));
}

void sleep_park(filch_runtime *rt, uint32_t w)
{
    while (!is_unparked(rt, w)) futex_wait(&plan_workers(rt)[w].parked, 1);
}

bool sleep_try_leave(filch_runtime *rt, uint32_t w)
{
    atom32_or(&rt->outside, (uint32_t)1 << w);
    return !sleep_try_come_back(rt, w);
}

bool sleep_try_come_back(filch_runtime *rt, uint32_t w)
{
    if (!is_unparked(rt, w)) return false;
    atom32_and(&rt->outside, ~((uint32_t)1 << w)); /* first: w searches from here on */
    return true;
}

bool sleep_is_any_awake(const filch_runtime *rt)
{
    return (uint32_t)__builtin_popcount(sleepers(atom64_load(&rt->sleep))) < plan_worker_count(rt);
}

uint32_t sleep_idle_count(const filch_runtime *rt)
{
    uint64_t idle = atom64_load(&rt->sleep);
    return (uint32_t)__builtin_popcountll(idle);
}

bool sleep_try_unpark(filch_runtime *rt, uint32_t parts)
{
    uint32_t woken = 0;
    uint64_t idle = atom64_load(&rt->sleep);
    while (sleepers(idle) &&
           (uint32_t)__builtin_popcount(searchers_inside(rt, idle) | woken) < parts) {
        uint32_t w = (uint32_t)__builtin_ctz(sleepers(idle));
        if (!atom64_cas(&rt->sleep, &idle, (idle & ~SLEEPING(w)) | SEARCHING(w))) continue;
        unpark(rt, w);
        woken |= (uint32_t)1 << w; /* w counts once, whatever it does by now */
        idle = atom64_load(&rt->sleep);
    }
    return woken || searchers_inside(rt, idle);
}

void sleep_unpark_worker(filch_runtime *rt, uint32_t w)
{
    uint64_t idle = atom64_load(&rt->sleep);
    while (idle & SLEEPING(w)) {
        if (!atom64_cas(&rt->sleep, &idle, (idle & ~SLEEPING(w)) | SEARCHING(w))) continue;
        unpark(rt, w);
        return;
    }
}

void sleep_unpark_all(filch_runtime *rt)
{
    uint64_t idle = atom64_load(&rt->sleep);
    while (sleepers(idle)) {
        uint32_t w = (uint32_t)__builtin_ctz(sleepers(idle));
        if (atom64_cas(&rt->sleep, &idle, (idle & ~SLEEPING(w)) | SEARCHING(w))) unpark(rt, w);
    }
}

void sleep_recover(filch_runtime *rt, uint32_t w)
{
    uint64_t idle = atom64_load(&rt->sleep);
    while (!atom64_cas(&rt->sleep, &idle, idle & ~(SLEEPING(w) | SEARCHING(w)))) {}
    atom32_and(&rt->outside, ~((uint32_t)1 << w));
    /* w may have died between moving a sleeper's bit and waking that sleeper. And a producer may
     * have relied on w to search. */
    for (uint32_t other = 0; other < plan_worker_count(rt); other++) {
        if (!(atom64_load(&rt->sleep) & SLEEPING(other))) unpark(rt, other);
    }
    sleep_try_unpark(rt, 1);
}
