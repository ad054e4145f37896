#include "core/region.h"

#include "core/deque.h"
#include "core/plan.h"
#include "core/slots.h"
#include "core/state.h"

/* Words next to the stack, which a worker checks at each safepoint. */
#define GUARD_WORDS 16
#define ZONE_WORDS (RED_ZONE / 4)

typedef struct carver {
    unsigned char *at;
    uint64_t used;
} carver;

/* The next `bytes` of the region, from a cache line on. Without a region: NULL, and it only
 * counts. */
static void *carve(carver *c, uint64_t bytes)
{
    void *p = c->at ? c->at + c->used : 0;
    c->used += (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    return p;
}

static uint32_t power_of_two(uint32_t n)
{
    uint32_t p = 1;
    while (p < n) p *= 2;
    return p;
}

static uint64_t stack_stride(uint32_t stack_bytes)
{
    return stack_bytes ? (uint64_t)stack_bytes / CACHE_LINE * CACHE_LINE + RED_ZONE : 0;
}

/* Where everything stands in the region; without a region only its bytes. Once per instance:
 * small. */
__attribute__((noinline, minsize)) static uint64_t lay_out(filch_plan *l, void *region,
                                                           const filch_options *o)
{
    carver c = {region, PLAN_HEADER};
    uint32_t slots = o->slots + o->members, capacity = power_of_two(slots);
    uint32_t inboxes = o->events ? o->workers : 0, deques = PRIORITIES * (o->workers + 1) + inboxes;
    *l = (filch_plan){
        .worker_count = o->workers,
        .slot_count = slots,
        .submit_limit = o->slots,
        .mask = capacity - 1,
        .stack_bytes = o->stack_bytes / CACHE_LINE * CACHE_LINE,
        .event_count = o->events,
    };
    if (o->members) {
        l->spare = o->slots < SPARE ? o->slots : SPARE;
        if (l->spare > o->members / 2) l->spare = o->members / 2;
        l->scarce = l->spare + o->members / 2;
    }
    l->runtime = carve(&c, sizeof(filch_runtime));
    l->workers = carve(&c, sizeof(filch_worker) * o->workers);
    l->slots = carve(&c, sizeof(filch_slot) * slots);
    l->links = carve(&c, sizeof(atom32) * slots);
    l->edges = carve(&c, (uint64_t)sizeof(atom32) * slots * DEPENDENCIES_MAX);
    l->dependencies = carve(&c, (uint64_t)sizeof(uint64_t) * slots * DEPENDENCIES_MAX);
    l->records = carve(&c, (uint64_t)sizeof(filch_record) * RECORDS_STRIDE * o->workers);
    l->ranges = carve(&c, sizeof(atom64) * slots * (o->workers + 1));
    l->items = carve(&c, (uint64_t)sizeof(atom32) * capacity * deques);
    l->waiters = carve(&c, o->events ? (uint64_t)sizeof(filch_waiter) * slots : 0);
    l->events = carve(&c, (uint64_t)sizeof(atom64) * o->events);
    l->stacks = carve(&c, stack_stride(o->stack_bytes) * o->workers);
    return c.used;
}

static bool is_valid(const filch_options *o)
{
    return o->workers >= 1 && o->workers <= WORKERS_MAX && o->slots >= 1 && o->slots <= SLOTS_MAX &&
           o->members <= SLOTS_MAX - o->slots && o->events <= EVENTS_MAX &&
           (o->stack_bytes == 0 || (o->stack_bytes >= STACK_MIN && o->stack_bytes <= STACK_MAX));
}

uint64_t region_bytes(const filch_options *options)
{
    filch_plan l;
    return is_valid(options) ? lay_out(&l, 0, options) : 0;
}

unsigned char *region_stack_top(const filch_runtime *rt, uint32_t worker)
{
    return plan_stacks(rt) + (worker + 1) * stack_stride(plan_stack_bytes(rt));
}

unsigned char *region_stack_end(const filch_runtime *rt, uint32_t worker)
{
    return region_stack_top(rt, worker) - plan_stack_bytes(rt);
}

static uint32_t *zone_of(const filch_runtime *rt, uint32_t worker)
{
    return (uint32_t *)(void *)region_stack_end(rt, worker) - ZONE_WORDS;
}

static void lay_zone(uint32_t *zone)
{
    for (int i = 0; i < ZONE_WORDS; i++) zone[i] = RED_WORD;
}

static bool is_damaged(const uint32_t *words, int count)
{
    uint32_t damage = 0;
    for (int i = 0; i < count; i++) damage |= words[i] ^ RED_WORD;
    return damage;
}

void region_check_stack(const filch_runtime *rt, uint32_t worker)
{
    if (!plan_stack_bytes(rt)) return;
    const uint32_t *guard = zone_of(rt, worker) + ZONE_WORDS - GUARD_WORDS;
    if (FILCH_CORRUPT_IF(is_damaged(guard, GUARD_WORDS))) __builtin_trap();
}

bool region_is_stack_overrun(const filch_runtime *rt, uint32_t worker)
{
    return plan_stack_bytes(rt) && is_damaged(zone_of(rt, worker), ZONE_WORDS);
}

static void init_deques(filch_deque *deques, uint32_t first)
{
    for (uint32_t p = 0; p < PRIORITIES; p++) deque_init(&deques[p], first + p, INDEX_START);
}

__attribute__((minsize)) static void init_worker(filch_runtime *rt, uint32_t w)
{
    filch_worker *worker = &plan_workers(rt)[w];
    worker->view.worker = w;
    worker->view.runtime = rt;
    worker->view.records = worker_records(rt, worker);
    atom32_init(&worker->shared.priority, PRIORITIES);
    worker->steal.random = 0x9e3779b9u * (w + 1);
    worker->steal.favourite = w;
    init_deques(worker->deques, (w + 1) * PRIORITIES);
    deque_init(&worker->inbox, (plan_worker_count(rt) + 1) * PRIORITIES + w, INDEX_START);
    if (plan_stack_bytes(rt)) lay_zone(zone_of(rt, w));
}

__attribute__((minsize)) void region_attach(void *region, const filch_options *o,
                                            const filch_kernel *const *kernels,
                                            uint32_t kernel_count)
{
    filch_plan l;
    lay_out(&l, region, o);
    l.kernels = kernels;
    l.kernel_count = kernel_count < KERNELS_MAX ? kernel_count : KERNELS_MAX;
    plan_set(&l);
}

__attribute__((minsize)) void region_lay(filch_runtime *rt)
{
    uint64_t stacks = stack_stride(plan_stack_bytes(rt)) * plan_worker_count(rt);
    unsigned char *end = plan_stacks(rt) + stacks;
    __builtin_memset(rt, 0, (size_t)(end - (unsigned char *)rt));
    for (uint32_t s = 0; s < plan_slot_count(rt); s++) {
        atom64_init(&plan_slots(rt)[s].state, state_free(1));
        atom32_init(&plan_slots(rt)[s].tree.root, s);
    }
    for (uint32_t w = 0; w < plan_worker_count(rt); w++) init_worker(rt, w);
    init_deques(rt->injector, 0);
    atom32_init(&rt->seal, REGION_SEAL);
    rt->owner.inject_next = plan_slot_count(rt);
    atom64_init(&rt->alarm, NO_ALARM);
    rt->owner.alarm = NO_ALARM;
    slots_init(rt);
}

filch_runtime *region_init(void *region, const filch_options *o, const filch_kernel *const *kernels,
                           uint32_t kernel_count)
{
    if (!is_valid(o)) return 0;
    region_attach(region, o, kernels, kernel_count);
    filch_runtime *rt = (filch_runtime *)(void *)((unsigned char *)region + PLAN_HEADER);
    region_lay(rt);
    return rt;
}
