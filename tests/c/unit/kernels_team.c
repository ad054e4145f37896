/* The real runtime, with POSIX threads. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

#include "kernels_test.h"

#include "core/region.h"
#include "core/slots.h"
#include "core/state.h"
#include "core/tree.h"
#include "owner/control.h"
#include "owner/reap.h"
#include "owner/submit.h"
#include "sched/worker.h"

static const filch_kernel *const kernels[] = {
#define ADDRESS(name) &filch_kernel_##name,
    FILCH_KERNELS(ADDRESS) FILCH_TEST_KERNELS(ADDRESS)};
enum { KERNEL_COUNT = sizeof kernels / sizeof kernels[0] };

typedef struct seat {
    filch_runtime *rt;
    uint32_t worker;
    pthread_t thread;
} seat;
struct team {
    filch_runtime *rt;
    seat seats[WORKERS_MAX];
    struct sigaction before;
    bool is_restless;
    uint64_t last;
};

/* A trap as a host sees it: the worker's stack is gone, its thread is not. */
static __thread sigjmp_buf *escape;

static void trapped(int signal)
{
    if (escape) siglongjmp(*escape, 1);
    (void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    (void)raise(signal);
}

static void *work(void *argument)
{
    const seat *s = argument;
    sigjmp_buf here;
    escape = &here;
    worker_adopt(s->rt, s->worker);
    if (sigsetjmp(here, 1)) worker_trapped(s->rt, s->worker, false);
    worker_run(s->rt, s->worker);
    return NULL;
}

team *team_start(uint32_t workers, uint32_t slots, uint32_t members)
{
    const filch_options options = {.workers = workers, .slots = slots, .members = members};
    const uint64_t bytes = region_bytes(&options);
    team *t = calloc(1, sizeof *t);
    void *region = aligned_alloc(CACHE_LINE, bytes);
    assert_non_null(t), assert_non_null(region);
    memset(region, 0xa5, bytes);
    t->rt = region_init(region, &options, kernels, KERNEL_COUNT);
    /* The signal of __builtin_trap(). */
    (void)sigaction(SIGILL, &(struct sigaction){.sa_handler = trapped}, &t->before);
    for (uint32_t w = 0; w < workers; w++) {
        t->seats[w] = (seat){.rt = t->rt, .worker = w};
        assert_int_equal(pthread_create(&t->seats[w].thread, NULL, work, &t->seats[w]), 0);
    }
    return t;
}

static uint32_t index_of(const filch_kernel *kernel)
{
    uint32_t k = 0;
    while (k < KERNEL_COUNT && kernels[k] != kernel) k++;
    return k;
}

uint64_t team_post(team *t, const call *c, uint64_t begin, uint64_t end)
{
    filch_status why;
    const filch_submission submission = {
        .kernel = index_of(c->kernel), .begin = begin, .end = end, .priority = 1, .args = c->args};
    const uint64_t handle = submit_task(t->rt, &submission, &why);
    assert_int_equal(why, handle ? FILCH_OK : FILCH_POOL_FULL);
    if (handle) t->last = handle;
    return handle;
}

/* Takes the workers off the task posted last, at any point of it, and lets them go on. */
static void disturb(team *t)
{
    control_try_pause(t->rt, t->last);
    if (random_below(2)) (void)usleep((useconds_t)random_below(30));
    control_try_resume(t->rt, t->last);
    (void)usleep((useconds_t)random_below(60));
}

uint32_t team_reap(team *t, uint64_t *handle, call *c)
{
    while (!(*handle = reap_next(t->rt))) {
        if (t->is_restless) {
            disturb(t);
            continue;
        }
        atom32 *doorbell = &t->rt->doorbell;
        if (!reap_try_arm(t->rt)) continue;
        while (atom32_load(doorbell)) futex_wait(doorbell, 1);
    }
    const filch_slot *slot = state_find(t->rt, *handle);
    assert_non_null(slot);
    const uint32_t status = atom32_load(&slot->status);
    c->kernel = kernels[slot->kernel];
    memcpy(c->args, slot->args, sizeof c->args);
    assert_int_equal(reap_release(t->rt, *handle), FILCH_OK);
    return status;
}

uint32_t team_run(team *t, call *c, uint64_t begin, uint64_t end)
{
    uint64_t reaped;
    const uint64_t posted = team_post(t, c, begin, end);
    assert_int_not_equal(posted, 0);
    const uint32_t status = team_reap(t, &reaped, c);
    assert_int_equal(reaped, posted);
    return status;
}

void team_end(team *t)
{
    filch_runtime *rt = t->rt;
    control_stop(rt);
    for (uint32_t w = 0; w < plan_worker_count(rt); w++)
        assert_int_equal(pthread_join(t->seats[w].thread, NULL), 0);
    for (uint32_t s = 0; s < plan_slot_count(rt); s++) {
        assert_false(atom64_load(&plan_slots(rt)[s].state) & STATE_IN_USE);
        assert_int_not_equal(slots_take(rt, 0), SLOT_NONE);
    }
    (void)sigaction(SIGILL, &t->before, NULL);
    free(plan_at(rt)), free(t);
}

void with_teams(void (*check)(team *t))
{
    static const struct {
        uint32_t workers, slots, members;
    } sizes[] = {
        {.workers = 1, .slots = 16}, {.workers = 1, .slots = 256},
        {.workers = 2, .slots = 16}, {.workers = 2, .slots = 256},
        {.workers = 3, .slots = 16}, {.workers = 3, .slots = 6, .members = 250},
        {.workers = 8, .slots = 16}, {.workers = 8, .slots = 256},
    };
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
        team *t = team_start(sizes[i / 2].workers, sizes[i / 2].slots, sizes[i / 2].members);
        t->is_restless = i % 2;
        check(t);
        team_end(t);
    }
}
