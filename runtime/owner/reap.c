#include "owner/reap.h"

#include "core/slots.h"
#include "core/state.h"
#include "construct/alarm.h"
#include "construct/event.h"
#include "owner/recover.h"
#include "sched/completions.h"
#include "sched/depend.h"
#include "sched/queue.h"

bool reap_try_arm(filch_runtime *rt)
{
    if (!completions_try_arm(rt)) return false;
    bool swept = rt->owner.lost_trees && recover_try_sweep(rt);
    if (!swept && !event_try_look_again(rt) && !alarm_is_new(rt)) return true;
    atom32_store(&rt->doorbell, 0);
    return false;
}

uint64_t reap_next(filch_runtime *rt)
{
    if (rt->owner.inject_next < plan_slot_count(rt)) queue_try_inject_again(rt);
    if (rt->owner.lost_trees) recover_try_sweep(rt);
    uint32_t index = completions_take(rt);
    if (index == SLOT_NONE) return 0;
    uint64_t state = atom64_load(&plan_slots(rt)[index].state);
    if (FILCH_CORRUPT_IF(!(state & STATE_CLOSED))) return 0;
    return state_handle(rt, index);
}

filch_status reap_release(filch_runtime *rt, uint64_t handle)
{
    filch_slot *slot = state_find(rt, handle);
    if (!slot) return FILCH_STALE_HANDLE;
    if (slot->stage != REAPED) return FILCH_BAD_ARGUMENT;
    slot->stage = NOT_COMPLETED; /* a member never completes to the owner */
    rt->owner.submitted--;
    state_end(slot);
    if (depend_try_release(slot)) slots_give(rt, handle_slot(handle));
    return FILCH_OK;
}
