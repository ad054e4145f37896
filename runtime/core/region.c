#include "core/region.h"

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

typedef struct plan {
    filch_runtime *rt;
    filch_slot *slots;
    filch_worker *workers;
    atom64 *ranges;
    atom32 *links, *items, *edges;
    uint64_t *dependencies;
    filch_record *records;
    unsigned char *stacks;
    uint32_t capacity;
} plan;

static uint64_t stack_stride(uint32_t stack_bytes)
{
    return stack_bytes ? (uint64_t)stack_bytes / CACHE_LINE * CACHE_LINE + RED_ZONE : 0;
}

static uint64_t plan_region(plan *p, void *region, const filch_options *o)
{
    carver c = {region, 0};
    uint32_t slots = o->slots + o->members;
    p->capacity = power_of_two(slots);
    p->rt = carve(&c, sizeof(filch_runtime));
    p->workers = carve(&c, sizeof(filch_worker) * o->workers);
    p->slots = carve(&c, sizeof(filch_slot) * slots);
    p->links = carve(&c, sizeof(atom32) * slots);
    p->edges = carve(&c, (uint64_t)sizeof(atom32) * slots * DEPENDENCIES_MAX);
    p->dependencies = carve(&c, (uint64_t)sizeof(uint64_t) * slots * DEPENDENCIES_MAX);
    p->records = carve(&c, (uint64_t)sizeof(filch_record) * RECORDS_STRIDE * o->workers);
    p->ranges = carve(&c, sizeof(atom64) * slots * (o->workers + 1));
    p->items = carve(&c, (uint64_t)sizeof(atom32) * p->capacity * PRIORITIES * (o->workers + 1));
    p->stacks = carve(&c, stack_stride(o->stack_bytes) * o->workers);
    return c.used;
}

static bool is_valid(const filch_options *o)
{
    return o->workers >= 1 && o->workers <= WORKERS_MAX && o->slots >= 1 && o->slots <= SLOTS_MAX &&
           o->members <= SLOTS_MAX - o->slots &&
           (o->stack_bytes == 0 || (o->stack_bytes >= STACK_MIN && o->stack_bytes <= STACK_MAX));
}

uint64_t region_bytes(const filch_options *options)
{
    plan p;
    return is_valid(options) ? plan_region(&p, 0, options) : 0;
}

unsigned char *region_stack_top(const filch_runtime *rt, uint32_t worker)
{
    return rt->stacks + (worker + 1) * stack_stride(rt->stack_bytes);
}

unsigned char *region_stack_end(const filch_runtime *rt, uint32_t worker)
{
    return region_stack_top(rt, worker) - rt->stack_bytes;
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

bool region_is_zone_overrun(filch_runtime *rt, uint32_t worker)
{
    if (!rt->stack_bytes) return false;
    uint32_t *zone = zone_of(rt, worker);
    if (!is_damaged(zone, ZONE_WORDS)) return false;
    if (is_damaged(zone, RED_END / 4)) {
#ifdef __wasm__
        __builtin_trap(); /* no word of the region can be relied on: the host ends the runtime */
#endif
        return true;
    }
    lay_zone(zone);
    return true;
}

bool region_has_stack_overrun(const filch_runtime *rt, uint32_t worker)
{
    if (!rt->stack_bytes) return false;
    return is_damaged(zone_of(rt, worker) + ZONE_WORDS - GUARD_WORDS, GUARD_WORDS);
}

bool region_is_stack_overrun(filch_runtime *rt, uint32_t worker)
{
    return region_has_stack_overrun(rt, worker) && region_is_zone_overrun(rt, worker);
}

static void init_deques(filch_deque *deques, atom32 **items, uint32_t capacity)
{
    for (int priority = 0; priority < PRIORITIES; priority++, *items += capacity) {
        deque_init(&deques[priority], *items, capacity, INDEX_START);
    }
}

filch_runtime *region_init(void *region, const filch_options *o, const filch_kernel *const *kernels,
                           uint32_t kernel_count)
{
    plan p;
    if (!is_valid(o)) return 0;
    __builtin_memset(region, 0, plan_region(&p, region, o));
    filch_runtime *rt = p.rt;
    rt->worker_count = o->workers;
    rt->slot_count = o->slots + o->members;
    rt->submit_limit = o->slots;
    if (o->members) {
        rt->spare = o->slots < SPARE ? o->slots : SPARE;
        if (rt->spare > o->members / 2) rt->spare = o->members / 2;
        rt->scarce = rt->spare + o->members / 2;
    }
    rt->kernels = kernels;
    rt->kernel_count = kernel_count < KERNELS_MAX ? kernel_count : KERNELS_MAX;
    rt->slots = p.slots;
    rt->workers = p.workers;
    rt->ranges = p.ranges;
    rt->links = p.links;
    rt->edges = p.edges;
    rt->dependencies = p.dependencies;
    rt->records = p.records;
    rt->stacks = p.stacks;
    rt->owner.inject_next = rt->slot_count;
    rt->stack_bytes = o->stack_bytes / CACHE_LINE * CACHE_LINE;
    init_deques(rt->injector, &p.items, p.capacity);
    for (uint32_t w = 0; w < o->workers; w++) {
        filch_worker *worker = &rt->workers[w];
        worker->view.worker = w;
        worker->view.runtime = rt;
        worker->view.records = rt->records + (size_t)w * RECORDS_STRIDE + 1;
        atom32_init(&worker->shared.priority, PRIORITIES);
        worker->steal.random = 0x9e3779b9u * (w + 1);
        worker->steal.favourite = w;
        init_deques(worker->deques, &p.items, p.capacity);
        if (rt->stack_bytes) lay_zone(zone_of(rt, w));
    }
    for (uint32_t s = 0; s < rt->slot_count; s++) {
        atom64_init(&rt->slots[s].state, state_free(1));
        atom32_init(&rt->slots[s].tree.root, s);
    }
    slots_init(rt);
    return rt;
}
