#include "core/slots.h"

#include "core/state.h"

static uint32_t link_of(uint64_t head) { return (uint16_t)head; }
static uint32_t free_of(uint64_t head) { return (uint16_t)(head >> 16); }
static uint64_t head_of(uint64_t old, uint32_t link, uint32_t free)
{
    return ((old >> 32) + 1) << 32 | (uint64_t)(free & 0xffff) << 16 | link;
}

void slots_init(filch_runtime *rt)
{
    for (uint32_t i = 0; i < plan_slot_count(rt); i++)
        atom32_init(&plan_links(rt)[i], i + 1 < plan_slot_count(rt) ? i + 2 : 0);
    atom64_init(&rt->free_slots, (uint64_t)plan_slot_count(rt) << 16 | 1);
}

uint32_t slots_take(filch_runtime *rt, uint32_t spare)
{
    uint64_t head = atom64_load(&rt->free_slots);
    for (;;) {
        uint32_t link = link_of(head);
        if (!link || link > plan_slot_count(rt) || (spare && free_of(head) <= spare))
            return SLOT_NONE;
        /* Another thread may take and use this slot meanwhile; then the link read is nonsense,
         * and the tag has moved. */
        uint32_t next = atom32_load(&plan_links(rt)[link - 1]);
        if (atom64_cas(&rt->free_slots, &head, head_of(head, next & 0xffff, free_of(head) - 1)))
            return link - 1;
    }
}

void slots_give(filch_runtime *rt, uint32_t slot)
{
    FILCH_INVARIANT(!(FILCH_PEEK(&plan_slots(rt)[slot].state) & STATE_IN_USE));
    FILCH_INVARIANT(FILCH_PEEK(&plan_slots(rt)[slot].tree.root) == slot);
    if (state_era(&plan_slots(rt)[slot]) > ERA_MAX) return; /* its handles would come again */
    uint64_t head = atom64_load(&rt->free_slots);
    do {
        atom32_store(&plan_links(rt)[slot], link_of(head));
    } while (!atom64_cas(&rt->free_slots, &head, head_of(head, slot + 1, free_of(head) + 1)));
}

uint32_t slots_free_count(const filch_runtime *rt) { return free_of(atom64_load(&rt->free_slots)); }
