#include "program_oracle.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/deque.h"
#include "core/range.h"
#include "core/state.h"
#include "core/tree.h"
#include "program_totals.h"
#include "program_urgent.h"
#include "scene.h"
#include "sched/depend.h"

oracle_state oracle;
bool oracle_tells;

void oracle_tell(const char *format, ...)
{
    if (!oracle_tells) return;
    va_list values;
    va_start(values, format);
    fprintf(stderr, "%d: ", explore_self());
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
}

void oracle_begin(const program *p)
{
    memset(&oracle, 0, sizeof oracle);
    oracle.program = p;
    for (uint32_t i = 0; i < p->count; i++) {
        bool posts = p->operations[i].verb == PROGRAM_POST;
        oracle.has_trees |= posts && program_is_tree(p->operations[i].kernel);
    }
    for (uint32_t w = 0; w < PROGRAM_WORKERS; w++) oracle.workers[w].task = -1;
}

uint32_t oracle_deaths(void)
{
    uint32_t deaths = 0;
    for (int t = 1; t < oracle.threads; t++) deaths += explore_is_dead(t);
    return deaths;
}

filch_slot *oracle_slot(const oracle_task *task)
{
    return &plan_slots(scene)[handle_slot(task->handle)];
}

static bool is_completed(const oracle_task *task)
{
    return task->is_reaped || oracle_slot(task)->deps.dependents.word == DEPEND_COMPLETED;
}

/* Has completed with OK. */
static bool is_done(const oracle_task *task)
{
    if (task->is_reaped) return task->status == FILCH_OK;
    return is_completed(task) && oracle_slot(task)->status.word == FILCH_OK;
}

static uint32_t units_of(const oracle_task *task)
{
    return program_units(task->post->kernel, task->post->length);
}

/* Each unit has run. */
static bool is_whole(uint32_t number)
{
    const oracle_task *family = oracle_family(number);
    for (uint32_t unit = 0; unit < units_of(family); unit++) {
        if (!family->finished[unit]) return false;
    }
    return true;
}

/* -- the kernels -- */
void oracle_enters(uint32_t number, const filch_task *view)
{
    oracle_task *task = &oracle.tasks[number];
    EXPLORE_CHECK(number < PROGRAM_TASKS && task->post && !task->is_reaped);
    EXPLORE_CHECK(view->worker < oracle.program->workers);
    EXPLORE_CHECK(oracle.workers[view->worker].is_present);
    /* (9) A paused task has no worker in it. */
    EXPLORE_CHECK(!task->is_resting);
    for (uint32_t other = 0; !task->has_begun && other < PROGRAM_TASKS; other++) {
        if (!(task->after >> other & 1)) continue;
        EXPLORE_CHECK(is_done(&oracle.tasks[other]) && is_whole(other));
    }
    task->has_begun = true;
}

void oracle_chunk_begins(uint32_t number, const filch_task *view, uint64_t begin, uint64_t end)
{
    oracle_task *task = &oracle.tasks[number], *family = oracle_family(number);
    uint32_t w = view->worker;
    oracle_tell("worker %u begins %u: %u to %u", w, number, (unsigned)begin, (unsigned)end);
    oracle_enters(number, view);
    if (!task->handle) { /* the post has not returned */
        const filch_slot *slot = worker_slot(scene, &plan_workers(scene)[w]);
        uint32_t generation = state_generation(slot->state.word);
        task->handle = handle_of(slot_index(scene, slot), generation);
    }
    EXPLORE_CHECK(begin >= PROGRAM_BEGIN && begin < end);
    EXPLORE_CHECK(end <= PROGRAM_BEGIN + (uint64_t)task->post->length);
    EXPLORE_CHECK(oracle.workers[w].task < 0);
    oracle.workers[w].task = (int)number;
    if (task->post->kernel == PROGRAM_SEQUENTIAL) {
        /* In order, one worker at a time. */
        for (uint32_t unit = 0; unit < begin - PROGRAM_BEGIN; unit++)
            EXPLORE_CHECK(family->finished[unit]);
    }
    /* A failure ends the task, and its pause with it. */
    bool is_pending = oracle_slot(task)->status.word == FILCH_PENDING;
    if (!is_pending && !task->is_cancelled) task->is_bounded = false;
    /* (3), (9): at most one more chunk of each worker. */
    if (task->is_bounded) EXPLORE_CHECK(++task->since[w] <= 1);
    if (oracle.has_trees) return;
    /* A fork function may lack slots to leave its tree. */
    if (oracle.workers[w].is_bounded) EXPLORE_CHECK(++oracle.workers[w].since <= 1);
    if (oracle_deaths() == oracle.recovered && !oracle.in_call) urgent_check(task, w);
}

