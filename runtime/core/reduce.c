#include "core/reduce.h"

/* Not inlined: no caller runs once per chunk. */
__attribute__((noinline)) uint32_t reduce_leaf(uint64_t total)
{
    uint64_t leaf = 1;
    while (leaf * LEAVES_MAX < total && leaf < (uint64_t)1 << BLOCK_BITS) leaf *= 2;
    return (uint32_t)leaf;
}

uint32_t reduce_parts(const filch_runtime *rt, uint64_t total, bool deterministic)
{
    uint32_t leaf = reduce_leaf(total);
    uint64_t parts = deterministic ? (total + leaf - 1) / leaf : plan_worker_count(rt);
    return parts ? (uint32_t)parts : 1;
}

static void *part(filch_slot *slot, const filch_kernel *kernel, uint64_t i)
{
    return slot->loop.totals + i * kernel->total_bytes;
}

void reduce_begin(filch_slot *slot, const filch_kernel *kernel, uint32_t w, uint32_t helpers)
{
    if (!(helpers >> w & 1)) kernel->identity(part(slot, kernel, w));
}

void *reduce_total(filch_slot *slot, const filch_kernel *kernel, uint32_t w, uint64_t offset,
                   uint32_t leaf)
{
    if (!leaf) return part(slot, kernel, w);
    void *total = part(slot, kernel, offset / leaf);
    if ((offset & (leaf - 1)) == 0) kernel->identity(total); /* the leaf begins */
    return total;
}

const filch_kernel *reduce_kernel(const filch_runtime *rt, const filch_slot *slot)
{
    const filch_kernel *kernel = plan_kernel(rt, slot->kernel);
    return kernel && kernel->total_bytes && slot->loop.totals ? kernel : 0;
}

bool reduce_has_run(const filch_runtime *rt, const filch_slot *slot)
{
    uint64_t total = slot->loop.total;
    return total && atom64_load(&slot->done) == total && reduce_kernel(rt, slot);
}

bool reduce_try_combine(const filch_runtime *rt, filch_slot *slot, const filch_kernel *kernel)
{
    uint32_t leaf = racy32_load(&slot->loop.leaf), helpers = atom32_load(&slot->helpers);
    uint64_t total = slot->loop.total;
    if (leaf) {
        /* Otherwise there may be so many parts that the loops below never end. */
        if (FILCH_CORRUPT_IF(total > RANGE_MAX || leaf != reduce_leaf(total))) return false;
        uint32_t parts = reduce_parts(rt, total, true);
        if (!total) kernel->identity(slot->loop.totals);
        for (uint32_t step = 1; step < parts; step *= 2) {
            for (uint32_t i = 0; i + step < parts; i += 2 * step)
                kernel->combine(part(slot, kernel, i), part(slot, kernel, i + step));
        }
        return true;
    }
    if (!(helpers & 1)) kernel->identity(slot->loop.totals);
    for (uint32_t w = 1; w < plan_worker_count(rt); w++) {
        if (helpers >> w & 1) kernel->combine(slot->loop.totals, part(slot, kernel, w));
    }
    return true;
}
