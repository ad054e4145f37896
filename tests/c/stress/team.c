/* A runtime with its threads: start, death, stop, and the checks at the end. */
#include "core/deque.h"
#include "stress.h"

team *stress_team;
uint64_t stress_counts[COUNTER_COUNT + 1];

typedef struct seat { /* a thread's place in the team */
    team *t;
    uint32_t w;
} seat;

static void *work(void *argument)
{
    seat *at = argument;
    team *const t = at->t;
    const uint32_t w = at->w;
    free(at);
    stress_name_thread("worker", w);
    sigjmp_buf here;
    escape = &here;
    worker_adopt(t->rt, w);
    switch (sigsetjmp(here, 0)) {
    case EVENT_DIE: /* the host's event that the thread is gone stands as a notification here */
        __atomic_fetch_or(&t->dead, (uint32_t)1 << w, __ATOMIC_SEQ_CST);
        completions_try_notify(t->rt);
        return 0;
    case EVENT_TRAP: worker_trapped(t->rt, w, false);
    }
    worker_run(t->rt, w);
    return 0;
}

static void start_thread(team *t, uint32_t w)
{
    seat *at = malloc(sizeof *at);
    *at = (seat){.t = t, .w = w};
    CHECK(pthread_create(&t->threads[w], 0, work, at) == 0);
    stress_progress(); /* on a busy machine a start takes its time */
}

/* Every counter that may wrap is about to. */
static void wrap_soon(filch_runtime *rt)
{
    for (int priority = 0; priority < PRIORITIES; priority++) {
        filch_deque *d = &rt->injector[priority];
        deque_init(d, d->number, 0xfffffffeu);
        for (uint32_t w = 0; w < plan_worker_count(rt); w++) {
            d = &plan_workers(rt)[w].deques[priority];
            deque_init(d, d->number, 0xfffffffeu);
        }
    }
    for (uint32_t s = 0; s < plan_slot_count(rt); s++)
        atom64_init(&plan_slots(rt)[s].state, state_free(GENERATION_MAX - 1));
    uint64_t free = (uint32_t)atom64_load(&rt->free_slots);
    atom64_init(&rt->free_slots, (uint64_t)0xfffffffe << 32 | free);
}

team *team_start(team_options options)
{
    filch_options o = {
        .workers = options.workers, .slots = options.slots, .members = options.members};
    uint64_t bytes = region_bytes(&o);
    team *t = calloc(1, sizeof *t);
    void *region = aligned_alloc(CACHE_LINE, bytes); /* of the exact size: ASan guards its end */
    CHECK(t && region);
    memset(region, 0xa5, bytes);
    t->rt = region_init(region, &o, stress_kernels, KERNEL_COUNT);
    CHECK((void *)plan_at(t->rt) == region);
    if (options.wrap) wrap_soon(t->rt);
    stress_team = t;
    for (uint32_t w = 0; w < options.workers; w++) start_thread(t, w);
    return t;
}

void team_recover(team *t)
{
    uint32_t dead = __atomic_exchange_n(&t->dead, 0, __ATOMIC_SEQ_CST);
    for (; dead; dead &= dead - 1) {
        uint32_t w = (uint32_t)__builtin_ctz(dead);
        CHECK(pthread_join(t->threads[w], 0) == 0);
        recover_worker(t->rt, w);
        t->deaths++;
        start_thread(t, w);
    }
}

void team_wait(team *t)
{
    atom32 *doorbell = &t->rt->doorbell;
    if (!reap_try_arm(t->rt)) return;
    while (!__atomic_load_n(&t->dead, __ATOMIC_SEQ_CST) && atom32_load(doorbell))
        futex_wait(doorbell, 1);
    atom32_store(doorbell, 0);
}

void team_stop(team *t)
{
    control_stop(t->rt);
    filch_status why;
    uint64_t none = submit_task(t->rt, &(filch_submission){.kernel = KERNEL_MARK}, &why);
    CHECK(!none && why == FILCH_STOPPED);
    for (uint32_t w = 0; w < plan_worker_count(t->rt); w++) {
        CHECK(pthread_join(t->threads[w], 0) == 0);
        stress_progress();
    }
    /* A worker may have died on its way out. Its thread has been joined: the owner recovers the
     * worker, and a new thread drops the items that it left. */
    uint32_t dead = __atomic_exchange_n(&t->dead, 0, __ATOMIC_SEQ_CST);
    for (uint32_t rest = dead; rest; rest &= rest - 1) {
        uint32_t w = (uint32_t)__builtin_ctz(rest);
        recover_worker(t->rt, w);
        t->deaths++;
        start_thread(t, w);
    }
    for (; dead; dead &= dead - 1) CHECK(pthread_join(t->threads[__builtin_ctz(dead)], 0) == 0);
    CHECK(!t->dead);
}

void team_end(team *t)
{
    filch_runtime *rt = t->rt;
    for (uint32_t s = 0; s < plan_slot_count(rt); s++) {
        CHECK(!(atom64_load(&plan_slots(rt)[s].state) & STATE_IN_USE), "slot %u is still in use",
              s);
        for (uint32_t holder = 0; holder <= plan_worker_count(rt); holder++) {
            uint32_t left = range_length(range_unpack(atom64_load(range_at(rt, holder, s))));
            CHECK(!left, "holder %u has %u iterations of slot %u", holder, left, s);
        }
        CHECK(slots_take(rt, 0) < plan_slot_count(rt), "only %u of %u slots came back", s,
              plan_slot_count(rt));
    }
    CHECK(slots_take(rt, 0) == SLOT_NONE);
    for (uint32_t w = 0; w < plan_worker_count(rt); w++) {
        const filch_worker *worker = &plan_workers(rt)[w];
        CHECK(!worker->slot && !atom64_load(&worker->shared.loop), "worker %u still has a task", w);
        for (int i = 0; i < COUNTER_COUNT; i++) {
            stress_counts[i] += atom64_load(&worker->trace.counters[i]);
        }
    }
    stress_counts[COUNTER_COUNT] += t->deaths;
    CHECK(!reap_next(rt), "a task completed twice");
    stress_team = 0;
    free(plan_at(rt));
    free(t);
}