void oracle_chunk_ends(uint32_t number, const filch_task *view, uint64_t begin, uint64_t end)
{
    oracle_task *task = &oracle.tasks[number];
    EXPLORE_CHECK(!task->is_resting && !task->is_reaped);
    EXPLORE_CHECK(oracle.workers[view->worker].task == (int)number);
    oracle.workers[view->worker].task = -1;
    task->counted += end - begin;
    oracle_tell("worker %u ends %u", view->worker, number);
}

void oracle_unit_begins(uint32_t number, uint64_t unit)
{
    oracle_task *family = oracle_family(number);
    EXPLORE_CHECK(unit < units_of(family));
    EXPLORE_CHECK(!family->begun[unit] && "a unit runs twice"); /* (2) */
    family->begun[unit] = 1;
    oracle.units++;
}

void oracle_unit_ends(uint32_t number, uint64_t unit)
{
    oracle_task *family = oracle_family(number);
    EXPLORE_CHECK(family->begun[unit] && !family->finished[unit]);
    family->finished[unit] = 1;
}

/* -- the owner -- */
void oracle_asks(uint32_t number)
{
    oracle_task *task = &oracle.tasks[number];
    memset(task->since, 0, sizeof task->since);
    task->is_bounded = true;
}

void oracle_lets_go(uint32_t number)
{
    oracle_task *task = &oracle.tasks[number];
    task->is_paused = task->is_resting = task->is_bounded = false;
}

void oracle_check_pieces(uint32_t number, const double *pieces, uint32_t count)
{
    const oracle_task *family = oracle_family(number);
    uint64_t left = 0, at = PROGRAM_BEGIN;
    for (uint32_t i = 0; i < count; i++) {
        EXPLORE_CHECK(pieces[2 * i] >= (double)at && pieces[2 * i] < pieces[2 * i + 1]);
        for (at = (uint64_t)pieces[2 * i]; (double)at < pieces[2 * i + 1]; at++, left++) {
            EXPLORE_CHECK(at - PROGRAM_BEGIN < units_of(family));
            EXPLORE_CHECK(!family->begun[at - PROGRAM_BEGIN]);
        }
    }
    for (uint32_t unit = 0; unit < units_of(family); unit++) left += family->finished[unit];
    EXPLORE_CHECK(left == units_of(family));
}

static bool has_a_worker(void)
{
    for (uint32_t w = 0; w < oracle.program->workers; w++) {
        if (oracle.workers[w].is_present) return true;
    }
    return false;
}

