/* A runtime with its threads: start, death, stop, and what must be true at the end. */
#include "core/deque.h"
#include "stress.h"

crew *stress_crew;
uint64_t stress_counts[COUNTER_COUNT + 1];

typedef struct post_of { crew *c; uint32_t w; } post_of; /* a thread's place in the crew */

static void *work(void *argument)
{
    post_of *at = argument;
    crew *const c = at->c;
    const uint32_t w = at->w;
    free(at);
    sigjmp_buf here;
    escape = &here;
    worker_adopt(c->rt, w);
    switch (sigsetjmp(here, 0)) {
    case EVENT_DIE: /* what a host sees of a worker's death: the thread is gone. It hears of it on its own event, here the bell */
        __atomic_fetch_or(&c->dead, (uint32_t)1 << w, __ATOMIC_SEQ_CST);
        completions_try_notify(c->rt);
        return 0;
    case EVENT_TRAP: worker_trapped(c->rt, w);
    }
    worker_run(c->rt, w);
    return 0;
}

static void start_thread(crew *c, uint32_t w)
{
    post_of *at = malloc(sizeof *at);
    *at = (post_of){c, w};
    CHECK(pthread_create(&c->threads[w], 0, work, at) == 0);
}

/* All that counts and may wrap is about to. */
static void near_the_end(filch_runtime *rt)
{
    for (int priority = 0; priority < PRIORITIES; priority++) {
        filch_deque *d = &rt->injector[priority];
        deque_init(d, d->items, d->mask + 1, 0xfffffffeu);
        for (uint32_t w = 0; w < rt->worker_count; w++) {
            d = &rt->workers[w].deques[priority];
            deque_init(d, d->items, d->mask + 1, 0xfffffffeu);
        }
    }
    for (uint32_t s = 0; s < rt->slot_count; s++) atom64_init(&rt->slots[s].state, state_free(GENERATION_MAX - 1));
    atom64_init(&rt->free_slots, (uint64_t)0xfffffffe << 32 | 1);
}

crew *crew_start(crew_options options)
{
    filch_options o = {options.workers, options.slots, 0};
    uint64_t bytes = region_bytes(&o);
    crew *c = calloc(1, sizeof *c);
    void *region = aligned_alloc(CACHE_LINE, bytes); /* of the exact size: ASan guards its end */
    CHECK(c && region);
    memset(region, 0xa5, bytes);
    c->rt = region_init(region, &o, stress_kernels, KERNEL_COUNT);
    CHECK((void *)c->rt == region);
    if (options.wrap) near_the_end(c->rt);
    stress_crew = c;
    for (uint32_t w = 0; w < options.workers; w++) start_thread(c, w);
    return c;
}

void crew_tend(crew *c)
{
    uint32_t dead = __atomic_exchange_n(&c->dead, 0, __ATOMIC_SEQ_CST);
    for (; dead; dead &= dead - 1) {
        uint32_t w = (uint32_t)__builtin_ctz(dead);
        CHECK(pthread_join(c->threads[w], 0) == 0);
        recover_worker(c->rt, w);
        c->deaths++;
        start_thread(c, w);
    }
}

void crew_wait(crew *c)
{
    atom32 *bell = &c->rt->doorbell;
    if (!reap_try_arm(c->rt)) return;
    while (!__atomic_load_n(&c->dead, __ATOMIC_SEQ_CST) && atom32_load(bell)) futex_wait(bell, 1);
    atom32_store(bell, 0);
}

void crew_stop(crew *c)
{
    control_stop(c->rt);
    filch_status why;
    uint64_t none = submit_task(c->rt, &(filch_submission){.kernel = KERNEL_MARK}, &why);
    CHECK(!none && why == FILCH_STOPPED);
    for (uint32_t w = 0; w < c->rt->worker_count; w++) {
        CHECK(pthread_join(c->threads[w], 0) == 0);
        stress_progress();
    }
    /* A worker may have died on its way out: its thread has been joined, so bury it, and let a new one see to what it left. */
    uint32_t dead = __atomic_exchange_n(&c->dead, 0, __ATOMIC_SEQ_CST);
    for (uint32_t rest = dead; rest; rest &= rest - 1) {
        uint32_t w = (uint32_t)__builtin_ctz(rest);
        recover_worker(c->rt, w);
        c->deaths++;
        start_thread(c, w);
    }
    for (; dead; dead &= dead - 1) CHECK(pthread_join(c->threads[__builtin_ctz(dead)], 0) == 0);
    CHECK(!c->dead);
}

void crew_end(crew *c)
{
    filch_runtime *rt = c->rt;
    for (uint32_t s = 0; s < rt->slot_count; s++) {
        CHECK(!(atom64_load(&rt->slots[s].state) & STATE_IN_USE), "slot %u is still in use", s);
        for (uint32_t row = 0; row <= rt->worker_count; row++) {
            CHECK(!range_length(range_unpack(atom64_load(range_at(rt, row, s)))), "iterations are left in row %u of slot %u", row, s);
        }
        CHECK(slots_take(rt, 0) < rt->slot_count, "only %u of %u slots came back", s, rt->slot_count);
    }
    CHECK(slots_take(rt, 0) == SLOT_NONE);
    for (uint32_t w = 0; w < rt->worker_count; w++) {
        CHECK(!rt->workers[w].slot && !atom64_load(&rt->workers[w].shared.loop), "worker %u still has a task", w);
        for (int i = 0; i < COUNTER_COUNT; i++) stress_counts[i] += atom64_load(&rt->workers[w].trace.counters[i]);
    }
    stress_counts[COUNTER_COUNT] += c->deaths;
    CHECK(!reap_next(rt), "something settled twice");
    stress_crew = 0;
    free(rt);
    free(c);
}
