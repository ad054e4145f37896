#include "scribbler.h"

#include "stress.h"

uint64_t stress_words;

static void trust(scribbler *s, const void *at, size_t bytes)
{
    size_t first = (size_t)((const char *)at - (const char *)s->region) / 4;
    memset(s->is_trusted + first, 1, (bytes + 3) / 4);
}
#define TRUST(field) trust(s, &(field), sizeof(field))

static void trust_addresses(scribbler *s, filch_runtime *rt)
{
    TRUST(rt->trace);
    for (uint32_t w = 0; w < plan_worker_count(rt); w++) {
        TRUST(plan_workers(rt)[w].view);
    }
    for (uint32_t i = 0; i < plan_slot_count(rt); i++) {
        TRUST(plan_slots(rt)[i].loop.pieces);
        TRUST(plan_slots(rt)[i].loop.piece_count);
        TRUST(plan_slots(rt)[i].loop.totals);
        TRUST(plan_slots(rt)[i].tree.entry);
        TRUST(plan_slots(rt)[i].args);
    }
    for (uint32_t i = 0; i < plan_worker_count(rt) * RECORDS_STRIDE; i++) {
        TRUST(plan_records(rt)[i].entry);
        TRUST(plan_records(rt)[i].frame);
    }
}

static uint64_t next_random(scribbler *s)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    return s->random ^= s->random << 17;
}

/* Any number, a bit, a step up or down, another word of the region, or a small number. */
static uint32_t changed(scribbler *s, uint32_t old)
{
    uint32_t r = (uint32_t)next_random(s);
    switch (r % 5) {
    case 0: return (uint32_t)next_random(s);
    case 1: return old ^ (1u << (r >> 8) % 32);
    case 2: return old + (r >> 8) % 7 - 3;
    case 3: return s->region[next_random(s) % s->words];
    default: return (r >> 8) % (plan_slot_count(s->rt) + 3);
    }
}

/* Words of few records matter: most are past the end of what is used. */
static uint32_t any_word(scribbler *s, const filch_runtime *rt)
{
    uint32_t records = (uint32_t)((const uint32_t *)(const void *)plan_records(rt) - s->region);
    uint32_t after = records + plan_worker_count(rt) * RECORDS_STRIDE * sizeof(filch_record) / 4;
    for (;;) {
        uint32_t at = (uint32_t)(next_random(s) % s->words);
        bool is_record = at >= records && at < after;
        if (!s->is_trusted[at] && (!is_record || next_random(s) % 64 == 0)) return at;
    }
}

static void *scribble_anywhere(void *argument)
{
    scribbler *s = argument;
    while (!__atomic_load_n(&s->is_over, __ATOMIC_SEQ_CST)) {
        for (uint32_t n = 1 + next_random(s) % 4; n; n--) {
            uint32_t at = any_word(s, s->rt);
            uint32_t old = __atomic_load_n(&s->region[at], __ATOMIC_RELAXED);
            __atomic_store_n(&s->region[at], changed(s, old), __ATOMIC_SEQ_CST);
            __atomic_fetch_add(&stress_words, 1, __ATOMIC_RELAXED);
        }
        for (volatile uint32_t wait = (uint32_t)(next_random(s) % s->wait); wait; wait = wait - 1) {
        }
    }
    return 0;
}

void scribbler_begin(scribbler *s, filch_runtime *rt, uint64_t bytes)
{
    *s = (scribbler){
        .rt = rt,
        .region = (uint32_t *)(void *)rt,
        .words = (uint32_t)(bytes / 4),
        .is_trusted = calloc(bytes / 4, 1),
        .random = random64() | 1,
        .wait = 16u << random_below(14),
    };
    trust_addresses(s, rt);
    CHECK(!pthread_create(&s->thread, 0, scribble_anywhere, s));
}

void scribbler_end(scribbler *s)
{
    __atomic_store_n(&s->is_over, 1, __ATOMIC_SEQ_CST);
    CHECK(!pthread_join(s->thread, 0));
    free(s->is_trusted);
}
