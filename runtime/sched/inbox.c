#include "sched/inbox.h"

#include "core/deque.h"
#include "core/state.h"
#include "core/tree.h"
#include "sched/notify.h"
#include "sched/queue.h"
#include "sched/sleep.h"

void inbox_put(filch_runtime *rt, filch_slot *slot, uint32_t worker)
{
    uint32_t priority = tree_priority(rt, slot), index = slot_index(rt, slot);
    if (FILCH_CORRUPT_IF(worker >= plan_worker_count(rt))) worker = 0;
    uint32_t item = item_of(index, atom64_load(&slot->state)), bit = (uint32_t)1 << worker;
    /* It may be full of stale items. */
    if (!deque_try_push(rt, &plan_workers(rt)[worker].inbox[priority], item)) {
        queue_inject(rt, index);
        return;
    }
    if (!(atom32_load(&rt->inboxes) & bit)) atom32_or(&rt->inboxes, bit);
    rt->owner.ready[priority]++;
    rt->owner.ready_workers |= bit;
}

void inbox_flush(filch_runtime *rt)
{
    uint32_t workers = rt->owner.ready_workers;
    rt->owner.ready_workers = 0;
    /* Each worker that sleeps takes its own. For the others, those are notified that are free. */
    for (uint32_t w = 0; w < plan_worker_count(rt); w++) {
        if (workers >> w & 1) sleep_unpark_worker(rt, w);
    }
    for (uint32_t priority = 0; priority < PRIORITIES; priority++) {
        uint32_t ready = rt->owner.ready[priority];
        rt->owner.ready[priority] = 0;
        if (!ready) continue;
        notify_work(rt, priority, ready < plan_worker_count(rt) ? ready : plan_worker_count(rt));
    }
}
