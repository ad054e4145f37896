#include "done.h"

#include "pool.h"

void done_list(filch_runtime *rt, uint32_t slot)
{
    uint32_t head = atom32_load(&rt->done);
    do {
        atom32_store(&rt->links[slot], head);
    } while (!atom32_cas(&rt->done, &head, slot + 1));
}

bool done_ring(filch_runtime *rt)
{
    if (!atom32_load(&rt->doorbell) || !atom32_exchange(&rt->doorbell, 0)) return false;
    if (racy32_load(&rt->ring_by_message)) host_ring(); /* written once, before the workers start */
    else futex_wake(&rt->doorbell, 1);
    return true;
}

void done_collect(filch_runtime *rt)
{
    if (!atom32_load(&rt->done)) return;
    uint32_t link = atom32_exchange(&rt->done, 0);
    uint32_t oldest = 0; /* the stack has the newest first: turn it round, and put it behind what is there */
    for (uint32_t i = 0; i < rt->slot_count && link && link <= rt->slot_count; i++) { /* forged links may go round */
        uint32_t next = atom32_load(&rt->links[link - 1]);
        rt->slots[link - 1].listed = SLOT_LISTED;
        atom32_store(&rt->links[link - 1], oldest);
        oldest = link;
        link = next;
    }
    uint32_t *tail = &rt->reaped;
    for (uint32_t i = 0; i < rt->slot_count && *tail && *tail <= rt->slot_count; i++) tail = &rt->links[*tail - 1].word;
    *tail = oldest;
}

uint32_t done_reap(filch_runtime *rt)
{
    if (!rt->reaped) done_collect(rt);
    uint32_t link = rt->reaped;
    if (!link) return SLOT_NONE;
    if (link > rt->slot_count || rt->slots[link - 1].listed != SLOT_LISTED) { /* forged */
        rt->reaped = 0;
        return SLOT_NONE;
    }
    rt->slots[link - 1].listed = SLOT_REAPED;
    rt->reaped = atom32_load(&rt->links[link - 1]);
    return link - 1;
}

bool done_arm(filch_runtime *rt)
{
    if (rt->reaped) return false;
    atom32_store(&rt->doorbell, 1);
    bool made = atom32_load(&rt->room) == ROOM_MADE;
    if (!made && !atom32_load(&rt->done)) return true;
    if (made) atom32_store(&rt->room, ROOM_ENOUGH);
    atom32_store(&rt->doorbell, 0);
    return false;
}
