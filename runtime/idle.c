#include "idle.h"

#define SLEEPING(w) ((uint64_t)1 << (w))
#define SEARCHING(w) ((uint64_t)1 << (32 + (w)))

static uint32_t sleepers(uint64_t idle) { return (uint32_t)idle; }
static uint32_t searchers(uint64_t idle) { return (uint32_t)(idle >> 32); }

static void wake_worker(filch_runtime *rt, uint32_t w)
{
    if (w >= rt->worker_count) return; /* a forged bit */
    atom32_store(&rt->workers[w].parked, 0);
    futex_wake(&rt->workers[w].parked, 1);
}

bool idle_search(filch_runtime *rt, uint32_t w)
{
    uint64_t idle = atom64_load(&rt->idle);
    do {
        if (idle & SEARCHING(w)) return true;
        uint32_t others = (uint32_t)__builtin_popcount(searchers(idle));
        if (others && others >= rt->worker_count / 2) return false;
    } while (!atom64_cas(&rt->idle, &idle, idle | SEARCHING(w)));
    return true;
}

bool idle_found(filch_runtime *rt, uint32_t w)
{
    uint64_t idle = atom64_load(&rt->idle);
    do {
        if (!(idle & SEARCHING(w))) return false;
    } while (!atom64_cas(&rt->idle, &idle, idle & ~SEARCHING(w)));
    return searchers(idle & ~SEARCHING(w)) == 0 && sleepers(idle);
}

void idle_announce(filch_runtime *rt, uint32_t w)
{
    atom32_store(&rt->workers[w].parked, 1);
    uint64_t idle = atom64_load(&rt->idle);
    while (!atom64_cas(&rt->idle, &idle, (idle & ~SEARCHING(w)) | SLEEPING(w))) {}
}

void idle_retract(filch_runtime *rt, uint32_t w)
{
    uint64_t idle = atom64_load(&rt->idle);
    do {
        if (!(idle & SLEEPING(w))) return; /* woken meanwhile: searching already */
    } while (!atom64_cas(&rt->idle, &idle, (idle & ~SLEEPING(w)) | SEARCHING(w)));
}

void idle_sleep(filch_runtime *rt, uint32_t w)
{
    atom32 *parked = &rt->workers[w].parked;
    while (atom64_load(&rt->idle) & SLEEPING(w)) {
        futex_wait(parked, 1);
        if (!(atom64_load(&rt->idle) & SLEEPING(w))) return;
        /* Woken for nothing, by the late store of an earlier wake-up. Set the word again, and only then look at the bit. */
        atom32_store(parked, 1);
    }
}

bool idle_awake(const filch_runtime *rt)
{
    return (uint32_t)__builtin_popcount(sleepers(atom64_load(&rt->idle))) < rt->worker_count;
}

uint32_t idle_count(const filch_runtime *rt)
{
    uint64_t idle = atom64_load(&rt->idle);
    return (uint32_t)__builtin_popcountll(idle);
}

bool idle_wake(filch_runtime *rt, uint32_t parts)
{
    uint32_t woken = 0;
    uint64_t idle = atom64_load(&rt->idle);
    while (sleepers(idle) && (uint32_t)__builtin_popcount(searchers(idle) | woken) < parts) {
        uint32_t w = (uint32_t)__builtin_ctz(sleepers(idle));
        if (!atom64_cas(&rt->idle, &idle, (idle & ~SLEEPING(w)) | SEARCHING(w))) continue;
        wake_worker(rt, w);
        woken |= (uint32_t)1 << w; /* it counts once, whatever it does by now */
        idle = atom64_load(&rt->idle);
    }
    return woken || searchers(idle);
}

void idle_wake_one(filch_runtime *rt, uint32_t w)
{
    uint64_t idle = atom64_load(&rt->idle);
    while (idle & SLEEPING(w)) {
        if (!atom64_cas(&rt->idle, &idle, (idle & ~SLEEPING(w)) | SEARCHING(w))) continue;
        wake_worker(rt, w);
        return;
    }
}

void idle_wake_all(filch_runtime *rt)
{
    uint64_t idle = atom64_load(&rt->idle);
    while (sleepers(idle)) {
        uint32_t w = (uint32_t)__builtin_ctz(sleepers(idle));
        if (atom64_cas(&rt->idle, &idle, (idle & ~SLEEPING(w)) | SEARCHING(w))) wake_worker(rt, w);
    }
}

void idle_bury(filch_runtime *rt, uint32_t w)
{
    uint64_t idle = atom64_load(&rt->idle);
    while (!atom64_cas(&rt->idle, &idle, idle & ~(SLEEPING(w) | SEARCHING(w)))) {}
    /* It may have died between moving a sleeper's bit and waking it; and somebody may have relied on it to search. */
    for (uint32_t other = 0; other < rt->worker_count; other++) {
        if (!(atom64_load(&rt->idle) & SLEEPING(other))) wake_worker(rt, other);
    }
    idle_wake(rt, 1);
}
