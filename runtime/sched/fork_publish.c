#include "sched/fork_publish.h"

#include "core/state.h"
#include "core/trace.h"
#include "core/tree.h"
#include "sched/queue.h"
#include "sched/sleep.h"

void publish_set_limit(filch_worker *w, bool ask)
{
    uintptr_t limit = ask ? 0 : (uintptr_t)(w->view.records + RECORDS);
    atom_pointer_store(&w->view.limit, limit);
}

void publish_request_steal(filch_runtime *rt, const filch_worker *w)
{
    for (uint32_t v = 0; v < rt->worker_count; v++) {
        filch_worker *victim = &rt->workers[v];
        if (victim != w && atom64_load(&victim->shared.tree)) publish_set_limit(victim, true);
    }
}

bool publish_try_promote(filch_runtime *rt, filch_worker *w)
{
    uint32_t promoted = w->fork.promoted;
    if (FILCH_CORRUPT_IF(promoted >= RECORDS_ALL)) return false;
    filch_record *record = &w->view.records[promoted];
    if (!tree_try_reserve(rt, w, record->link + 1)) return false;
    filch_slot *root = tree_root(rt, w->slot), *member = tree_spawn(rt, w, root, FILCH_FORKING);
    if (!member) return false;
    member->tree.entry = record->entry;
    __builtin_memcpy(member->args, record->frame, FILCH_FRAME_BYTES);
    record->entry = 0;
    record->link = slot_index(rt, member);
    w->fork.promoted = promoted + 1;
    count(w, COUNT_promotions, 1);
    atom32_store(&member->tree.is_private, 1);
    state_yield_needs_item(member, w->view.worker);
    return true;
}

/* Puts the oldest private task into the deque. False: there is no slot, or words are corrupt. */
static bool try_publish_one(filch_runtime *rt, filch_worker *w)
{
    uint32_t published = w->fork.published;
    if (published >= RECORDS) return false;
    if (published == w->fork.promoted && !publish_try_promote(rt, w)) return false;
    w->fork.published = published + 1;
    uint32_t index = w->view.records[published].link;
    if (FILCH_CORRUPT_IF(index >= rt->slot_count)) return true;
    filch_slot *child = &rt->slots[index];
    if (atom64_load(&child->state) & STATE_QUEUED) queue_push(rt, w, child);
    return true;
}

void publish_all(filch_runtime *rt, filch_worker *w)
{
    if (w->fork.published < w->fork.promoted) w->wake_pending = true;
    while (w->fork.published < w->fork.promoted && try_publish_one(rt, w)) {}
}

void publish_for_idle(filch_runtime *rt, filch_worker *w, uint32_t records)
{
    uint32_t wanted = sleep_idle_count(rt);
    uint32_t there = deque_length(&w->deques[tree_priority(rt, w->slot)]);
    while (there < wanted && w->fork.published < records && try_publish_one(rt, w)) {
        sleep_try_unpark(rt, 1);
        there++;
    }
    if (there < wanted) publish_set_limit(w, true); /* the next call may have more */
}