/* What is left, for the reader of a failure. */
void oracle_tell_words(void)
{
    if (!oracle_tells) return;
    oracle_tell("sleep %llx doorbell %u completions %u lost trees %u",
                (unsigned long long)scene->sleep.word, scene->doorbell.word,
                scene->completions.word, scene->owner.lost_trees);
    for (uint32_t i = 0; i < plan_slot_count(scene); i++) {
        const filch_slot *slot = &plan_slots(scene)[i];
        if (!(slot->state.word & STATE_IN_USE)) continue;
        oracle_tell("slot %u: root %u state %llx kind %u status %u members %x join %x private %u "
                    "priority %u paused %u",
                    i, slot->tree.root.word, (unsigned long long)(slot->state.word & STATE_IN_USE),
                    slot->kind, slot->status.word, slot->tree.members.word, slot->tree.join.word,
                    slot->tree.is_private.word, slot->priority.word, slot->is_paused.word);
    }
    for (uint32_t w = 0; w < plan_worker_count(scene); w++) {
        const filch_worker *worker = &plan_workers(scene)[w];
        oracle_tell("worker %u: tree %llx priority %u request %u recalled %u", w,
                    (unsigned long long)worker->shared.tree.word, worker->shared.priority.word,
                    worker->shared.preempt_request.word, worker->shared.recalled.word);
        for (uint32_t priority = 0; priority < PRIORITIES; priority++) {
            const filch_deque *d = &worker->deques[priority], *in = &scene->injector[priority];
            oracle_tell("  priority %u: deque %u to %u, injector %u to %u", priority, d->top.word,
                        d->bottom.word, in->top.word, in->bottom.word);
        }
    }
}

/* (4) No worker is parked while there is a task that it could run. */
void oracle_parked(void)
{
    bool owner_acts = scene->owner.lost_trees || scene->owner.inject_next < plan_slot_count(scene);
    if (oracle_deaths() != oracle.recovered || owner_acts || !has_a_worker()) return;
    for (uint32_t t = 0; t < PROGRAM_TASKS; t++) {
        const oracle_task *task = &oracle.tasks[t];
        if (!task->handle || is_completed(task)) continue;
        bool is_pending = oracle_slot(task)->status.word == FILCH_PENDING, waits = false;
        for (uint32_t other = 0; other < PROGRAM_TASKS; other++) {
            if (task->after >> other & 1 && !is_completed(&oracle.tasks[other])) waits = true;
        }
        if (!(is_pending && task->is_paused) && !waits) oracle_tell_words();
        EXPLORE_CHECK(((is_pending && task->is_paused) || waits) &&
                      "all workers are parked, and a task waits");
    }
}

/* -- the end of a task -- */
static bool has_begun_at(const oracle_task *task, uint32_t end)
{
    uint32_t at = task->post->at;
    return task->post->end == end && at < PROGRAM_UNITS && oracle.tasks[task->family].begun[at];
}

static void check_done(uint32_t number)
{
    const oracle_task *task = &oracle.tasks[number];
    uint32_t kernel = task->post->kernel;
    EXPLORE_CHECK(is_whole(number));
    EXPLORE_CHECK(!has_begun_at(task, PROGRAM_FAILS) && !has_begun_at(task, PROGRAM_TRAPS));
    for (uint32_t other = 0; other < PROGRAM_TASKS; other++) {
        if (!(task->after >> other & 1)) continue;
        EXPLORE_CHECK(is_done(&oracle.tasks[other]));
    }
    EXPLORE_CHECK(totals_are_right(task));
    if (kernel < PROGRAM_TREE) EXPLORE_CHECK(oracle_slot(task)->done.word == task->post->length);
}

static void check_status(uint32_t number, uint32_t status, uint32_t code)
{
    oracle_task *task = &oracle.tasks[number];
    bool any = false;
    switch (status) {
    case FILCH_OK: check_done(number); break;
    case FILCH_CANCELLED: EXPLORE_CHECK(task->is_cancelled || oracle.is_stopped); break;
    case FILCH_KERNEL_FAILED:
        EXPLORE_CHECK(has_begun_at(task, PROGRAM_FAILS) && code == FAIL_CODE);
        break;
    case FILCH_KERNEL_TRAPPED: EXPLORE_CHECK(has_begun_at(task, PROGRAM_TRAPS)); break;
    case FILCH_WORKER_LOST:
        /* (6) A worker's death costs the task that it ran in. */
        EXPLORE_CHECK(++oracle.lost <= oracle.recovered);
        break;
    case FILCH_DEPENDENCY_FAILED:
        for (uint32_t other = 0; other < PROGRAM_TASKS; other++) {
            const oracle_task *dependency = &oracle.tasks[other];
            if (!(task->after >> other & 1) || !is_completed(dependency)) continue;
            any |= !is_done(dependency);
        }
        EXPLORE_CHECK(any && !task->has_begun);
        break;
    default: EXPLORE_CHECK(!"a status that no task of the program can have");
    }
}

