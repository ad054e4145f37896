#include "construct/event.h"

#include "core/state.h"
#include "core/tree.h"
#include "core/wait.h"
#include "sched/inbox.h"
#include "sched/queue.h"

#define EVENT_PERMITS_MOST 0x7fffffffu
#define EVENT_GENERATION_ONE ((uint64_t)1 << 48)

/* Looks at all slots, where workers change waits meanwhile. */
#define ROUNDS_MOST 64

/* The task of this slot, which was ARMED, goes on. */
static void make_ready(filch_runtime *rt, uint32_t index, uint32_t worker)
{
    filch_slot *slot = &plan_slots(rt)[index];
    uint32_t generation = state_generation(atom64_load(&slot->state));
    bool is_paused = atom32_load(&tree_root(rt, slot)->is_paused) && !tree_has_ended(rt, slot);
    if (!state_try_unwait(slot, generation, is_paused ? STATE_PAUSED : STATE_QUEUED)) return;
    /* A thread that ends the tree decides so first, and then looks for what is PAUSED. */
    if (is_paused && (!tree_has_ended(rt, slot) || !state_try_unpause(slot))) return;
    inbox_put(rt, slot, worker);
}

__attribute__((noinline)) bool event_try_end_wait(filch_runtime *rt, uint32_t slot, uint64_t *word,
                                                  filch_waited end)
{
    uint32_t worker = wait_worker_of(*word);
    wait_ending ending = wait_end(rt, slot, word, end);
    if (ending == ENDING_PASSED) make_ready(rt, slot, worker);
    return ending != ENDING_LOST;
}

static bool waits_for(uint64_t word, uint32_t number)
{
    return wait_is_on(word) && wait_event_of(word) == number;
}

/* Gives a permit back that no task has taken. */
static void give_back(const filch_runtime *rt, uint32_t number)
{
    atom64 *at = event_at(rt, number);
    uint64_t event = atom64_load(at);
    do {
        if ((event & EVENT_SET) || event_generation(event) != number >> 16) return;
    } while (!atom64_cas(at, &event, event + 1));
}

typedef enum round_end { ROUND_DONE, ROUND_MISSED } round_end;

/* Lets waiting tasks pass, as long as the event does, from the owner's hand on once around. MISSED:
 * a worker has changed its wait meanwhile. */
static round_end pass_round(filch_runtime *rt, uint32_t number)
{
    round_end end = ROUND_DONE;
    uint32_t first = rt->owner.hand, slots = plan_slot_count(rt);
    for (uint32_t i = 0; i < slots; i++) {
        uint32_t slot = (uint32_t)(((uint64_t)first + i) % slots);
        uint64_t word = wait_load(rt, slot);
        filch_waited how;
        if (!waits_for(word, number)) continue;
        if (!event_try_pass(rt, number, &how)) return end;
        if (event_try_end_wait(rt, slot, &word, how)) {
            rt->owner.hand = slot + 1;
            continue;
        }
        /* Another task may have seen the event without this permit, and waits. */
        if (how == FILCH_WAITED_EVENT) give_back(rt, number);
        end = ROUND_MISSED;
    }
    return end;
}

__attribute__((noinline)) static void pass_all(filch_runtime *rt, uint32_t number)
{
    for (uint32_t round = 0; round < ROUNDS_MOST; round++) {
        if (pass_round(rt, number) == ROUND_DONE) return;
    }
    rt->owner.event_missed = 1;
}

__attribute__((noinline)) bool event_try_look_again(filch_runtime *rt)
{
    if (!rt->owner.event_missed) return false;
    rt->owner.event_missed = 0;
    for (uint32_t i = 1; i < plan_event_count(rt); i++) {
        uint64_t event = atom64_load(&plan_events(rt)[i]);
        if (event & EVENT_IN_USE) pass_all(rt, event_generation(event) << 16 | i);
    }
    inbox_flush(rt);
    return true;
}

