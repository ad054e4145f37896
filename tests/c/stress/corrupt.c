/* Corrupt words: while the workers run and the owner calls all that it may, scribblers write random
 * numbers over words of the region, as a page's script could: one between the owner's calls, over
 * words that matter; one at any moment, over any word.
 *
 * Tasks may end in any way, or not at all. But no access leaves the region and the accumulators
 * (ASan's build sees), no call of the owner waits, and each worker returns at the stop.
 *
 * The scribblers leave alone what runtime/platform/check.h trusts: addresses, numbers that count in
 * the host's memory, arguments and frames, and how the region is laid out. */
#include <unistd.h>

#include "scribbler.h"
#include "core/deque.h"
#include "stress.h"

enum { SLOTS = 12, MEMBERS = 20, ALL = SLOTS + MEMBERS, LONGEST = 3000, TREE = 9 };
enum { LOOP, IN_ORDER, SUM, FORKS, KERNELS };

bool stress_corrupts;
static team corrupt_team;
static uint32_t ended; /* atomic: the workers' threads are to end */
static uint32_t back;  /* atomic: threads that have ended */

/* -- kernels: none has an address in its arguments -- */
static uint8_t marks[LONGEST];
static int32_t mark(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)args;
    CHECK(begin < end, "a chunk [%llu, %llu)", (unsigned long long)begin, (unsigned long long)end);
    if (end > LONGEST) return EVENT_CODE; /* as a kernel looks at the length of its array */
    for (uint64_t i = begin; i < end; i++) __atomic_fetch_add(&marks[i], 1, __ATOMIC_RELAXED);
    if (task->total) *(uint64_t *)task->total += end - begin;
    return FILCH_OK;
}
static void identity(void *total) { *(uint64_t *)total = 0; }
static void combine(void *into, const void *from) { *(uint64_t *)into += *(const uint64_t *)from; }

#define WALK_ARGS(F) F(value, u32, n)
FILCH_KERNEL(parallel, walk, WALK_ARGS) { return mark(task, args, begin, end); }

FILCH_FORK(grow, uint64_t, (uint32_t n;), (uint64_t a, b;))
{
    FILCH_BEGIN;
    if (f->n < 2 || f->n > TREE) FILCH_RETURN(f->n);
    if (f->n == 4) FILCH_LOOP(walk, 0, 5, 0);
    if (f->n == 5) filch_post_loop(task, &filch_kernel_walk, 0, 7, &(walk_args){0});
    FILCH_SPAWN(grow, f->n - 1);
    FILCH_CALL(f->b, grow, f->n - 2);
    FILCH_JOIN(f->a, grow);
    FILCH_RETURN(f->a + f->b);
    FILCH_END;
}
#undef filch_fields_of
#define filch_fields_of filch_fields_of_plant
#define PLANT_ARGS(F) F(value, u32, n) F(state, u64, got)
FILCH_FORK_KERNEL(plant, PLANT_ARGS)
{
    FILCH_BEGIN;
    FILCH_SPAWN(grow, f->n);
    FILCH_CALL(f->got, grow, f->n - 1);
    FILCH_JOIN(f->got, grow);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

static const filch_kernel in_order = {
    .name = "in order", .chunk = mark, .args_bytes = sizeof(walk_args), .kind = FILCH_SEQUENTIAL};
static const filch_kernel sum = {.name = "sum",
                                 .chunk = mark,
                                 .args_bytes = sizeof(walk_args),
                                 .kind = FILCH_PARALLEL,
                                 .total_bytes = sizeof(uint64_t),
                                 .identity = identity,
                                 .combine = combine};
static const filch_kernel *const kernels[KERNELS] = {[LOOP] = &filch_kernel_walk,
                                                     [IN_ORDER] = &in_order,
                                                     [SUM] = &sum,
                                                     [FORKS] = &filch_kernel_plant};

/* As many as the longest range of a sane loop can have. A corrupt word may send a task to those of
 * its slot's former task. */
enum { PARTS = 1024 };
static uint64_t totals[ALL][PARTS];

/* -- the scribbler: the owner's thread, between its calls -- */
static uint64_t number(void)
{
    static const uint64_t some[] = {0,        1,          2,         3,         5,       8,
                                    0x7fff,   0xffff,     0x10000,   0x10001,   0x20000, 0x7fffffff,
                                    1u << 31, UINT32_MAX, RANGE_MAX, UINT64_MAX};
    uint64_t n = some[random_below(sizeof some / sizeof *some)];
    if (chance(20)) n = random64() >> random_below(64);
    if (chance(30)) n = random_below(ALL + 3);
    if (chance(20)) n |= random64() << 32;
    return chance(5) ? n << random_below(64) : n;
}

static void write64(uint64_t *word) { __atomic_store_n(word, number(), __ATOMIC_SEQ_CST); }
static void write32(uint32_t *word)
{
    __atomic_store_n(word, (uint32_t)number(), __ATOMIC_SEQ_CST);
}
#define ONE_OF_64(...) write_one64((uint64_t *[]){__VA_ARGS__}, \
                                   sizeof(uint64_t *[]){__VA_ARGS__} / sizeof(uint64_t *))