void oracle_completes(uint32_t number)
{
    oracle_task *task = &oracle.tasks[number];
    filch_slot *slot = oracle_slot(task);
    uint32_t status = slot->status.word & 0xffff;
    uint64_t done = slot->done.word;
    EXPLORE_CHECK(task->post && !task->is_reaped);
    oracle_tell("%u completes with %u, %u done", number, status, (unsigned)done);
    memcpy(task->args, slot->args, sizeof task->args);
    check_status(number, status, slot->status.word >> 16);
    if (task->post->kernel < PROGRAM_TREE) {
        /* A chunk whose worker died may have run, and not been counted. */
        EXPLORE_CHECK(done <= task->before + task->counted);
        if (!oracle_deaths()) EXPLORE_CHECK(done == task->before + task->counted);
        /* Of a reduction the owner, which closes it, has no result. */
        bool is_sum = task->post->kernel == PROGRAM_SUM || task->post->kernel == PROGRAM_ORDERED;
        bool is_plain = task->post->kernel < PROGRAM_NEST && task->post->length && !is_sum;
        if (status == FILCH_CANCELLED && is_plain) EXPLORE_CHECK(done < task->post->length);
    }
    for (uint32_t w = 0; w < oracle.program->workers; w++)
        EXPLORE_CHECK(oracle.workers[w].task != (int)number);
    for (uint32_t holder = 0; holder <= plan_worker_count(scene); holder++) {
        const atom64 *word = range_at(scene, holder, handle_slot(task->handle));
        EXPLORE_CHECK(!range_length(range_unpack(word->word)));
    }
    task->status = status;
    task->is_reaped = true;
    oracle.reaped++;
}

/* -- the end of the program -- */
void oracle_check_end(uint32_t free_slots)
{
    EXPLORE_CHECK(oracle.reaped == oracle.posted);
    for (uint32_t t = 0; t < PROGRAM_TASKS; t++) {
        const oracle_task *task = &oracle.tasks[t];
        for (uint32_t other = 0; task->post && other < PROGRAM_TASKS; other++) {
            if (!(task->after >> other & 1) || oracle.tasks[other].status == FILCH_OK) continue;
            bool is_due = task->status == FILCH_DEPENDENCY_FAILED;
            /* A tree is lost whatever was decided: its worker was about to drop it. */
            if (task->post->kernel >= PROGRAM_TREE) is_due |= task->status == FILCH_WORKER_LOST;
            EXPLORE_CHECK(!task->has_begun && (is_due || task->status == FILCH_CANCELLED));
        }
    }
    /* A worker may have taken a slot as it died, and not marked it yet. */
    EXPLORE_CHECK(free_slots + oracle_deaths() >= plan_slot_count(scene));
    EXPLORE_CHECK(free_slots <= plan_slot_count(scene));
    uint32_t used = 0;
    for (uint32_t i = 0; i < plan_slot_count(scene); i++)
        used += (plan_slots(scene)[i].state.word & STATE_IN_USE) != 0;
    EXPLORE_CHECK(!used && !scene->owner.submitted && !scene->owner.lost_trees);
    for (uint32_t w = 0; w < plan_worker_count(scene); w++) {
        const filch_worker *worker = &plan_workers(scene)[w];
        EXPLORE_CHECK(!worker->shared.tree.word && !worker->shared.loop.word);
        EXPLORE_CHECK(!worker->tree.reserved);
    }
    if (oracle_deaths()) return;
    /* The injector may keep items of tasks that were cancelled: no slot is in use, so they are
     * stale. */
    for (uint32_t priority = 0; priority < PRIORITIES; priority++) {
        for (uint32_t w = 0; w < plan_worker_count(scene); w++)
            EXPLORE_CHECK(deque_is_empty(&plan_workers(scene)[w].deques[priority]));
    }
}
