/* Failures: one ends the program, with the seed and the state of all words. The watchdog makes one of a hang. */
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

const char *stress_case = "start";
int stress_number = 1;
uint64_t stress_seed;
static uint64_t progress; /* atomic */
static uint32_t failing;  /* atomic: the first one prints */

static void dump_deque(const char *name, uint32_t priority, const filch_deque *d)
{
    uint32_t top = atom32_load(&d->top), bottom = atom32_load(&d->bottom);
    if (top == bottom) return;
    printf("#   %s %u: top %u bottom %u:", name, priority, top, bottom);
    for (uint32_t i = top; (int32_t)(bottom - i) > 0 && i - top < 16; i++) printf(" %08x", racy32_load(&d->items[i & d->mask]));
    printf("\n");
}

/* The words may change while they are read, unless everybody hangs. */
static void dump(const filch_runtime *rt)
{
    printf("# stopped %u idle %016llx free %016llx done %u doorbell %u room %u reaped %u offer_next %u\n", atom32_load(&rt->is_stopped),
           (unsigned long long)atom64_load(&rt->sleep), (unsigned long long)atom64_load(&rt->free_slots), atom32_load(&rt->completions),
           atom32_load(&rt->doorbell), atom32_load(&rt->injector_space), rt->owner.reap_next, rt->owner.inject_next);
    for (uint32_t priority = 0; priority < PRIORITIES; priority++) dump_deque("injector", priority, &rt->injector[priority]);
    for (uint32_t i = 0; i < rt->worker_count; i++) {
        const filch_worker *w = &rt->workers[i];
        printf("# worker %u: current %llx attention %u parked %u slot %d chunk [%llu, %llu) priority %u tree %llx\n", i, (unsigned long long)atom64_load(&w->shared.loop),
               atom32_load(&w->shared.preempt_request), atom32_load(&w->parked), w->slot ? (int)(w->slot - rt->slots) : -1,
               (unsigned long long)w->chunk_begin, (unsigned long long)w->chunk_end, atom32_load(&w->shared.priority),
               (unsigned long long)atom64_load(&w->shared.tree));
        for (uint32_t priority = 0; priority < PRIORITIES; priority++) dump_deque("deque", priority, &w->deques[priority]);
    }
    for (uint32_t s = 0; s < rt->slot_count; s++) {
        const filch_slot *slot = &rt->slots[s];
        if (!(atom64_load(&slot->state) & STATE_IN_USE)) continue;
        printf("# slot %u: state %016llx status %x done %llu of %llu base %llu kind %u kernel %u grain %u priority %u paused %u listed %u link %u"
               " root %u members %x join %x awaited %u child %u step %u waits %u edges %x dependents %x frames:", s,
               (unsigned long long)atom64_load(&slot->state), atom32_load(&slot->status), (unsigned long long)atom64_load(&slot->done),
               (unsigned long long)slot->loop.total, (unsigned long long)slot->loop.base, slot->kind, slot->kernel, slot->loop.grain,
               atom32_load(&slot->priority), atom32_load(&slot->is_paused), slot->stage, atom32_load(&rt->links[s]), atom32_load(&slot->tree.root),
               atom32_load(&slot->tree.members), atom32_load(&slot->tree.join), slot->tree.awaited, slot->tree.child, slot->tree.step, atom32_load(&slot->deps.pending),
               atom32_load(&slot->deps.linked), atom32_load(&slot->deps.dependents));
        for (uint32_t row = 0; row <= rt->worker_count; row++) {
            range r = range_unpack(atom64_load(range_at(rt, row, s)));
            if (range_length(r)) printf(" %u:[%u,%u)", row, r.next, r.end);
        }
        printf("\n");
    }
}

void stress_fail(const char *file, int line, const char *condition, const char *format, ...)
{
    if (__atomic_exchange_n(&failing, 1, __ATOMIC_SEQ_CST)) {
        for (;;) pause(); /* the first failure is printing, and ends us all */
    }
    printf("not ok %d - %s\n# %s:%d: %s\n# ", stress_number, stress_case, file, line, condition);
    va_list list;
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    printf("\n# the seed of this round: %llu\n", (unsigned long long)stress_seed);
    if (stress_crew) dump(stress_crew->rt);
    printf("1..%d\n", stress_number);
    fflush(stdout);
    _exit(1);
}

void filch_invariant_failed(const char *condition, const char *file, int line)
{
    stress_fail(file, line, condition, "an invariant does not hold");
}

void stress_progress(void) { __atomic_fetch_add(&progress, 1, __ATOMIC_RELAXED); }

static void *watch(void *argument)
{
    int limit = (int)(intptr_t)argument, still = 0;
    for (uint64_t seen = 0;;) {
        sleep(1);
        uint64_t now = __atomic_load_n(&progress, __ATOMIC_RELAXED);
        still = now == seen ? still + 1 : 0;
        seen = now;
        CHECK(still < limit, "no progress for %d s: it hangs", limit);
    }
    return 0;
}

void stress_watch(int seconds)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, 0, watch, (void *)(intptr_t)seconds) == 0);
    pthread_detach(thread);
}

uint64_t random64(void) /* Steele, Lea and Flood, SplitMix, 2014 */
{
    static uint64_t state, of;
    if (of != stress_seed) state = of = stress_seed; /* a new round */
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