#define ONE_OF_32(...) write_one32((uint32_t *[]){__VA_ARGS__}, \
                                   sizeof(uint32_t *[]){__VA_ARGS__} / sizeof(uint32_t *))
static void write_one64(uint64_t *const *words, size_t n)
{
    write64(words[random_below((uint32_t)n)]);
}
static void write_one32(uint32_t *const *words, size_t n)
{
    write32(words[random_below((uint32_t)n)]);
}

static void scribble_slot(filch_slot *s)
{
    uint32_t at = random_below(20);
    if (at == 0) __atomic_store_n(&s->kind, (uint8_t)random_below(4), __ATOMIC_RELAXED);
    else if (at == 1)
        __atomic_store_n(&s->kernel, (uint16_t)random_below(KERNELS + 1), __ATOMIC_RELAXED);
    else if (at == 2) __atomic_store_n(&s->stage, (uint8_t)random_below(4), __ATOMIC_RELAXED);
    else if (at < 8)
        ONE_OF_64(&s->state.word, &s->done.word, &s->loop.begin, &s->loop.total, &s->loop.base,
                  &s->loop.block_end, &s->loop.piece_end, &s->failed_begin, &s->failed_end,
                  &s->began_ns.word, &s->ended_ns.word, &s->tree.result);
    else if (at == 8) /* a state of this generation */
        __atomic_store_n(&s->state.word,
                         state_free(state_generation(atom64_load(&s->state))) |
                             (random64() & (STATE_IN_USE | STATE_QUEUED)),
                         __ATOMIC_SEQ_CST);
    else
        ONE_OF_32(&s->status.word, &s->helpers.word, &s->priority.word, &s->is_paused.word,
                  &s->loop.grain, &s->loop.leaf.word, &s->tree.root.word, &s->tree.members.word,
                  &s->tree.join.word, &s->tree.is_private.word, &s->tree.awaited, &s->tree.child,
                  &s->tree.sibling, &s->tree.step, &s->deps.pending.word, &s->deps.linked.word,
                  &s->deps.dependents.word);
}

static void scribble_deque(filch_runtime *rt, filch_deque *d)
{
    if (chance(50)) write32(&deque_items(rt, d)[random_below(plan_mask(rt) + 1)].word);
    else ONE_OF_32(&d->top.word, &d->bottom.word, &d->seen_top, &d->number);
}

static void scribble_worker(filch_runtime *rt, filch_worker *w)
{
    switch (random_below(6)) {
    case 0: scribble_deque(rt, &w->deques[random_below(PRIORITIES)]); break;
    case 1: ONE_OF_64(&w->shared.loop.word, &w->shared.tree.word); break;
    case 2:
        ONE_OF_32(&w->shared.preempt_request.word, &w->shared.priority.word,
                  &w->shared.recalled.word, &w->parked.word);
        break;
    case 3:
        ONE_OF_32(&w->tree.reserve, &w->tree.reserved, &w->fork.promoted, &w->fork.published,
                  &w->fork.innermost, &w->fork.outermost, &w->fork.awaited, &w->fork.last_left,
                  &w->view.records[random_below(8)].link);
        break;
    case 4:
        ONE_OF_64(&w->chunk_begin, &w->chunk_end, &w->preempt.slice_end, &w->preempt.fair_since,
                  &w->fork.polled_ns, &w->trace.since, &w->trace.counters[COUNT_parks].word);
        break;
    default:
        ONE_OF_32(&w->spin_turns, &w->slot, &w->steal.random, &w->steal.favourite, &w->steal.tick,
                  &w->fork.polls, &w->fork.polls_between, &w->trace.doing,
                  &w->loop.chunk[random_below(KERNELS)]);
    }
}

static void scribble(filch_runtime *rt)
{
    uint32_t slot = random_below(ALL);
    switch (random_below(10)) {
    case 0: write32(&plan_links(rt)[slot].word); break;
    case 1: write32(&plan_edges(rt)[slot * DEPENDENCIES_MAX + random_below(2)].word); break;
    case 2: write64(&range_at(rt, random_below(plan_worker_count(rt) + 1), slot)->word); break;
    case 3: scribble_deque(rt, &rt->injector[random_below(PRIORITIES)]); break;
    case 4:
    case 5: scribble_worker(rt, &plan_workers(rt)[random_below(plan_worker_count(rt))]); break;
    case 6:
        if (chance(50)) ONE_OF_64(&rt->sleep.word, &rt->free_slots.word);
        else
            ONE_OF_32(&rt->completions.word, &rt->doorbell.word, &rt->injector_space.word,
                      &rt->owner.submitted, &rt->owner.reap_next, &rt->owner.inject_next,
                      &rt->owner.lost_trees);
        break;
    default: scribble_slot(&plan_slots(rt)[slot]);
    }
}

