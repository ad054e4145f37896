#include "pool.h"

static uint64_t head_of(uint64_t old, uint32_t link)
{
    return ((old >> 32) + 1) << 32 | link;
}

void pool_init(filch_runtime *rt)
{
    for (uint32_t i = 0; i < rt->slot_count; i++) atom32_init(&rt->links[i], i + 1 < rt->slot_count ? i + 2 : 0);
    atom64_init(&rt->free, 1);
}

uint32_t pool_take(filch_runtime *rt)
{
    uint64_t head = atom64_load(&rt->free);
    for (;;) {
        uint32_t link = (uint32_t)head;
        if (!link || link > rt->slot_count) return SLOT_NONE;
        /* Another thread may take and use this slot meanwhile; then the link read is nonsense, and the tag has moved. */
        uint32_t next = atom32_load(&rt->links[link - 1]);
        if (atom64_cas(&rt->free, &head, head_of(head, next))) return link - 1;
    }
}

void pool_give(filch_runtime *rt, uint32_t slot)
{
    uint64_t head = atom64_load(&rt->free);
    do {
        atom32_store(&rt->links[slot], (uint32_t)head);
    } while (!atom64_cas(&rt->free, &head, head_of(head, slot + 1)));
}
