#include "fork.h"

#include "idle.h"
#include "life.h"
#include "pool.h"
#include "sched.h"
#include "search.h"
#include "trace.h"
#include "tree.h"

#define POLLS_MOST 256
#define POLLS_NS 50000 /* between two looks at the clock */

static filch_worker *worker_of(filch_task *task) { return &task->runtime->workers[task->worker]; }
static uint32_t depth_of_stack(const filch_worker *w, const filch_record *base) { return (uint32_t)(base - w->view.records); }

static void set_limit(filch_worker *w, bool ask)
{
    uintptr_t limit = ask ? 0 : (uintptr_t)(w->view.records + RECORDS);
    atom_pointer_store(&w->view.limit, limit);
}

/* Elsewhere who wants the worker asks it. */
static bool watches_clock(const filch_worker *w) { return w->cooperative || w->fair; }

void fork_ask(filch_runtime *rt, const filch_worker *w)
{
    for (uint32_t v = 0; v < rt->worker_count; v++) {
        filch_worker *other = &rt->workers[v];
        if (other != w && atom64_load(&other->tree)) set_limit(other, true);
    }
}

/* -- promotion -- */
/* Makes the oldest private record a task of its own, which only its parent knows of. False: no slot. */
static bool promote(filch_runtime *rt, filch_worker *w)
{
    filch_record *record = &w->view.records[w->split];
    if (!tree_reserve(rt, w, record->link + 1)) return false;
    filch_slot *root = tree_root(rt, w->slot), *member = tree_spawn(rt, w, root, FILCH_FORKING);
    if (!member) return false;
    member->entry = record->entry;
    __builtin_memcpy(member->args, record->frame, FILCH_FRAME_BYTES);
    record->entry = 0;
    record->link = slot_index(rt, member);
    w->split++;
    count(w, COUNT_promotions, 1);
    atom32_store(&member->hidden, 1);
    life_yield(member, w->view.worker);
    return true;
}

/* The oldest of those that have not been shown to others, into the deque. False: no slot, or forged words. */
static bool show(filch_runtime *rt, filch_worker *w)
{
    if (w->shown >= RECORDS || (w->shown == w->split && !promote(rt, w))) return false;
    uint32_t index = w->view.records[w->shown++].link;
    if (index < rt->slot_count && (atom64_load(&rt->slots[index].life) & LIFE_QUEUED)) tree_push(rt, w, &rt->slots[index]);
    return true;
}

/* Before w waits: somebody may have the time for them meanwhile, w itself too. */
static void show_all(filch_runtime *rt, filch_worker *w)
{
    if (w->shown < w->split) w->owes = true;
    while (w->shown < w->split && show(rt, w)) {}
}

/* Work for those who are idle, the oldest first. What is there already is for as many of them: whoever is awake finds it, and
 * wakes another for what else there is. */
static void feed(filch_runtime *rt, filch_worker *w, uint32_t records)
{
    uint32_t wanted = idle_count(rt), there = deque_length(&w->deques[tree_level(rt, w->slot)]);
    while (there < wanted && w->shown < records && show(rt, w)) {
        idle_wake(rt, 1);
        there++;
    }
    if (there < wanted) set_limit(w, true); /* at the next call there may be more */
}

/* -- saving -- */
static filch_slot *save_slot(filch_runtime *rt, filch_worker *w, uint32_t depth)
{
    if (!depth) return w->slot;
    return tree_spawn(rt, w, tree_root(rt, w->slot), FILCH_FORKING);
}

static void save_frame(filch_runtime *rt, filch_worker *w, filch_slot *slot, uint32_t step)
{
    uint32_t link = slot_index(rt, slot) + 1;
    slot->step = step;
    slot->awaited = w->outermost ? w->outermost : w->awaited;
    if (w->outermost) atom32_store(&rt->slots[w->outermost - 1].join, link);
    else w->innermost = link;
    w->outermost = link;
}

void filch_fork_save(filch_task *task, filch_fork_entry *entry, const void *frame, uint32_t bytes, uint32_t step,
                     filch_record *base, filch_record *head, uint32_t depth)
{
    if (task->unwind != FILCH_UNWIND_SAVING) return;
    filch_runtime *rt = task->runtime;
    filch_worker *w = worker_of(task);
    filch_slot *slot = save_slot(rt, w, depth);
    if (!slot) { /* the reserve is counted: only forged words lead here */
        filch_fork_fail(task, FILCH_CORRUPT);
        return;
    }
    if (entry) {
        slot->entry = entry;
        __builtin_memcpy(slot->args, frame, bytes);
    }
    slot->child = 0;
    for (filch_record *r = base; r < head; r++) { /* all promoted */
        if (r->link >= rt->slot_count) continue;
        rt->slots[r->link].sibling = slot->child;
        slot->child = r->link + 1;
    }
    save_frame(rt, w, slot, step);
}