/* -- the owner -- */
static void post(filch_runtime *rt, uint64_t *handles)
{
    uint32_t kernel = random_below(KERNELS), length = random_below(LONGEST);
    filch_status why;
    uint64_t handle =
        submit_task(rt,
                    &(filch_submission){
                        .kernel = kernel,
                        .end = kernel == FORKS ? 1 : length,
                        .priority = random_below(PRIORITIES),
                        .grain = random_below(3),
                        .args = &(plant_args){.n = random_below(TREE)},
                        .totals = kernel == SUM ? (void *)totals[random_below(ALL)] : 0,
                        .deterministic = chance(50),
                        .dependencies = handles,
                        .dependency_count = chance(20) ? random_below(3) : 0,
                    },
                    &why);
    if (handle) handles[random_below(4)] = handle;
}

static void call_one(filch_runtime *rt, uint64_t *handles)
{
    double pieces[8];
    uint64_t handle = handles[random_below(4)];
    switch (random_below(10)) {
    case 0: control_try_cancel(rt, handle); break;
    case 1: control_try_pause(rt, handle); break;
    case 2: control_try_resume(rt, handle); break;
    case 3: control_try_set_priority(rt, handle, random_below(PRIORITIES)); break;
    case 4: control_pieces(rt, handle, pieces, 4); break;
    case 5: reap_try_arm(rt); break;
    case 6:
    case 7: reap_release(rt, reap_next(rt)); break;
    default: post(rt, handles);
    }
}

static void *work(void *argument)
{
    uint32_t w = (uint32_t)(uintptr_t)argument;
    worker_adopt(corrupt_team.rt, w);
    while (!__atomic_load_n(&ended, __ATOMIC_SEQ_CST)) worker_run(corrupt_team.rt, w);
    __atomic_fetch_add(&back, 1, __ATOMIC_SEQ_CST);
    return 0;
}

/* No bit of the sleep word may be true any more, so that each worker gets a wake-up. */
static void stop(filch_runtime *rt)
{
    __atomic_store_n(&ended, 1, __ATOMIC_SEQ_CST);
    control_stop(rt);
    while (__atomic_load_n(&back, __ATOMIC_SEQ_CST) < plan_worker_count(rt)) {
        for (uint32_t w = 0; w < plan_worker_count(rt); w++) {
            atom64_and(&rt->sleep, ~((uint64_t)1 << w));
            atom32_store(&plan_workers(rt)[w].parked, 0);
            futex_wake(&plan_workers(rt)[w].parked, 1);
        }
        usleep(100);
    }
    for (uint32_t w = 0; w < plan_worker_count(rt); w++)
        CHECK(!pthread_join(corrupt_team.threads[w], 0));
}

__attribute__((unused)) static void corrupt_words(void)
{
    filch_options o = {.workers = 1 + random_below(stress.workers ? stress.workers : 4),
                       .slots = SLOTS,
                       .members = MEMBERS};
    uint64_t bytes = region_bytes(&o), handles[4] = {0};
    void *region = aligned_alloc(CACHE_LINE, bytes); /* of the exact size: ASan guards its end */
    filch_runtime *rt = corrupt_team.rt = region_init(region, &o, kernels, KERNELS);
    stress_team = &corrupt_team;
    stress_corrupts = true;
    ended = back = 0;
    for (uint32_t w = 0; w < o.workers; w++)
        CHECK(!pthread_create(&corrupt_team.threads[w], 0, work, (void *)(uintptr_t)w));
    uint32_t calls = 20 + random_below(300), each = 1 + random_below(40);
    bool anywhere = chance(80);
    scribbler other;
    if (anywhere) scribbler_begin(&other, rt, bytes - PLAN_HEADER);
    for (uint32_t i = 0; i < calls; i++) {
        call_one(rt, handles);
        if (i >= 10 && !random_below(each)) {
            scribble(rt);
            __atomic_fetch_add(&stress_words, 1, __ATOMIC_RELAXED);
        }
        if (chance(10)) usleep(random_below(200));
        stress_progress();
    }
    if (anywhere) scribbler_end(&other);
    stop(rt);
    stress_progress();
    stress_corrupts = false;
    stress_team = 0;
    free(region);
}

const stress_case_of corrupt_cases[] = {
/* A worker that a corrupt word has sent into another's task is a data race. */
#if !__has_feature(thread_sanitizer)
    {.name = "corrupt words: no worker leaves the region, each comes back",
     .round = corrupt_words,
     .timed = true,
     .writes = true},
#endif
    {.name = 0},
};