/* The event, where the number names one. */
__attribute__((noinline)) static atom64 *event_find(const filch_runtime *rt, uint32_t number)
{
    atom64 *at = event_at(rt, number);
    uint64_t event = at ? atom64_load(at) : 0;
    bool is_it = (event & EVENT_IN_USE) && event_generation(event) == number >> 16;
    return is_it ? at : 0;
}

uint32_t event_open(filch_runtime *rt)
{
    uint32_t count = plan_event_count(rt), first = rt->owner.event_next;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = (uint32_t)(((uint64_t)first + i) % count);
        atom64 *at = event_at(rt, index);
        uint64_t event = at ? atom64_load(at) : EVENT_IN_USE;
        if (event & EVENT_IN_USE) continue;
        rt->owner.event_next = index + 1;
        /* The generation was raised when the event before it was closed. */
        uint32_t generation = event_generation(event);
        atom64_store(at, (uint64_t)generation << 48 | EVENT_IN_USE);
        return generation << 16 | index;
    }
    return 0;
}

bool event_try_close(filch_runtime *rt, uint32_t number)
{
    atom64 *at = event_find(rt, number);
    if (!at) return false;
    /* First: a task that waits from now on sees that the number is of no event. */
    atom64_store(at, (uint64_t)((number >> 16) + 1) << 48);
    pass_all(rt, number);
    return true;
}

bool event_try_set(filch_runtime *rt, uint32_t number)
{
    atom64 *at = event_find(rt, number);
    if (!at) return false;
    atom64_or(at, EVENT_SET);
    pass_all(rt, number);
    return true;
}

bool event_try_reset(filch_runtime *rt, uint32_t number)
{
    atom64 *at = event_find(rt, number);
    if (!at) return false;
    atom64_store(at, (uint64_t)(number >> 16) << 48 | EVENT_IN_USE);
    return true;
}

bool event_try_pulse(filch_runtime *rt, uint32_t number, uint32_t permits)
{
    atom64 *at = event_find(rt, number);
    if (!at) return false;
    uint64_t event = atom64_load(at), more;
    do {
        uint32_t has = (uint32_t)event < EVENT_PERMITS_MOST ? (uint32_t)event : EVENT_PERMITS_MOST;
        more = permits < EVENT_PERMITS_MOST - has ? permits : EVENT_PERMITS_MOST - has;
        more = (event & ~(uint64_t)UINT32_MAX) | (has + more);
    } while (!atom64_cas(at, &event, more));
    pass_all(rt, number);
    return true;
}

__attribute__((noinline)) bool event_try_begin_wait(filch_runtime *rt, uint32_t slot,
                                                    const filch_wait_request *request)
{
    filch_waited how;
    bool is_over = event_try_pass(rt, request->event, &how);
    if (!is_over && request->milliseconds == 0) {
        is_over = true;
        how = FILCH_WAITED_TIMEOUT;
    }
    if (is_over) {
        wait_keep(rt, slot, how);
        return false;
    }
    uint64_t deadline = wait_deadline(request->milliseconds);
    uint64_t word = wait_register(rt, slot, 0, request->event, deadline);
    wait_try_arm(rt, slot, word);
    if (deadline) wait_try_lower_alarm(rt, deadline);
    return true;
}

filch_event_look event_look(const filch_runtime *rt, uint32_t number)
{
    const atom64 *at = event_find(rt, number);
    uint64_t event = at ? atom64_load(at) : 0;
    return (filch_event_look){
        .permits = (uint32_t)event, .is_there = at != 0, .is_set = event & EVENT_SET};
}

uint32_t event_waiting(const filch_runtime *rt, uint32_t number)
{
    uint32_t waiting = 0;
    for (uint32_t i = 0; event_find(rt, number) && i < plan_slot_count(rt); i++)
        waiting += waits_for(wait_load(rt, i), number);
    return waiting;
}
