#include "construct/alarm.h"

#include "construct/event.h"
#include "core/wait.h"

/* Looks at one wait that its worker changes meanwhile: it registers, withdraws, and arms. */
#define RING_TRIES 8

uint64_t alarm_next(filch_runtime *rt) { return rt->owner.alarm = atom64_load(&rt->alarm); }

bool alarm_is_new(const filch_runtime *rt)
{
    return plan_event_count(rt) && atom64_load(&rt->alarm) < rt->owner.alarm;
}

void alarm_ring(filch_runtime *rt)
{
    uint64_t now = clock_ns(), next = NO_ALARM;
    /* First: a worker whose task waits from now on sets the alarm again. */
    atom64_store(&rt->alarm, NO_ALARM);
    for (uint32_t i = 0; plan_event_count(rt) && i < plan_slot_count(rt); i++) {
        uint64_t word = wait_load(rt, i);
        for (int tries = 0; wait_is_on(word); tries++) {
            uint64_t deadline = atom64_load(&plan_waiters(rt)[i].deadline);
            bool is_over = deadline && deadline <= now && tries < RING_TRIES;
            if (!is_over && deadline && deadline < next) next = deadline;
            if (!is_over || event_try_end_wait(rt, i, &word, FILCH_WAITED_TIMEOUT)) break;
        }
    }
    wait_try_lower_alarm(rt, next);
    rt->owner.alarm = NO_ALARM;
}
