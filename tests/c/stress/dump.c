/* All words of a runtime, as a failure prints them. */
#include "stress.h"
#include "core/deque.h"

typedef unsigned long long ull;

static void dump_deque(const filch_runtime *rt, const char *name, uint32_t priority,
                       const filch_deque *d)
{
    uint32_t top = atom32_load(&d->top), bottom = atom32_load(&d->bottom);
    if (top == bottom) return;
    printf("#   %s %u: top %u bottom %u:", name, priority, top, bottom);
    for (uint32_t i = top; (int32_t)(bottom - i) > 0 && i - top < 16; i++) {
        printf(" %08x", racy32_load(&deque_items(rt, d)[i & plan_mask(rt)]));
    }
    printf("\n");
}

/* Plain words of other threads: the dump wants whatever stands there, and TSan is not to end it. */
__attribute__((no_sanitize("thread"))) static void dump_worker(const filch_runtime *rt,
                                                               uint32_t number)
{
    const filch_worker *w = &plan_workers(rt)[number];
    printf("# worker %u: loop %llx preempt_request %u parked %u recalled %u", number,
           (ull)atom64_load(&w->shared.loop), atom32_load(&w->shared.preempt_request),
           atom32_load(&w->parked), atom32_load(&w->shared.recalled));
    printf(" slot %d chunk [%llu, %llu) priority %u tree %llx\n", (int)w->slot - 1,
           (ull)w->chunk_begin, (ull)w->chunk_end, atom32_load(&w->shared.priority),
           (ull)atom64_load(&w->shared.tree));
    printf("#   reserved %u promoted %u published %u innermost %u outermost %u awaited %u",
           w->tree.reserved, w->fork.promoted, w->fork.published, w->fork.innermost,
           w->fork.outermost, w->fork.awaited);
    printf(" limit %llx unwind %u wake_pending %u tick %u fair %u\n", (ull)w->view.limit,
           w->view.unwind, w->wake_pending, w->steal.tick, w->preempt.is_fair);
    for (uint32_t priority = 0; priority < PRIORITIES; priority++) {
        dump_deque(rt, "deque", priority, &w->deques[priority]);
    }
}

__attribute__((no_sanitize("thread"))) static void dump_slot(const filch_runtime *rt,
                                                             uint32_t number)
{
    const filch_slot *slot = &plan_slots(rt)[number];
    if (!(atom64_load(&slot->state) & STATE_IN_USE)) return;
    printf("# slot %u: state %016llx status %x done %llu of %llu base %llu", number,
           (ull)atom64_load(&slot->state), atom32_load(&slot->status),
           (ull)atom64_load(&slot->done), (ull)slot->loop.total, (ull)slot->loop.base);
    printf(" kind %u kernel %u grain %u priority %u paused %u stage %u link %u", slot->kind,
           slot->kernel, slot->loop.grain, atom32_load(&slot->priority),
           atom32_load(&slot->is_paused), slot->stage, atom32_load(&plan_links(rt)[number]));
    printf(" root %u members %x join %x awaited %u child %u step %u", atom32_load(&slot->tree.root),
           atom32_load(&slot->tree.members), atom32_load(&slot->tree.join), slot->tree.awaited,
           slot->tree.child, slot->tree.step);
    printf(" pending %u linked %x dependents %x ranges:", atom32_load(&slot->deps.pending),
           atom32_load(&slot->deps.linked), atom32_load(&slot->deps.dependents));
    for (uint32_t holder = 0; holder <= plan_worker_count(rt); holder++) {
        range r = range_unpack(atom64_load(range_at(rt, holder, number)));
        if (range_length(r)) printf(" %u:[%u,%u)", holder, r.next, r.end);
    }
    printf("\n");
}

/* The words may change while they are read, unless all threads hang. */
__attribute__((no_sanitize("thread"))) void stress_dump(const team *t)
{
    const filch_runtime *rt = t->rt;
    printf("# %u workers, %u slots, %u of them for submitted tasks; dead %x, deaths %u\n",
           plan_worker_count(rt), plan_slot_count(rt), plan_submit_limit(rt), t->dead, t->deaths);
    printf("# stopped %u sleep %016llx free %016llx completions %u", atom32_load(&rt->is_stopped),
           (ull)atom64_load(&rt->sleep), (ull)atom64_load(&rt->free_slots),
           atom32_load(&rt->completions));
    printf(" doorbell %u injector_space %u reap_next %u inject_next %u lost_trees %u\n",
           atom32_load(&rt->doorbell), atom32_load(&rt->injector_space), rt->owner.reap_next,
           rt->owner.inject_next, rt->owner.lost_trees);
    for (uint32_t priority = 0; priority < PRIORITIES; priority++) {
        dump_deque(rt, "injector", priority, &rt->injector[priority]);
    }
    for (uint32_t w = 0; w < plan_worker_count(rt); w++) dump_worker(rt, w);
    for (uint32_t s = 0; s < plan_slot_count(rt); s++) dump_slot(rt, s);
}
