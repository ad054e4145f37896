#include "sched/fork_publish.h"

#include "core/deque.h"
#include "core/state.h"
#include "core/trace.h"
#include "core/tree.h"
#include "sched/queue.h"
#include "sched/sleep.h"

void publish_set_limit(const filch_runtime *rt, filch_worker *w, bool ask)
{
    uintptr_t limit = ask ? 0 : (uintptr_t)(worker_records(rt, w) + RECORDS);
    atom_pointer_store(&w->view.limit, limit);
}

void publish_request_steal(filch_runtime *rt, const filch_worker *w)
{
    for (uint32_t v = 0; v < plan_worker_count(rt); v++) {
        filch_worker *victim = &plan_workers(rt)[v];
        if (victim != w && atom64_load(&victim->shared.tree)) publish_set_limit(rt, victim, true);
    }
}

bool publish_try_promote(filch_runtime *rt, filch_worker *w)
{
    uint32_t promoted = w->fork.promoted;
    if (FILCH_CORRUPT_IF(promoted >= RECORDS_ALL)) return false;
    filch_record *record = &worker_records(rt, w)[promoted];
    if (!tree_try_reserve(rt, w, record->link + 1)) return false;
    filch_slot *root = tree_root(rt, worker_slot(rt, w)),
               *member = tree_spawn(rt, w, root, FILCH_FORKING);
    if (!member) return false;
    member->tree.entry = record->entry;
    __builtin_memcpy(member->args, record->frame, FILCH_FRAME_BYTES);
    record->entry = 0;
    record->link = slot_index(rt, member);
    w->fork.promoted = promoted + 1;
    count(w, COUNT_promotions, 1);
    atom32_store(&member->tree.is_private, 1);
    state_yield_needs_item(member, worker_index(rt, w));
    return true;
}

/* Puts the oldest private task into the deque. False: there is no slot, or words are corrupt. */
static bool try_publish_one(filch_runtime *rt, filch_worker *w)
{
    uint32_t published = w->fork.published;
    if (published >= RECORDS) return false;
    if (published == w->fork.promoted && !publish_try_promote(rt, w)) return false;
    w->fork.published = published + 1;
    uint32_t index = worker_records(rt, w)[published].link;
    if (FILCH_CORRUPT_IF(index >= plan_slot_count(rt))) return true;
    filch_slot *child = &plan_slots(rt)[index];
    if (atom64_load(&child->state) & STATE_QUEUED) queue_push(rt, w, child);
    return true;
}

/* The frame that waits for the task, where that frame, or one further out, may have private
 * children. NULL: none. A frame that waits for a task is blocked until that ends, so the worker
 * that runs in the task may read and write the frame. */
static filch_slot *outer_frame(const filch_runtime *rt, const filch_slot *slot)
{
    uint32_t link = tree_is_member(rt, slot) ? atom32_load(&slot->tree.join) : 0;
    if (!link || link > plan_slot_count(rt)) return 0;
    filch_slot *frame = &plan_slots(rt)[link - 1];
    return frame->tree.is_published ? 0 : frame;
}

/* The oldest private child of a saved frame. NULL: none. */
static filch_slot *oldest_private(const filch_runtime *rt, const filch_slot *frame)
{
    filch_slot *oldest = 0;
    uint32_t link = frame->tree.child;
    for (uint32_t n = 0; link && link <= plan_slot_count(rt) && n < FILCH_CHILDREN_MAX; n++) {
        filch_slot *child = &plan_slots(rt)[link - 1];
        if (atom32_load(&child->tree.is_private)) oldest = child;
        link = child->tree.sibling;
    }
    return oldest;
}

/* Puts up to `most` private children of the frames that wait for w's task into the deque, the
 * outermost first. How many. */
static uint32_t publish_outer(filch_runtime *rt, filch_worker *w, uint32_t most)
{
    filch_slot *frame = worker_slot(rt, w), *outer;
    uint32_t frames = 0, published = 0;
    for (; frames < plan_slot_count(rt) && (outer = outer_frame(rt, frame)); frames++)
        frame = outer;
    for (; frames; frames--) {
        for (filch_slot *child; (child = oldest_private(rt, frame)); published++) {
            if (published == most) return published;
            queue_push(rt, w, child);
        }
        frame->tree.is_published = 1;
        uint32_t inner = frame->tree.awaited;
        if (FILCH_CORRUPT_IF(!inner || inner > plan_slot_count(rt))) break;
        frame = &plan_slots(rt)[inner - 1];
    }
    return published;
}

void publish_all(filch_runtime *rt, filch_worker *w)
{
    bool any = publish_outer(rt, w, plan_slot_count(rt)) || w->fork.published < w->fork.promoted;
    if (any) w->wake_pending = true;
    while (w->fork.published < w->fork.promoted && try_publish_one(rt, w)) {}
}

void publish_for_idle(filch_runtime *rt, filch_worker *w, uint32_t records)
{
    uint32_t wanted = sleep_idle_count(rt);
    if (!wanted) return;
    uint32_t there = deque_length(&w->deques[tree_priority(rt, worker_slot(rt, w))]);
    while (there < wanted && (publish_outer(rt, w, 1) || /* those are older */
                              (w->fork.published < records && try_publish_one(rt, w)))) {
        sleep_try_unpark(rt, 1);
        there++;
    }
    if (there < wanted) publish_set_limit(rt, w, true); /* the next call may have more */
}