/* Everything on the stack can be saved: the slots for it are in reserve, and no record is private. */
static bool can_save(filch_runtime *rt, filch_worker *w, uint32_t records, uint32_t depth)
{
    if (!tree_reserve(rt, w, records - w->split + depth)) return false;
    while (w->split < records) {
        if (!promote(rt, w)) return false;
    }
    return tree_reserve(rt, w, depth);
}

/* Looks at the clock at each call where calls are long, at one in POLLS_MOST where they are short. */
static bool turn_over(filch_worker *w)
{
    if (++w->polls < w->polls_between) return false;
    uint64_t now = clock_ns(), since = now - w->polled;
    w->polls = 0;
    w->polled = now;
    if (since > POLLS_NS) w->polls_between = 1;
    else if (w->polls_between < POLLS_MOST) w->polls_between *= 2;
    return now >= w->slice_end;
}

bool filch_fork_poll(filch_task *task, filch_record *base, filch_fork_entry *entry, uint32_t bytes, uint32_t depth)
{
    filch_runtime *rt = task->runtime;
    filch_worker *w = worker_of(task);
    uint32_t records = depth_of_stack(w, base);
    bool deep = records >= RECORDS;
    set_limit(w, watches_clock(w));
    if (atom32_load(&w->attention)) {
        atom32_store(&w->attention, 0);
        if (tree_ended(rt, w->slot)) {
            task->unwind = FILCH_UNWIND_DROPPING;
            return true;
        }
        if (sched_attend(rt, w, true)) w->leaving = true;
    }
    if (watches_clock(w) && turn_over(w)) {
        w->fair = false;
        if (w->cooperative || sched_attend(rt, w, true)) w->leaving = true;
    }
    if (w->leaving || deep) {
        if (can_save(rt, w, records, depth)) {
            filch_slot *slot = save_slot(rt, w, depth);
            if (!slot) { /* forged, as above */
                filch_fork_fail(task, FILCH_CORRUPT);
                return true;
            }
            slot->entry = entry;
            __builtin_memcpy(slot->args, base->frame, bytes);
            slot->child = 0;
            w->awaited = 0;
            save_frame(rt, w, slot, 0);
            task->unwind = FILCH_UNWIND_SAVING;
            return true;
        }
        if (deep) {
            filch_fork_fail(task, FILCH_TOO_DEEP);
            return true;
        }
        set_limit(w, true); /* later, when the stack is lower, or the pool fuller */
    }
    feed(rt, w, records);
    return false;
}

uint64_t filch_fork_join(filch_task *task, filch_record *record, uint32_t depth)
{
    filch_runtime *rt = task->runtime;
    filch_worker *w = worker_of(task);
    uint32_t own = task->worker, index = record->link;
    if (index >= rt->slot_count) { /* forged */
        filch_fork_fail(task, FILCH_CORRUPT);
        return 0;
    }
    filch_slot *child = &rt->slots[index];
    w->split = depth_of_stack(w, record);
    if (w->shown > w->split) w->shown = w->split;
    if (atom32_load(&child->join) == JOIN_DONE) {
        uint64_t result = child->result;
        tree_release(rt, w, child);
        if (!tree_ended(rt, w->slot)) return result;
        task->unwind = FILCH_UNWIND_DROPPING; /* it may have been dropped */
        return 0;
    }
    if (child->kind == FILCH_FORKING && life_take(child, own, item_of(index, atom64_load(&child->life)))) {
        if (child->step == 0) { /* nobody has begun it */
            filch_fork_entry *entry = child->entry;
            __builtin_memcpy(record->frame, child->args, FILCH_FRAME_BYTES);
            tree_release(rt, w, child);
            return entry(task, record, record->frame, 0, depth);
        }
        life_yield(child, own);
        tree_push(rt, w, child);
        idle_wake(rt, 1);
    }
    show_all(rt, w);
    w->awaited = index + 1;
    task->unwind = FILCH_UNWIND_SAVING;
    count(w, COUNT_suspensions, 1);
    return 0;
}

