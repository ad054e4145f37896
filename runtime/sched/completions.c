#include "sched/completions.h"

void completions_add(filch_runtime *rt, uint32_t slot)
{
    uint32_t head = atom32_load(&rt->completions);
    do {
        atom32_store(&plan_links(rt)[slot], head);
    } while (!atom32_cas(&rt->completions, &head, slot + 1));
}

bool completions_try_notify(filch_runtime *rt)
{
    if (!atom32_load(&rt->doorbell) || !atom32_exchange(&rt->doorbell, 0)) return false;
    /* written once, before the workers start */
    if (racy32_load(&rt->notify_by_message)) host_notify();
    else futex_wake(&rt->doorbell, 1);
    return true;
}

void completions_collect(filch_runtime *rt)
{
    if (!atom32_load(&rt->completions)) return;
    uint32_t link = atom32_exchange(&rt->completions, 0);
    /* the stack has the newest first: reverse it, and append it to the older ones */
    uint32_t oldest = 0;
    for (uint32_t i = 0; i < plan_slot_count(rt) && link; i++) {
        if (FILCH_CORRUPT_IF(link > plan_slot_count(rt))) break;
        uint32_t next = atom32_load(&plan_links(rt)[link - 1]);
        plan_slots(rt)[link - 1].stage = COMPLETED;
        atom32_store(&plan_links(rt)[link - 1], oldest);
        oldest = link;
        link = next;
    }
    uint32_t *tail = &rt->owner.reap_next;
    uint32_t last = *tail;
    for (uint32_t i = 0; i < plan_slot_count(rt) && last; i++) {
        if (FILCH_CORRUPT_IF(last > plan_slot_count(rt))) break;
        tail = &plan_links(rt)[last - 1].word;
        last = *tail;
    }
    *tail = oldest;
}

uint32_t completions_take(filch_runtime *rt)
{
    if (!rt->owner.reap_next) completions_collect(rt);
    uint32_t link = rt->owner.reap_next;
    if (!link) return SLOT_NONE;
    if (FILCH_CORRUPT_IF(link > plan_slot_count(rt) ||
                         plan_slots(rt)[link - 1].stage != COMPLETED)) {
        rt->owner.reap_next = 0;
        return SLOT_NONE;
    }
    plan_slots(rt)[link - 1].stage = REAPED;
    rt->owner.reap_next = atom32_load(&plan_links(rt)[link - 1]);
    return link - 1;
}

bool completions_try_arm(filch_runtime *rt)
{
    if (rt->owner.reap_next) return false;
    atom32_store(&rt->doorbell, 1);
    bool made = atom32_load(&rt->injector_space) == SPACE_MADE;
    if (!made && !atom32_load(&rt->completions)) return true;
    if (made) atom32_store(&rt->injector_space, SPACE_ENOUGH);
    atom32_store(&rt->doorbell, 0);
    return false;
}
