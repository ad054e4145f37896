#include "core/wait.h"

#include "core/state.h"

#define PHASE_MASK ((uint64_t)7)
#define END_SHIFT 3
#define WORKER_SHIFT 5
#define SEQUENCE_ONE ((uint64_t)1 << 10)
#define SEQUENCE_MASK (((uint64_t)1 << 32) - SEQUENCE_ONE)
#define EVENT_SHIFT 32

/* The longest wait with an end: some 11 days less than the clock's 2^63 ns could count. */
#define MILLISECONDS_MOST 9e12

uint64_t wait_deadline(double milliseconds)
{
    if (!(milliseconds < MILLISECONDS_MOST)) return 0;
    return clock_ns() + (uint64_t)(milliseconds * 1e6) + 1;
}

bool wait_is_valid(const filch_wait_request *request)
{
    bool has_end = request->milliseconds < MILLISECONDS_MOST;
    return request->milliseconds >= 0 && (request->event || has_end);
}

bool wait_try_lower_alarm(filch_runtime *rt, uint64_t deadline)
{
    uint64_t alarm = atom64_load(&rt->alarm);
    do {
        if (alarm <= deadline) return false;
    } while (!atom64_cas(&rt->alarm, &alarm, deadline));
    return true;
}

static bool try_word(filch_runtime *rt, uint32_t slot, uint64_t from, uint64_t to)
{
    return atom64_cas(&plan_waiters(rt)[slot].word, &from, to);
}

uint64_t wait_register(filch_runtime *rt, uint32_t slot, uint32_t w, uint32_t event,
                       uint64_t deadline)
{
    filch_waiter *waiter = &plan_waiters(rt)[slot];
    uint64_t sequence = (atom64_load(&waiter->word) + SEQUENCE_ONE) & SEQUENCE_MASK;
    uint64_t word = (uint64_t)event << EVENT_SHIFT | sequence | (uint64_t)w << WORKER_SHIFT;
    word |= WAIT_REGISTERED;
    atom64_store(&waiter->deadline, deadline); /* first: the word publishes it */
    atom64_store(&waiter->word, word);
    return word;
}

bool wait_try_withdraw(filch_runtime *rt, uint32_t slot, uint64_t word)
{
    return try_word(rt, slot, word, word & ~PHASE_MASK);
}

bool wait_try_arm(filch_runtime *rt, uint32_t slot, uint64_t word)
{
    return try_word(rt, slot, word, (word & ~PHASE_MASK) | WAIT_ARMED);
}

__attribute__((noinline)) filch_waited wait_take(filch_runtime *rt, uint32_t slot)
{
    if (!plan_event_count(rt)) return FILCH_NOT_WAITED;
    uint64_t word = wait_load(rt, slot);
    wait_phase phase = wait_phase_of(word);
    if (phase == WAIT_NONE) return FILCH_NOT_WAITED;
    atom64_store(&plan_waiters(rt)[slot].word, word & ~PHASE_MASK);
    return wait_is_on(word) ? FILCH_NOT_WAITED : wait_end_of(word);
}

void wait_keep(filch_runtime *rt, uint32_t slot, filch_waited end)
{
    uint64_t word = wait_load(rt, slot) & ~(PHASE_MASK | (uint64_t)3 << END_SHIFT);
    atom64_store(&plan_waiters(rt)[slot].word, word | (uint64_t)end << END_SHIFT | WAIT_PASSED);
}

wait_ending wait_end(filch_runtime *rt, uint32_t slot, uint64_t *word, filch_waited end)
{
    bool is_armed = wait_phase_of(*word) == WAIT_ARMED;
    uint64_t ended = (*word & ~PHASE_MASK) | (uint64_t)end << END_SHIFT;
    ended |= is_armed ? WAIT_PASSED : WAIT_EARLY;
    if (!atom64_cas(&plan_waiters(rt)[slot].word, word, ended)) return ENDING_LOST;
    return is_armed ? ENDING_PASSED : ENDING_EARLY;
}

/* One that is REGISTERED may become ARMED meanwhile, no more. */
#define RELEASE_TRIES 4

__attribute__((noinline)) bool wait_try_release(filch_runtime *rt, filch_slot *slot)
{
    if (!plan_event_count(rt)) return false;
    uint32_t index = slot_index(rt, slot);
    uint64_t word = wait_load(rt, index);
    for (int i = 0; wait_is_on(word) && i < RELEASE_TRIES; i++) {
        wait_ending ending = wait_end(rt, index, &word, FILCH_WAITED_FAILED);
        if (ending == ENDING_LOST) continue;
        if (ending == ENDING_EARLY) return false;
        uint32_t generation = state_generation(atom64_load(&slot->state));
        return state_try_unwait(slot, generation, STATE_QUEUED);
    }
    return false;
}

atom64 *event_at(const filch_runtime *rt, uint32_t number)
{
    uint32_t index = event_index(number);
    return index && index < plan_event_count(rt) ? &plan_events(rt)[index] : 0;
}

__attribute__((noinline)) bool event_try_pass(const filch_runtime *rt, uint32_t number,
                                              filch_waited *end)
{
    *end = FILCH_WAITED_FAILED;
    if (!number) return false; /* a wait for a time */
    atom64 *at = event_at(rt, number);
    if (!at) return true;
    uint64_t event = atom64_load(at);
    do {
        bool is_it = (event & EVENT_IN_USE) && event_generation(event) == number >> 16;
        if (!is_it) return true;
        *end = FILCH_WAITED_EVENT;
        if (event & EVENT_SET) return true;
        *end = FILCH_WAITED_FAILED;
        if (!(uint32_t)event) return false;
    } while (!atom64_cas(at, &event, event - 1));
    *end = FILCH_WAITED_EVENT;
    return true;
}

__attribute__((noinline)) bool event_is_open(const filch_runtime *rt, uint32_t number)
{
    if (!number) return false;
    const atom64 *at = event_at(rt, number);
    uint64_t event = at ? atom64_load(at) : 0;
    bool is_it = (event & EVENT_IN_USE) && event_generation(event) == number >> 16;
    return !is_it || (event & EVENT_SET) || (uint32_t)event;
}
