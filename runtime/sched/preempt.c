#include "sched/preempt.h"

#include "core/state.h"
#include "core/trace.h"
#include "core/tree.h"
#include "sched/notify.h"
#include "sched/queue.h"
#include "sched/settle.h"
#include "sched/steal.h"

bool preempt_is_paused(const filch_runtime *rt, const filch_slot *slot)
{
    return atom32_load(&tree_root(rt, slot)->is_paused) && !tree_has_ended(rt, slot);
}

/* Not inlined: no caller runs once per chunk. */
__attribute__((noinline)) bool check_preempt(filch_runtime *rt, filch_worker *w, bool as_urgent)
{
    const filch_slot *slot = worker_slot(rt, w);
    uint32_t priority = tree_priority(rt, slot);
    /* A task picked out of turn is left for no other, so no producer should ask w. */
    atom32_store(&w->shared.priority, w->preempt.is_fair ? PRIORITIES : priority);
    if (preempt_is_paused(rt, slot) || atom32_load(&w->shared.recalled)) return true;
    return !w->preempt.is_fair && steal_has_urgent(rt, w, priority, as_urgent);
}

bool preempt_begin_is_leaving(filch_runtime *rt, filch_worker *w, bool as_urgent)
{
    bool is_leaving = check_preempt(rt, w, as_urgent);
    /* w may be long on its way: a fork function without calls has no safepoint. */
    bool all = is_leaving || w->preempt.is_fair;
    notify_queued(rt, w, all ? 0 : racy32_load(&w->shared.priority));
    return is_leaving;
}

uint64_t preempt_fair_end(filch_worker *w, uint64_t now)
{
    uint64_t part = (now - w->preempt.fair_since) / FAIRNESS;
    w->preempt.fair_since = now;
    return now + (part < SLICE_NS ? part : SLICE_NS);
}

bool preempt_is_slice_over(filch_runtime *rt, filch_worker *w, uint64_t now, uint64_t *slice_end)
{
    bool is_cooperative = w->preempt.is_cooperative;
    if (!*slice_end) {
        if (is_cooperative) *slice_end = w->preempt.slice_end;
        else *slice_end = w->preempt.is_fair ? preempt_fair_end(w, now) : now + SLICE_NS;
    }
    if (now < *slice_end) return false;
    w->preempt.is_fair = false;
    if (is_cooperative) return true;
    *slice_end = now + SLICE_NS;
    /* The task can be left for others again. More urgent work may be anywhere, and its producer
     * did not ask w during a slice out of turn. */
    return check_preempt(rt, w, false) || steal_has_waiting(rt, w) || steal_is_fair_due(rt, w);
}

/* w leaves the task to the next free worker; the ranges hold what is left. */
static void yield_task(filch_runtime *rt, filch_worker *w)
{
    filch_slot *slot = worker_slot(rt, w);
    uint32_t own = worker_index(rt, w);
    uint64_t handle = handle_of(slot_index(rt, slot), state_generation(atom64_load(&slot->state)));
    count(w, COUNT_yields, 1);
    if (trace_is_on(rt)) {
        double now = (double)clock_ns();
        trace_event(rt, w, (filch_event){.begin = now, .end = now, .kind = EVENT_YIELD});
    }
    atom64_store(&w->shared.loop, 0);
    w->slot = 0;
    bool needs_item = state_yield_needs_item(slot, own);
    /* A canceller decides the status, then reads the state: it may have met a worker here, and
     * no QUEUED task to close. Either the canceller sees QUEUED, or w sees the status. */
    if (settle_try_idle(rt, w, handle)) return;
    if (needs_item) queue_push_and_notify(rt, w, slot);
}

void preempt_pause(filch_runtime *rt, filch_worker *w)
{
    filch_slot *slot = worker_slot(rt, w), *root = tree_root(rt, slot);
    uint64_t handle = handle_of(slot_index(rt, slot), state_generation(atom64_load(&slot->state)));
    atom64_store(&w->shared.loop, 0);
    w->slot = 0;
    state_pause(slot, worker_index(rt, w));
    if (settle_try_idle(rt, w, handle)) return;
    /* A thread that resumes or ends the task says so first, and then looks for what is PAUSED. */
    if (atom32_load(&root->is_paused) && !tree_has_ended(rt, slot)) return;
    if (state_try_unpause(slot)) queue_push_and_notify(rt, w, slot);
}

bool preempt_try_yield(filch_runtime *rt, filch_worker *w)
{
    const filch_slot *slot = worker_slot(rt, w);
    if (preempt_is_paused(rt, slot)) preempt_pause(rt, w);
    else if (queue_try_make_space(rt, w, tree_priority(rt, slot))) yield_task(rt, w);
    else return false;
    return true;
}
