#include "sched/notify.h"

#include "core/deque.h"
#include "core/state.h"
#include "sched/sleep.h"
#include "sched/steal.h"

void request_preempt(filch_runtime *rt, uint32_t w)
{
    if (FILCH_CORRUPT_IF(w >= plan_worker_count(rt))) return;
    atom32_store(&plan_workers(rt)[w].shared.preempt_request, 1);
    atom_pointer_store(&plan_workers(rt)[w].view.limit,
                       0); /* a fork function reads this word alone */
}

bool notify_try_decide(filch_runtime *rt, filch_slot *slot, uint32_t status)
{
    uint32_t pending = FILCH_PENDING;
    if (!atom32_cas(&slot->status, &pending, status)) return false;
    /* A worker that joins after this load reads the status after it has joined, and sees it. */
    uint32_t running = (uint32_t)(atom64_load(&slot->state) & STATE_WORKERS);
    if (atom32_load(&slot->tree.members)) running = ((uint32_t)1 << plan_worker_count(rt)) - 1;
    for (; running; running &= running - 1) request_preempt(rt, (uint32_t)__builtin_ctz(running));
    return true;
}

/* The number of no worker. */
#define NO_WORKER WORKERS_MAX

/* The worker other than `but` that should leave its task for work of priority *least, or
 * NO_WORKER. *least: the priority of that worker's task. */
static uint32_t least_urgent_worker(const filch_runtime *rt, uint32_t *least, uint32_t but)
{
    uint32_t chosen = NO_WORKER, priority = *least;
    for (uint32_t w = 0; w < plan_worker_count(rt); w++) {
        uint32_t other = w == but ? PRIORITIES : atom32_load(&plan_workers(rt)[w].shared.priority);
        if (other >= PRIORITIES || other < *least) continue;
        if (other == *least) {
            /* Fork functions do not read the clock. So one of them is asked for an equal, too. */
            bool is_tree = other == priority && atom64_load(&plan_workers(rt)[w].shared.tree);
            if (!is_tree || chosen != NO_WORKER) continue;
        }
        chosen = w;
        *least = other;
    }
    return chosen;
}

void notify_work(filch_runtime *rt, uint32_t priority, uint32_t parts)
{
    if (sleep_try_unpark(rt, parts)) return;
    /* All workers are busy. A worker makes its priority known and then looks for more urgent
     * work: either the worker sees the work, or this call sees the priority. */
    uint32_t w = least_urgent_worker(rt, &priority, NO_WORKER);
    if (w != NO_WORKER) request_preempt(rt, w);
}

void notify_queued(filch_runtime *rt, const filch_worker *w, uint32_t first)
{
    for (uint32_t priority = first; priority < PRIORITIES; priority++) {
        uint32_t least = priority, other = least_urgent_worker(rt, &least, worker_index(rt, w));
        if (other == NO_WORKER) return; /* no worker would leave its task for the rest, either */
        /* For an equal a worker looks into the injector alone. */
        bool is_queued = least > priority ? steal_has_queued(rt, priority)
                                          : !deque_is_empty(&rt->injector[priority]);
        if (!is_queued) continue;
        if (!sleep_try_unpark(rt, 1)) request_preempt(rt, other);
        return; /* the worker that takes this calls notify_queued() for the rest */
    }
}

void flush_wake(filch_runtime *rt, filch_worker *w)
{
    if (!w->wake_pending) return;
    w->wake_pending = false;
    for (uint32_t priority = 0; priority < PRIORITIES; priority++) {
        if (!deque_is_empty(&w->deques[priority])) notify_work(rt, priority, 1);
    }
}