void filch_fork_loop(filch_task *task, filch_record *head, const filch_kernel *kernel, uint64_t begin, uint64_t end,
                     const void *args, uint32_t depth)
{
    filch_runtime *rt = task->runtime;
    filch_worker *w = worker_of(task);
    uint32_t records = depth_of_stack(w, head);
    filch_slot *loop = 0;
    if (tree_reserve(rt, w, records - w->split + depth + 1) && can_save(rt, w, records, depth + 1)) {
        loop = sched_spawn_loop(rt, w, kernel, begin, end, args, JOIN_OPEN);
    }
    if (!loop) {
        int32_t code = sched_run_inline(rt, w, kernel, begin, end, args);
        if (code) filch_fork_fail(task, FILCH_KERNEL_FAILED | (uint32_t)code << 16);
        return;
    }
    show_all(rt, w);
    w->awaited = slot_index(rt, loop) + 1;
    task->unwind = FILCH_UNWIND_SAVING;
}

void filch_fork_fail(filch_task *task, uint32_t status)
{
    filch_runtime *rt = task->runtime;
    filch_worker *w = worker_of(task);
    filch_slot *root = tree_root(rt, w->slot);
    if (sched_decide(rt, root, status)) tree_push_all(rt, w, root);
    task->unwind = FILCH_UNWIND_DROPPING;
}

/* -- running -- */
/* The children of a frame that is resumed, back on the stack of records: all promoted. */
static uint32_t restore(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    uint32_t n = 0;
    for (uint32_t link = slot->child; link && link <= rt->slot_count && n < FILCH_CHILDREN_MAX; n++) link = rt->slots[link - 1].sibling;
    uint32_t link = slot->child;
    for (uint32_t i = n; i--; link = rt->slots[link - 1].sibling) {
        w->view.records[i].entry = 0;
        w->view.records[i].link = link - 1;
    }
    slot->child = 0;
    return n;
}

static void take_result(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    w->view.resumed = 0;
    if (!slot->awaited || slot->awaited > rt->slot_count) return;
    filch_slot *child = &rt->slots[slot->awaited - 1];
    w->view.resumed = child->result;
    slot->awaited = 0;
    tree_release(rt, w, child);
}

/* The end of what w was engaged in. */
static void finish(filch_runtime *rt, filch_worker *w, filch_slot *slot, uint64_t result)
{
    w->slot = 0;
    if (!life_leave(slot, w->view.worker)) return;
    if (tree_is_member(rt, slot)) tree_finish(rt, w, slot, result);
    else sched_settle(rt, w, slot);
}

/* The tree is to end: what w holds of it is dropped. */
static void drop(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    for (uint32_t i = 0; i < w->split; i++) tree_abandon(rt, w, w->view.records[i].link + 1);
    w->split = 0;
    finish(rt, w, slot, 0);
}

/* The saved frames wait, each for the one within it; and the innermost one for what was not there, or a worker. True: a worker. */
static bool publish(filch_runtime *rt, filch_worker *w)
{
    uint32_t own = w->view.worker, innermost = w->innermost - 1, awaited = w->awaited;
    filch_slot *inner = &rt->slots[innermost];
    for (filch_slot *slot = inner; slot != w->slot;) {
        slot = &rt->slots[atom32_load(&slot->join) - 1];
        life_wait(slot, own);
    }
    w->slot = 0;
    if (!awaited) {
        life_yield(inner, own);
        w->last = innermost;
        tree_push(rt, w, inner);
        return true;
    }
    life_wait(inner, own);
    uint32_t open = JOIN_OPEN;
    if (!atom32_cas(&rt->slots[awaited - 1].join, &open, innermost + 1) && life_end_wait(inner)) {
        tree_push(rt, w, inner); /* it has ended meanwhile */
        w->owes = true;
    }
    return false;
}

static uint64_t call(filch_runtime *rt, filch_worker *w, filch_slot *slot)
{
    filch_task *task = &w->view;
    task->unwind = FILCH_UNWIND_NOT;
    w->innermost = w->outermost = w->awaited = 0;
    if (watches_clock(w)) {
        w->polled = clock_ns();
        w->polls = 0;
        w->polls_between = 16;
        if (!w->cooperative) w->slice_end = sched_fair_end(w, w->polled);
    }
    w->leaving = sched_attend(rt, w, true);
    w->split = task->restored = restore(rt, w, slot);
    w->shown = 0;
    take_result(rt, w, slot);
    set_limit(w, true); /* the first call asks, whoever hungers or poked since `tree` was set; to raise it here would lose that */
    if (tree_is_member(rt, slot) && slot->entry) return slot->entry(task, task->records, slot->args, slot->step, 0);
    uint32_t kernel = slot->kernel < rt->kernel_count ? slot->kernel : 0;
    if (tree_is_member(rt, slot) || !rt->kernels[kernel] || rt->kernels[kernel]->kind != FILCH_FORKING) { /* forged */
        filch_fork_fail(task, FILCH_CORRUPT);
        return 0;
    }
    int32_t code = rt->kernels[kernel]->chunk(task, slot->args, slot->step, 0);
    if (code && task->unwind == FILCH_UNWIND_NOT) filch_fork_fail(task, FILCH_KERNEL_FAILED | (uint32_t)code << 16);
    return 0;
}

