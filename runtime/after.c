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
    uint32_t first = slot_index(rt, slot) * AFTER_MAX, all = ((uint32_t)1 << count) - 1;
    atom32_store(&slot->dependents, 0);
    atom32_store(&slot->edges, all);
    rt->after[first] = 0;
    if (!count) return;
    atom32_store(&slot->waits, all);
    for (uint32_t i = 0; i < AFTER_MAX; i++) rt->after[first + i] = i < count ? handles[i] : 0;
    for (uint32_t i = 0; i < count; i++) {
        filch_slot *to = post_find(rt, handles[i]);
        if (to && add_edge(rt, to, first + i)) continue;
        if (to && atom32_load(&to->status) != FILCH_OK) sched_decide(rt, slot, FILCH_DEPENDENCY_FAILED);
        atom32_and(&slot->waits, ~((uint32_t)1 << i));
        atom32_and(&slot->edges, ~((uint32_t)1 << i));
    }
}

bool after_over(filch_slot *slot, uint32_t bits)
{
    if (atom32_and(&slot->waits, ~bits) & ~bits) return false;
    /* Repeated after a death: a fork task that has begun waits for something else. */
    bool begun = tree_kind(slot) == FILCH_FORKING && atom32_load(&slot->helpers);
    return !begun && life_end_wait(slot);
}

bool after_released(filch_slot *slot)
{
    return !atom32_load(&slot->edges) || !atom32_or(&slot->edges, AFTER_RELEASED);
}

static void edge_over(filch_runtime *rt, filch_worker *w, uint32_t edge, bool done)
{
    filch_slot *waiting = &rt->slots[edge / AFTER_MAX];
    uint32_t index = slot_index(rt, waiting), bit = (uint32_t)1 << edge % AFTER_MAX;
    if (!done) sched_decide(rt, waiting, FILCH_DEPENDENCY_FAILED);
    if (after_over(waiting, bit)) {
        if (w) {
            tree_push(rt, w, waiting);
            sched_publish(rt, tree_level(rt, waiting), rt->worker_count);
        } else {
            post_offer(rt, index);
        }
    }
    if (atom32_and(&waiting->edges, ~bit) == (AFTER_RELEASED | bit)) pool_give(rt, index);
}

void after_settled(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    bool done = atom32_load(&slot->status) == FILCH_OK;
    uint32_t link = atom32_exchange(&slot->dependents, AFTER_SETTLED), most = rt->slot_count * AFTER_MAX;
    for (uint32_t i = 0; i < most && link && link <= most; i++) { /* forged links may go round */
        uint32_t edge = link - 1;
        link = atom32_load(&rt->edges[edge]);
        edge_over(rt, w, edge, done);
    }
    if (w || link != AFTER_SETTLED) return;
    /* A worker has died here. */
    uint64_t handle = handle_of(slot_index(rt, slot), life_generation(atom64_load(&slot->life)));
    for (uint32_t edge = 0; edge < most; edge++) {
        if (rt->after[edge] == handle && atom32_load(&rt->slots[edge / AFTER_MAX].edges) >> edge % AFTER_MAX & 1) {
            edge_over(rt, w, edge, done);
        }
    }
}
