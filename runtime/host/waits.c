/* Tasks that wait, for JavaScript: events and the alarm. */
#include "construct/alarm.h"
#include "construct/event.h"
#include "core/state.h"
#include "core/tree.h"
#include "core/wait.h"
#include "host/wasm.h"
#include "sched/inbox.h"

/* The one of this instance. */
#define runtime plan_runtime(0)

void filch_host_tell_time(void) { atom32_store(&runtime->tells_time, 1); }

static double permits_of(uint32_t event)
{
    filch_event_look look = event_look(runtime, event);
    if (!look.is_there) return -2;
    return look.is_set ? -1.0 : look.permits;
}

double filch_host_event(uint32_t request, uint32_t event, uint32_t permits)
{
    switch (request) {
    case EVENT_OPEN: return event_open(runtime);
    case EVENT_CLOSE: return event_try_close(runtime, event);
    case EVENT_TO_SET: return event_try_set(runtime, event);
    case EVENT_RESET: return event_try_reset(runtime, event);
    case EVENT_PULSE: return event_try_pulse(runtime, event, permits);
    case EVENT_PERMITS: return permits_of(event);
    default: return event_waiting(runtime, event);
    }
}

void filch_host_wake(void) { inbox_flush(runtime); }

double filch_host_alarm(void)
{
    uint64_t alarm = alarm_next(runtime), now = clock_ns();
    if (alarm == NO_ALARM) return 0;
    return alarm > now ? (double)(alarm - now) / 1e6 : 1e-6;
}

void filch_host_ring(void) { alarm_ring(runtime); }

uint32_t filch_host_task_waits(double number)
{
    /* JavaScript has not released the task, so its slot has no other. */
    uint64_t handle = number > 0 && number <= (double)RANGE_MAX ? (uint64_t)number : 0;
    uint32_t slot = handle_slot(handle);
    if (!handle || slot >= plan_slot_count(runtime)) return 0;
    const filch_slot *root = &plan_slots(runtime)[slot];
    for (uint32_t i = 0; i < plan_slot_count(runtime); i++) {
        if (wait_phase_of(wait_load(runtime, i)) == WAIT_NONE) continue;
        if (tree_root(runtime, &plan_slots(runtime)[i]) == root) return 1;
    }
    return 0;
}
#undef runtime
