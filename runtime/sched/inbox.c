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
    if (priority != INBOX_PRIORITY || !deque_try_push(rt, &plan_workers(rt)[worker].inbox, item)) {
        queue_inject(rt, index);
        return;
    }
    if (!(atom32_load(&rt->inboxes) & bit)) atom32_or(&rt->inboxes, bit);
    rt->owner.ready++;
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
    uint32_t ready = rt->owner.ready;
    rt->owner.ready = 0;
    if (!ready) return;
    if (ready > plan_worker_count(rt)) ready = plan_worker_count(rt);
    notify_work(rt, INBOX_PRIORITY, ready);
}
