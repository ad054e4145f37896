#include "core/reduce.h"
#include "mix.h"

static uint32_t random_length(const profile *p)
{
    switch (random_below(8)) {
    case 0: return random_below(3);
    case 1: return random_below(p->longest) + 1;
    default: return random_below(random_below(p->longest) / 16 + 2);
    }
}

static uint32_t random_event(const profile *p)
{
    uint32_t at = random_below(100);
    if (at < p->fail) return EVENT_FAIL;
    if (at < p->fail + p->trap) return EVENT_TRAP;
    return at < p->fail + p->trap + p->die ? EVENT_DIE : EVENT_NONE;
}

static uint32_t random_kernel(const profile *p)
{
    uint32_t at = random_below(100);
    if (at < p->sequential) return KERNEL_CHAIN;
    if (at < p->sequential + p->sums) return KERNEL_SUM;
    return at < p->sequential + p->sums + p->trees ? KERNEL_TREE : KERNEL_MARK;
}

static void random_pieces(outcome *o)
{
    const uint64_t begin = o->posted.begin, total = o->posted.total;
    uint64_t a = 1 + random_below((uint32_t)total), b = random_below((uint32_t)total);
    if (a > b) return;
    const double pieces[4] = {(double)(begin + a / 2), (double)(begin + a), (double)(begin + b),
                              (double)(begin + total)};
    memcpy(o->pieces, pieces, sizeof pieces);
    o->piece_count = 2;
    o->posted.event = EVENT_NONE;
}

outcome *random_outcome(team *t, const profile *p)
{
    outcome *o = calloc(1, sizeof *o);
    uint32_t length = random_length(p);
    o->kernel = random_kernel(p);
    o->status = FILCH_PENDING;
    loop_args *a = &o->posted;
    *a = (loop_args){.total = length,
                     .event = length ? random_event(p) : EVENT_NONE,
                     .skewed = chance(p->skewed)};
    if (o->kernel != KERNEL_TREE) {
        a->begin = a->next = chance(20) ? random64() >> 12 : random_below(1000);
    }
    a->event_at = a->begin + (length ? random_below(length) : 0);
    a->cost = 1 + (random_below(4) ? random_below(20) : 400000 / (length + 1000));
    a->marks = calloc(length + 1, 1);
    if (o->kernel == KERNEL_SUM) {
        o->deterministic = chance(50);
        size_t bytes = reduce_parts(t->rt, length, o->deterministic) * sizeof *o->totals;
        o->totals = malloc(bytes); /* of the exact size: ASan guards its end */
        memset(o->totals, 0xa5, bytes);
    }
    if (o->kernel == KERNEL_MARK && length && chance(p->restored)) random_pieces(o);
    return o;
}

void forget_outcome(outcome *o)
{
    free(o->posted.marks);
    free(o->totals);
    free(o);
}
