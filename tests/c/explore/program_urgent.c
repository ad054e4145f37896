#include "program_urgent.h"

#include <string.h>

#include "core/deque.h"
#include "core/state.h"
#include "scene.h"

static uint32_t priority_of(const oracle_task *task)
{
    const filch_slot *slot = oracle_slot(task);
    return slot->status.word == FILCH_PENDING ? slot->priority.word : 0;
}

void urgent_call_ends(void)
{
    oracle.in_call = false;
    urgent_shifts();
}

void urgent_shifts(void)
{
    for (uint32_t t = 0; t < PROGRAM_TASKS; t++) memset(oracle.tasks[t].passed, 0, PROGRAM_WORKERS);
}

static bool has_item(const filch_deque *d, uint32_t item)
{
    /* Its owner may be in a pop: then `bottom` may be below `top`. */
    for (uint32_t i = d->top.word; (int32_t)(d->bottom.word - i) > 0; i++) {
        if (deque_items(scene, d)[i & plan_mask(scene)].word == item) return true;
    }
    return false;
}

/* Otherwise a worker has the task's item in its hands, and is about to take the task. */
static bool is_in_a_queue(const oracle_task *task)
{
    uint32_t item = item_of(handle_slot(task->handle), oracle_slot(task)->state.word);
    for (uint32_t priority = 0; priority < PRIORITIES; priority++) {
        if (has_item(&scene->injector[priority], item)) return true;
        for (uint32_t w = 0; w < plan_worker_count(scene); w++) {
            if (has_item(&plan_workers(scene)[w].deques[priority], item)) return true;
        }
    }
    return false;
}

static bool is_queued(const oracle_task *task)
{
    bool lives = task->handle && !task->has_begun && !task->after && !task->is_paused;
    return lives && !task->is_cancelled && oracle_slot(task)->state.word & STATE_QUEUED &&
           oracle_slot(task)->status.word == FILCH_PENDING && is_in_a_queue(task);
}

/* The worker is at something that it leaves for this task. */
static bool is_less_urgent(const oracle_worker *worker, const oracle_task *urgent)
{
    return worker->task < 0 || priority_of(&oracle.tasks[worker->task]) > priority_of(urgent);
}

void urgent_check(const oracle_task *task, uint32_t w)
{
    uint32_t priority = priority_of(task);
    for (oracle_task *urgent = oracle.tasks; urgent < oracle.tasks + PROGRAM_TASKS; urgent++) {
        if (!is_queued(urgent)) continue;
        if (priority <= priority_of(urgent)) {
            memset(urgent->passed, 0, sizeof urgent->passed);
            continue;
        }
        urgent->passed[w]++;
        bool is_asked = false;
        for (uint32_t v = 0; v < oracle.program->workers; v++) {
            const oracle_worker *other = &oracle.workers[v];
            bool may_be = other->is_present && is_less_urgent(other, urgent);
            is_asked |= may_be && urgent->passed[v] <= 1;
        }
        EXPLORE_CHECK(is_asked && "urgent work waits, and each worker has begun two chunks");
    }
}
