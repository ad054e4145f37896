#include "after.h"

#include "life.h"
#include "pool.h"
#include "post.h"
#include "sched.h"
#include "tree.h"

static bool add_edge(filch_runtime *rt, filch_slot *to, uint32_t edge)
{
    uint32_t head = atom32_load(&to->dependents);
    do {
        if (head == AFTER_SETTLED) return false;
        atom32_store(&rt->edges[edge], head);
    } while (!atom32_cas(&to->dependents, &head, edge + 1));
    return true;
}

void after_begin(filch_runtime *rt, filch_slot *slot, const uint64_t *handles, uint32_t count)
{
    uint32_t index = slot_index(rt, slot);
    atom32_store(&slot->dependents, 0);
    atom32_store(&slot->edges, count);
    rt->after[index * AFTER_MAX] = 0;
    if (!count) return;
    atom32_store(&slot->waits, count + 1);
    for (uint32_t i = 0; i < AFTER_MAX; i++) rt->after[index * AFTER_MAX + i] = i < count ? handles[i] : 0;
    for (uint32_t i = 0; i < count; i++) {
        filch_slot *to = post_find(rt, handles[i]);
        if (to && add_edge(rt, to, index * AFTER_MAX + i)) continue;
        if (to && atom32_load(&to->status) != FILCH_OK) sched_decide(rt, slot, FILCH_DEPENDENCY_FAILED);
        atom32_add(&slot->waits, (uint32_t)-1);
        atom32_add(&slot->edges, (uint32_t)-1);
    }
}

bool after_ready(filch_slot *slot)
{
    return atom32_add(&slot->waits, (uint32_t)-1) == 1 && life_end_wait(slot);
}

bool after_released(filch_slot *slot)
{
    return !atom32_load(&slot->edges) || !atom32_or(&slot->edges, AFTER_RELEASED);
}

void after_settled(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    bool done = atom32_load(&slot->status) == FILCH_OK;
    uint32_t link = atom32_exchange(&slot->dependents, AFTER_SETTLED), most = rt->slot_count * AFTER_MAX;
    for (uint32_t i = 0; i < most && link && link <= most; i++) { /* forged links may go round */
        filch_slot *waiting = &rt->slots[(link - 1) / AFTER_MAX];
        uint32_t index = slot_index(rt, waiting);
        link = atom32_load(&rt->edges[link - 1]);
        if (!done) sched_decide(rt, waiting, FILCH_DEPENDENCY_FAILED);
        if (after_ready(waiting)) {
            if (w) {
                tree_push(rt, w, waiting);
                sched_publish(rt, tree_level(rt, waiting), rt->worker_count);
            } else {
                post_offer(rt, index);
            }
        }
        if (atom32_add(&waiting->edges, (uint32_t)-1) == (AFTER_RELEASED | 1)) pool_give(rt, index);
    }
}
