#include "sched/depend.h"

#include "core/slots.h"
#include "core/state.h"
#include "core/tree.h"
#include "sched/notify.h"
#include "sched/queue.h"

/* Adds the edge to the dependents of `to`. False: that task has completed. */
static bool try_add_edge(filch_runtime *rt, filch_slot *to, uint32_t edge)
{
    uint32_t head = atom32_load(&to->deps.dependents);
    do {
        if (head == DEPEND_COMPLETED) return false;
        atom32_store(&plan_edges(rt)[edge], head);
    } while (!atom32_cas(&to->deps.dependents, &head, edge + 1));
    return true;
}

void depend_begin(filch_runtime *rt, filch_slot *slot, const uint64_t *handles, uint32_t count)
{
    uint32_t first = slot_index(rt, slot) * DEPENDENCIES_MAX, all = ((uint32_t)1 << count) - 1;
    FILCH_INVARIANT(count <= DEPENDENCIES_MAX);
    atom32_store(&slot->deps.dependents, 0);
    atom32_store(&slot->deps.linked, all);
    plan_dependencies(rt)[first] = 0;
    if (!count) return;
    atom32_store(&slot->deps.pending, all | DEPEND_SUBMISSION);
    for (uint32_t i = 0; i < DEPENDENCIES_MAX; i++) {
        plan_dependencies(rt)[first + i] = i < count ? handles[i] : 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        filch_slot *to = state_find(rt, handles[i]);
        if (to && try_add_edge(rt, to, first + i)) continue;
        if (to && atom32_load(&to->status) != FILCH_OK) {
            notify_try_decide(rt, slot, FILCH_DEPENDENCY_FAILED);
        }
        atom32_and(&slot->deps.pending, ~((uint32_t)1 << i));
        atom32_and(&slot->deps.linked, ~((uint32_t)1 << i));
    }
}

bool depend_try_unblock(filch_slot *slot, uint32_t bits)
{
    if (atom32_and(&slot->deps.pending, ~bits) & ~bits) return false;
    /* The owner may repeat this after a loss: a fork task that has begun is blocked for another
     * reason. */
    bool has_begun = tree_kind(slot) == FILCH_FORKING && atom32_load(&slot->helpers);
    return !has_begun && state_try_unblock(slot);
}

bool depend_try_release(filch_slot *slot)
{
    return !atom32_load(&slot->deps.linked) || !atom32_or(&slot->deps.linked, DEPEND_RELEASED);
}

/* The dependency at the end of this edge has completed, with FILCH_OK or not. */
static void complete_edge(filch_runtime *rt, filch_worker *w, uint32_t edge, bool ok)
{
    uint32_t index = edge / DEPENDENCIES_MAX, bit = (uint32_t)1 << edge % DEPENDENCIES_MAX;
    filch_slot *dependent = &plan_slots(rt)[index];
    if (!ok) notify_try_decide(rt, dependent, FILCH_DEPENDENCY_FAILED);
    if (depend_try_unblock(dependent, bit)) queue_unblocked(rt, w, dependent);
    if (atom32_and(&dependent->deps.linked, ~bit) == (DEPEND_RELEASED | bit)) slots_give(rt, index);
}

/* A list of dependents holds this edge. */
static bool is_linked(const filch_runtime *rt, uint32_t edge)
{
    uint32_t linked = atom32_load(&plan_slots(rt)[edge / DEPENDENCIES_MAX].deps.linked);
    return linked >> edge % DEPENDENCIES_MAX & 1;
}

void depend_complete(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    bool ok = atom32_load(&slot->status) == FILCH_OK;
    uint32_t link = atom32_exchange(&slot->deps.dependents, DEPEND_COMPLETED);
    uint32_t edges = plan_slot_count(rt) * DEPENDENCIES_MAX;
    bool is_again = link == DEPEND_COMPLETED;
    /* The stack has the newest first: reverse it, so that tasks are queued in their order. Corrupt
     * links may form a circle. */
    uint32_t oldest = 0;
    for (uint32_t i = 0; i < edges && link && link <= edges; i++) {
        uint32_t next = atom32_load(&plan_edges(rt)[link - 1]);
        atom32_store(&plan_edges(rt)[link - 1], oldest);
        oldest = link;
        link = next;
    }
    for (uint32_t i = 0; i < edges && oldest && oldest <= edges; i++) {
        uint32_t edge = oldest - 1;
        oldest = atom32_load(&plan_edges(rt)[edge]);
        complete_edge(rt, w, edge, ok);
    }
    if (w || !is_again) return;
    /* A worker was lost between its exchange and the end of this function: the owner does all of
     * it again. */
    uint64_t handle = state_handle(rt, slot_index(rt, slot));
    for (uint32_t edge = 0; edge < edges; edge++) {
        if (plan_dependencies(rt)[edge] == handle && is_linked(rt, edge))
            complete_edge(rt, w, edge, ok);
    }
}
