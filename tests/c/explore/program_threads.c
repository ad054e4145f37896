#include "program_threads.h"
#include "program_urgent.h"

#include <setjmp.h>
#include <string.h>

#include "owner/recover.h"
#include "program_kernels.h"
#include "scene.h"
#include "sched/worker.h"

enum { NO_WORKER = PROGRAM_WORKERS };
typedef enum where { WORKS, AWAY, UNUSED, HOME } where;

static struct thread_state {
    where where;
    uint32_t worker;
    bool may_go; /* the owner lets it go on */
    bool is_new; /* it becomes its worker anew */
    jmp_buf trap;
} threads[EXPLORE_THREADS];

int threads_count(const program *p)
{
    int all = 1 + p->workers + (int)program_count_of(p, PROGRAM_DIE);
    return all < EXPLORE_THREADS ? all : EXPLORE_THREADS;
}

void threads_begin(const program *p)
{
    for (uint32_t t = 1; t < EXPLORE_THREADS; t++) {
        bool is_unused = t > p->workers;
        threads[t].where = is_unused ? UNUSED : WORKS;
        threads[t].worker = is_unused ? NO_WORKER : t - 1;
        threads[t].may_go = threads[t].is_new = false;
        if (!is_unused) oracle.workers[t - 1].is_present = true;
    }
    oracle.threads = threads_count(p);
}

static bool may_go(int t) { return threads[t].may_go || scene->is_stopped.word; }
static bool may_go_1(void) { return may_go(1); }
static bool may_go_2(void) { return may_go(2); }
static bool may_go_3(void) { return may_go(3); }
static bool may_go_4(void) { return may_go(4); }
static bool may_go_5(void) { return may_go(5); }
static bool (*const may_goes[])(void) = {0, may_go_1, may_go_2, may_go_3, may_go_4, may_go_5};

/* Until the owner lets the thread go on, or the runtime has stopped. */
static void stay(int t, where where)
{
    threads[t].where = where;
    urgent_shifts();
    explore_await(may_goes[t]);
    threads[t].may_go = false;
    if (threads[t].worker == NO_WORKER) return;
    threads[t].where = WORKS;
    oracle.workers[threads[t].worker].is_present = true;
    oracle_tell("goes on as worker %u", threads[t].worker);
}

_Noreturn void program_trap(uint32_t worker)
{
    oracle.workers[worker].task = -1;
    longjmp(threads[explore_self()].trap, 1);
}

static void work(int t)
{
    struct thread_state *self = &threads[t];
    worker_adopt(scene, self->worker);
    if (setjmp(self->trap)) worker_trapped(scene, self->worker);
    for (;;) {
        bool by_owner = worker_run(scene, self->worker) == WORKER_HOME;
        oracle_worker *worker = &oracle.workers[self->worker];
        if (!by_owner) continue;
        bool was_recalled = worker->is_recalled;
        worker->is_recalled = worker->is_bounded = false;
        if (scene->is_stopped.word) {
            /* It may have come home for the recall, and not have looked for what is left. */
            if (was_recalled) continue;
            return;
        }
        EXPLORE_CHECK(was_recalled);
        worker->is_present = false;
        oracle_tell("worker %u is away", self->worker);
        stay(t, AWAY);
        if (self->is_new) worker_adopt(scene, self->worker);
        self->is_new = false;
    }
}

void threads_run(int t)
{
    if (threads[t].where == UNUSED) stay(t, UNUSED);
    if (threads[t].worker != NO_WORKER) work(t);
    threads[t].where = HOME;
}

bool threads_are_parked(void)
{
    for (int t = 1; t < oracle.threads; t++) {
        if (explore_is_dead(t) || threads[t].where == HOME) continue;
        bool stands = threads[t].where == WORKS ? explore_waits(t) : !may_go(t);
        if (!stands) return false;
    }
    return true;
}

static int thread_of(uint32_t w)
{
    for (int t = 1; t < oracle.threads; t++) {
        if (threads[t].worker == w) return t;
    }
    return 0;
}

static bool is_lost(int t) { return explore_is_dead(t) && threads[t].worker != NO_WORKER; }

bool threads_have_lost(void)
{
    for (int t = 1; t < oracle.threads; t++) {
        if (is_lost(t)) return true;
    }
    return false;
}

void threads_recall(uint32_t w)
{
    int t = thread_of(w);
    bool works = t && !explore_is_dead(t) && threads[t].where == WORKS;
    if (!works || oracle.workers[w].is_recalled) return;
    oracle_tell("recalls worker %u", w);
    urgent_shifts();
    oracle.workers[w].is_recalled = true;
    worker_recall(scene, w);
    urgent_shifts();
    oracle.workers[w].since = 0;
    oracle.workers[w].is_bounded = oracle.workers[w].is_recalled;
}

bool threads_is_leaving(uint32_t w)
{
    int t = thread_of(w);
    return t && !explore_is_dead(t) && oracle.workers[w].is_recalled;
}

void threads_back(uint32_t w)
{
    int t = thread_of(w);
    if (t && threads[t].where == AWAY && !explore_is_dead(t)) threads[t].may_go = true;
}

void threads_recover(uint32_t w)
{
    int t = thread_of(w);
    if (!t || !is_lost(t)) return;
    oracle_tell("recovers worker %u", w);
    threads[t].worker = NO_WORKER;
    oracle.workers[w] = (oracle_worker){.task = -1};
    recover_worker(scene, w);
    oracle.recovered++;
    urgent_shifts();
}

static void replace_dead(uint32_t w)
{
    for (int t = 1; t < oracle.threads && !thread_of(w); t++) {
        bool is_free = threads[t].where == UNUSED && threads[t].worker == NO_WORKER;
        if (!is_free || explore_is_dead(t)) continue;
        threads[t].worker = w;
        threads[t].may_go = true;
    }
}

void threads_replace(uint32_t w)
{
    int t = thread_of(w);
    if (t && is_lost(t)) threads_recover(w);
    else if (t && (threads[t].where != AWAY || may_go(t))) return;
    if (t && thread_of(w)) { /* the thread that is away ends, and the new one is the same to us */
        recover_worker(scene, w);
        threads[t].is_new = true;
        threads[t].may_go = true;
        return;
    }
    replace_dead(w);
}

void threads_kill(uint32_t w, uint32_t points)
{
    int t = thread_of(w);
    if (t && threads[t].where == WORKS) explore_kill(t, points);
}

void threads_mend(void)
{
    for (uint32_t w = 0; w < oracle.program->workers; w++) {
        int t = thread_of(w);
        if (!t || is_lost(t)) threads_replace(w);
    }
}