/* Some of its frames are saved, or were. */
static bool has_begun(const filch_runtime *rt, const filch_slot *slot)
{
    return tree_is_member(rt, slot) ? atom32_load(&slot->join) != JOIN_OPEN : atom32_load(&slot->helpers) != 0;
}

static bool could_go_on(const filch_runtime *rt, const filch_slot *slot, uint64_t life)
{
    return (life & LIFE_QUEUED) && tree_kind(slot) == FILCH_FORKING && has_begun(rt, slot) && !atom32_load(&tree_root(rt, slot)->paused);
}

/* Takes slot i instead of the task of this level that w is engaged in, if any; that goes back. False: it could not, or somebody else was first. */
static bool take_instead(filch_runtime *rt, filch_worker *w, uint32_t i, uint32_t level)
{
    filch_slot *slot = w->slot, *other = &rt->slots[i];
    uint64_t life = atom64_load(&other->life);
    if (!could_go_on(rt, other, life)) return false;
    if (slot) {
        w->slot = 0;
        life_yield(slot, w->view.worker);
        tree_push(rt, w, slot);
        idle_wake(rt, 1);
        /* Who has cancelled it meanwhile found it engaged. */
        if (tree_ended(rt, slot) && life_take(slot, w->view.worker, item_of(slot_index(rt, slot), atom64_load(&slot->life)))) {
            w->slot = slot;
            return true;
        }
    }
    if (!life_take(other, w->view.worker, item_of(i, life))) return false;
    if (tree_level(rt, other) > level) w->fair = true; /* else it would leave at once, for the one that it goes on instead of */
    atom32_store(&other->hidden, 0);
    w->slot = other;
    return true;
}

bool fork_choose(filch_runtime *rt, filch_worker *w)
{
    uint32_t free = pool_free(rt), level = tree_level(rt, w->slot), last = w->last;
    if (tree_ended(rt, w->slot) || atom32_load(&tree_root(rt, w->slot)->paused) || free >= rt->scarce) return true;
    bool any = free < rt->scarce / 2;
    if (last < rt->slot_count && (any || tree_level(rt, &rt->slots[last]) == level) && take_instead(rt, w, last, level)) return true;
    if (w->slot && (has_begun(rt, w->slot) || w->slot->step)) return true;
    for (uint32_t i = 0; i < rt->slot_count; i++) {
        if ((any || tree_level(rt, &rt->slots[i]) == level) && take_instead(rt, w, i, level)) return true;
    }
    return w->slot;
}

bool fork_run(filch_runtime *rt, filch_worker *w)
{
    filch_slot *slot = w->slot, *root = tree_root(rt, slot);
    bool made_room = false;
    sched_help(root, w);
    count(w, COUNT_tasks, 1);
    uint64_t begin = !trace_runs(w) || trace_on(rt) ? clock_ns() : 0;
    uint64_t handle = handle_of(slot_index(rt, root), life_generation(atom64_load(&root->life)));
    if (!trace_runs(w)) trace_doing(w, DOING_RUN, begin);
    w->chunk_begin = 0;
    w->chunk_end = 1;
    uint64_t result = 0;
    if (tree_ended(rt, slot)) {
        w->split = restore(rt, w, slot);
        take_result(rt, w, slot);
        w->view.unwind = FILCH_UNWIND_DROPPING;
    } else {
        result = call(rt, w, slot);
        if (layout_stack_overrun(rt, w->view.worker)) {
            uint32_t unwind = w->view.unwind;
            filch_fork_fail(&w->view, FILCH_STACK_OVERFLOW);
            if (unwind == FILCH_UNWIND_SAVING) w->view.unwind = unwind;
        }
    }
    if (trace_on(rt)) { /* first: with this the task may have ended, and the trace with it */
        uint64_t end = clock_ns();
        trace_event(rt, w, EVENT_FORK, begin ? begin : end, end, handle, 1);
    }
    if (w->view.unwind == FILCH_UNWIND_SAVING) {
        made_room = publish(rt, w) && !tree_ended(rt, root); /* one that is to end is next: who cancelled it may not have seen it queued */
    } else if (w->view.unwind == FILCH_UNWIND_DROPPING) {
        drop(rt, w, slot);
    } else {
        finish(rt, w, slot, result);
    }
    tree_give_back(rt, w);
    if (made_room) sched_publish(rt, tree_level(rt, root), 1);
    return made_room;
}

void fork_trapped(filch_runtime *rt, filch_worker *w)
{
    drop(rt, w, w->slot);
    tree_give_back(rt, w);
}
