#include "sched/wait.h"

#include "core/state.h"
#include "core/trace.h"
#include "core/tree.h"
#include "core/wait.h"
#include "sched/completions.h"
#include "sched/queue.h"
#include "sched/settle.h"

/* Times that other tasks take the permits that this one has seen. More than that only a page does
 * that writes to the event all the time. */
#define PASS_TRIES 1000

uint32_t wait_refusal(const filch_runtime *rt, const filch_wait_request *request)
{
    if (!plan_event_count(rt) || !atom32_load(&rt->tells_time)) return FILCH_NO_WAIT;
    return wait_is_valid(request) ? FILCH_OK : FILCH_BAD_ARGUMENT;
}

bool wait_is_over(const filch_runtime *rt, const filch_wait_request *request, filch_waited *end)
{
    if (event_try_pass(rt, request->event, end)) return true;
    *end = FILCH_WAITED_TIMEOUT;
    return request->milliseconds == 0;
}

__attribute__((noinline)) wait_leave wait_try_leave(filch_runtime *rt, filch_worker *w,
                                                    filch_slot *slot)
{
    uint32_t index = slot_index(rt, slot), own = worker_index(rt, w), tries = 0;
    uint32_t event = w->wait.request.event;
    uint64_t deadline = wait_deadline(w->wait.request.milliseconds), word;
    filch_waited end;
    for (;;) {
        word = wait_register(rt, index, own, event, deadline);
        /* Either this thread sees the end of the tree or an open event, or the thread that decides
         * or opens it sees the task. */
        bool is_ending = tree_has_ended(rt, slot);
        if (!is_ending && !event_is_open(rt, event)) break;
        if (!wait_try_withdraw(rt, index, word)) return LEAVE_NOT;
        end = FILCH_WAITED_FAILED;
        if (is_ending || FILCH_CORRUPT_IF(++tries == PASS_TRIES) ||
            event_try_pass(rt, event, &end)) {
            wait_keep(rt, index, end);
            return LEAVE_NOT;
        }
    }
    /* Either the owner that looks at the deadlines sees the task, which is REGISTERED, or w sees
     * that there is no such alarm. First: w may die after the task is BLOCKED. */
    if (deadline && wait_try_lower_alarm(rt, deadline)) completions_try_notify(rt);
    count(w, COUNT_suspensions, 1);
    uint32_t generation = state_generation(atom64_load(&slot->state));
    w->slot = 0;
    state_block(slot, own);
    if (wait_try_arm(rt, index, word)) return LEAVE_BLOCKED;
    return state_try_unwait(slot, generation, STATE_QUEUED) ? LEAVE_QUEUED : LEAVE_BLOCKED;
}

__attribute__((noinline)) bool wait_has_left_loop(filch_runtime *rt, filch_worker *w)
{
    filch_slot *slot = worker_slot(rt, w);
    filch_waited end;
    if (wait_is_over(rt, &w->wait.request, &end)) {
        wait_keep(rt, slot_index(rt, slot), end); /* w may leave the loop before its next chunk */
        return false;
    }
    uint64_t handle = handle_of(slot_index(rt, slot), state_generation(atom64_load(&slot->state)));
    wait_leave leave = wait_try_leave(rt, w, slot);
    if (leave == LEAVE_NOT) return false;
    if (leave == LEAVE_BLOCKED) return true;
    if (settle_try_idle(rt, w, handle)) return true;
    queue_push(rt, w, slot);
    w->wake_pending = true; /* w most likely takes the loop next */
    return true;
}

int32_t filch_await(filch_task *task, uint32_t event, double milliseconds, uint64_t done)
{
    filch_runtime *rt = runtime_of(task);
    filch_worker *w = worker_of(task);
    filch_wait_request request = {.event = event, .milliseconds = milliseconds};
    uint32_t refusal = w->wait.is_allowed ? wait_refusal(rt, &request) : FILCH_NO_WAIT;
    if (refusal) {
        settle_fail(rt, w, refusal);
        return -1;
    }
    w->wait.request = request;
    w->wait.done = done;
    w->wait.is_asked = 1;
    return FILCH_WAITS;
}
