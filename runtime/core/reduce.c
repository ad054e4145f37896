#include "core/reduce.h"

uint32_t reduce_leaf(uint64_t total)
{
    uint64_t leaf = 1;
    while (leaf * LEAVES_MAX < total && leaf < (uint64_t)1 << BLOCK_BITS) leaf *= 2;
    return (uint32_t)leaf;
}

uint32_t reduce_parts(const filch_runtime *rt, uint64_t total, bool deterministic)
{
    uint32_t leaf = reduce_leaf(total);
    uint64_t parts = deterministic ? (total + leaf - 1) / leaf : rt->worker_count;
    return parts ? (uint32_t)parts : 1;
}

static void *part(filch_slot *slot, const filch_kernel *kernel, uint64_t i)
{
    return slot->loop.totals + i * kernel->total_bytes;
}

void reduce_begin(filch_slot *slot, const filch_kernel *kernel, uint32_t w, uint32_t helpers)
{
    if (kernel->total_bytes && !racy32_load(&slot->loop.leaf) && !(helpers >> w & 1))
        kernel->identity(part(slot, kernel, w));
}

void *reduce_total(filch_slot *slot, const filch_kernel *kernel, uint32_t w, uint64_t at)
{
    uint32_t leaf = racy32_load(&slot->loop.leaf);
    if (!leaf) return part(slot, kernel, w);
    void *total = part(slot, kernel, (at - slot->loop.begin) / leaf);
    if (((at - slot->loop.begin) & (leaf - 1)) == 0) kernel->identity(total); /* the leaf begins */
    return total;
}

static const filch_kernel *kernel_of_task(const filch_runtime *rt, const filch_slot *slot)
{
    return rt->kernels[slot->kernel < rt->kernel_count ? slot->kernel : 0];
}

bool reduce_has_parts(const filch_runtime *rt, const filch_slot *slot)
{
    return kernel_of_task(rt, slot)->total_bytes && slot->loop.totals;
}

void reduce_combine(filch_runtime *rt, filch_slot *slot)
{
    const filch_kernel *kernel = kernel_of_task(rt, slot);
    uint32_t leaf = racy32_load(&slot->loop.leaf), helpers = atom32_load(&slot->helpers);
    if (leaf) {
        uint32_t parts = reduce_parts(rt, slot->loop.total, true);
        if (!slot->loop.total) kernel->identity(slot->loop.totals);
        for (uint32_t step = 1; step < parts; step *= 2) {
            for (uint32_t i = 0; i + step < parts; i += 2 * step)
                kernel->combine(part(slot, kernel, i), part(slot, kernel, i + step));
        }
        return;
    }
    if (!(helpers & 1)) kernel->identity(slot->loop.totals);
    for (uint32_t w = 1; w < rt->worker_count; w++) {
        if (helpers >> w & 1) kernel->combine(slot->loop.totals, part(slot, kernel, w));
    }
}
