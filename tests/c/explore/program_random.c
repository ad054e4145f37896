#include "program_random.h"

#include <string.h>

typedef struct source {
    uint64_t state;
    uint32_t verbs, kernels, ends; /* that the program uses, a bit each */
    uint32_t deaths;
} source;

static uint32_t below(source *s, uint32_t n)
{
    s->state ^= s->state >> 12; /* Marsaglia, Xorshift RNGs, 2003 */
    s->state ^= s->state << 25;
    s->state ^= s->state >> 27;
    return (uint32_t)((s->state * 0x2545f4914f6cdd1du >> 32) * n >> 32);
}
static bool is_one_of(source *s, uint32_t n) { return below(s, n) == 0; }

static uint32_t length_of(source *s, uint32_t kernel)
{
    switch (kernel) {
    case PROGRAM_NEST: return 1 + below(s, 3);
    case PROGRAM_TREE: return below(s, 4);
    case PROGRAM_BRANCH: return below(s, 3);
    case PROGRAM_WIDE:
    case PROGRAM_PHASES: return 1;
    default: return is_one_of(s, 16) ? 0 : 1 + below(s, is_one_of(s, 4) ? 12 : 5);
    }
}

static void add_post(source *s, program_operation *o, uint32_t tasks)
{
    do {
        o->kernel = (uint8_t)below(s, PROGRAM_KERNEL_COUNT);
    } while (!(s->kernels >> o->kernel & 1));
    o->length = (uint8_t)length_of(s, o->kernel);
    o->grain = is_one_of(s, 4) ? (uint8_t)below(s, 4) : 1;
    o->priority = (uint8_t)below(s, 3);
    uint32_t units = program_units(o->kernel, o->length);
    bool is_batch = o->kernel == PROGRAM_BATCH || o->kernel == PROGRAM_BATCH_IN_ORDER;
    if (units && !is_batch && is_one_of(s, 5)) {
        o->end = (uint8_t)below(s, PROGRAM_END_COUNT);
        if (!(s->ends >> o->end & 1)) o->end = PROGRAM_WHOLE;
        o->at = (uint8_t)below(s, units);
    }
    for (uint32_t task = 0; task < tasks && s->verbs & 1; task++) {
        if (is_one_of(s, 3)) o->after |= (uint8_t)(1 << task);
    }
    o->number = (uint8_t)tasks;
}

/* How often each verb comes. */
static const uint8_t weights[PROGRAM_VERB_COUNT] = {
    [PROGRAM_POST] = 24,   [PROGRAM_PAUSE] = 6,  [PROGRAM_REST] = 6,    [PROGRAM_RESUME] = 8,
    [PROGRAM_CANCEL] = 6,  [PROGRAM_RANK] = 6,   [PROGRAM_SAVE] = 6,    [PROGRAM_REAP] = 4,
    [PROGRAM_LOOK] = 3,    [PROGRAM_AWAIT] = 14, [PROGRAM_RECALL] = 6,  [PROGRAM_BACK] = 5,
    [PROGRAM_REPLACE] = 4, [PROGRAM_DIE] = 5,    [PROGRAM_RECOVER] = 4, [PROGRAM_STOP] = 0,
};

static uint8_t any_verb(source *s, uint32_t tasks)
{
    for (uint32_t tries = 0; tries < 100; tries++) {
        uint32_t all = 0, at, verb = 0;
        for (uint32_t v = 0; v < PROGRAM_VERB_COUNT; v++) all += weights[v];
        for (at = below(s, all); at >= weights[verb]; verb++) at -= weights[verb];
        bool adds = verb == PROGRAM_POST || verb == PROGRAM_SAVE;
        if (adds && tasks >= PROGRAM_TASKS) continue;
        if (verb == PROGRAM_DIE && s->deaths == 2) continue;
        if (verb == PROGRAM_POST || s->verbs >> verb & 1) return (uint8_t)verb;
    }
    return PROGRAM_LOOK; /* the program posts and does nothing else, and has posted all */
}

static void add(source *s, program *p, uint32_t *tasks)
{
    program_operation *o = &p->operations[p->count++];
    *o = (program_operation){.verb = p->count == 1 ? PROGRAM_POST : any_verb(s, *tasks)};
    /* A newer task rather than an older one, which may have completed. */
    uint32_t back = below(s, is_one_of(s, 3) ? *tasks : *tasks < 2 ? *tasks : 2);
    uint8_t task = (uint8_t)(*tasks ? *tasks - 1 - back : 0);
    bool on_worker = program_subject_of(o->verb) == ON_WORKER;
    o->number = on_worker ? (uint8_t)below(s, p->workers) : task;
    if (o->verb == PROGRAM_POST) add_post(s, o, (*tasks)++);
    if (o->verb == PROGRAM_SAVE) {
        o->saved = task;
        o->number = (uint8_t)(*tasks)++;
    }
    if (o->verb == PROGRAM_RANK) o->priority = (uint8_t)below(s, 3);
    if (o->verb == PROGRAM_AWAIT) o->count = (uint16_t)(1 + below(s, 6));
    if (o->verb != PROGRAM_DIE) return;
    s->deaths++;
    o->count = (uint16_t)below(s, is_one_of(s, 3) ? 20 : 300);
}

/* A long loop that is less urgent, and, once it has begun, a task that is more so. */
static void add_urgent(source *s, program *p, uint32_t *tasks)
{
    program_operation low = {.verb = PROGRAM_POST, .grain = 1, .priority = 2};
    low.kernel = is_one_of(s, 2) ? PROGRAM_PARALLEL : PROGRAM_SUM;
    low.length = (uint8_t)(8 + below(s, PROGRAM_UNITS - 8));
    low.number = (uint8_t)(*tasks)++;
    program_operation await = {.verb = PROGRAM_AWAIT, .count = (uint16_t)(1 + below(s, 4))};
    program_operation high = {.verb = PROGRAM_POST, .length = 1, .grain = 1};
    high.priority = (uint8_t)below(s, 2);
    high.number = (uint8_t)(*tasks)++;
    p->operations[p->count++] = low;
    p->operations[p->count++] = await;
    p->operations[p->count++] = high;
}

void program_random(program *p, uint64_t seed)
{
    source s = {.state = seed * 0x9e3779b97f4a7c15u + 0xd1b54a32d192ed03u};
    for (int i = 0; i < 4; i++) below(&s, 2);
    s.verbs = below(&s, 1u << PROGRAM_VERB_COUNT);
    do {
        s.kernels = below(&s, 1u << PROGRAM_KERNEL_COUNT);
    } while (!s.kernels);
    s.ends = below(&s, 1u << PROGRAM_END_COUNT);
    *p = (program){.workers = (uint8_t)(2 + below(&s, 3)),
                   .slots = (uint8_t)(2 + below(&s, 5)),
                   .members = is_one_of(&s, 3) ? 0 : (uint8_t)(2 * below(&s, 6)),
                   .slices = is_one_of(&s, 3)};
    uint32_t tasks = 0, length = 2 + below(&s, 16);
    if (is_one_of(&s, 6)) add_urgent(&s, p, &tasks);
    while (p->count < length) add(&s, p, &tasks);
    if (is_one_of(&s, 8)) p->operations[p->count++] = (program_operation){.verb = PROGRAM_STOP};
}
