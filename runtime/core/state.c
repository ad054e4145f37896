#include "core/state.h"

uint64_t state_handle(const filch_runtime *rt, uint32_t index)
{
    const filch_slot *slot = &plan_slots(rt)[index];
    uint64_t generation = state_generation(atom64_load(&slot->state));
    return (uint64_t)state_era(slot) << HANDLE_ERA_SHIFT | handle_of(index, (uint32_t)generation);
}

filch_slot *state_find(filch_runtime *rt, uint64_t handle)
{
    if (handle_slot(handle) >= plan_slot_count(rt)) return 0;
    filch_slot *slot = &plan_slots(rt)[handle_slot(handle)];
    uint64_t state = atom64_load(&slot->state);
    bool same = state_generation(state) == handle_generation(handle) &&
                state_era(slot) == handle >> HANDLE_ERA_SHIFT;
    return (state & STATE_IN_USE) && same ? slot : 0;
}

bool state_try_take(filch_slot *slot, uint32_t w, uint32_t item)
{
    uint64_t state = atom64_load(&slot->state);
    do {
        if (!(state & STATE_QUEUED) || item_of(item_slot(item), state) != item) return false;
    } while (!atom64_cas(&slot->state, &state, (state & ~STATE_QUEUED) | STATE_WORKER(w)));
    FILCH_INVARIANT(!(state & STATE_CLOSED));
    return true;
}

bool state_try_join(filch_slot *slot, uint32_t w, uint64_t handle)
{
    uint64_t state = atom64_load(&slot->state);
    do {
        if (state_generation(state) != handle_generation(handle)) return false;
        if ((state & (STATE_CLOSED | STATE_PAUSED)) || !(state & STATE_WORKERS)) return false;
    } while (!atom64_cas(&slot->state, &state, state | STATE_WORKER(w)));
    FILCH_INVARIANT(!(state & STATE_WORKER(w)));
    return true;
}

bool state_leave_is_last(filch_slot *slot, uint32_t w)
{
    uint64_t state = atom64_load(&slot->state);
    for (;;) {
        uint64_t rest = state & ~STATE_WORKER(w);
        bool last = !(rest & (STATE_WORKERS | STATE_QUEUED | STATE_PAUSED));
        FILCH_INVARIANT((state & STATE_WORKER(w)) && !(state & STATE_CLOSED));
        /* The bit of the worker that closes the task stays: after its loss the bit tells who had
         * to complete it. */
        if (atom64_cas(&slot->state, &state, last ? state | STATE_CLOSED : rest)) return last;
    }
}

bool state_yield_needs_item(filch_slot *slot, uint32_t w)
{
    uint64_t state = atom64_load(&slot->state);
    while (!atom64_cas(&slot->state, &state, (state & ~STATE_WORKER(w)) | STATE_QUEUED)) {}
    FILCH_INVARIANT((state & STATE_WORKER(w)) && !(state & STATE_CLOSED));
    return !(state & STATE_QUEUED);
}

void state_reopen(filch_slot *slot, uint32_t w)
{
    uint64_t state = atom64_load(&slot->state); /* CLOSED: no other thread writes it */
    FILCH_INVARIANT(state & STATE_CLOSED);
    atom64_store(&slot->state, (state & ~(STATE_CLOSED | STATE_WORKERS)) | STATE_WORKER(w));
}

bool state_try_close_idle(filch_slot *slot, uint64_t handle, uint64_t closer)
{
    uint64_t state = atom64_load(&slot->state), closed;
    do {
        bool same = state_generation(state) == handle_generation(handle);
        bool is_idle = (state & STATE_IN_USE) && !(state & (STATE_WORKERS | STATE_CLOSED));
        if (!same || !is_idle) return false;
        closed = (state & ~STATE_IN_USE) | STATE_CLOSED | closer;
    } while (!atom64_cas(&slot->state, &state, closed));
    return true;
}

void state_pause(filch_slot *slot, uint32_t w)
{
    uint64_t state = atom64_load(&slot->state);
    while (!atom64_cas(&slot->state, &state, (state & ~STATE_WORKER(w)) | STATE_PAUSED)) {}
    FILCH_INVARIANT((state & STATE_WORKER(w)) && !(state & STATE_CLOSED));
}

bool state_try_pause_queued(filch_slot *slot, uint64_t handle)
{
    uint64_t state = atom64_load(&slot->state);
    do {
        bool same = state_generation(state) == handle_generation(handle);
        if (!same || !(state & STATE_QUEUED)) return false;
    } while (!atom64_cas(&slot->state, &state, (state & ~STATE_QUEUED) | STATE_PAUSED));
    return true;
}

/* Changes `from` to `to`. False: `from` is not set. */
static bool try_change(filch_slot *slot, uint64_t from, uint64_t to)
{
    uint64_t state = atom64_load(&slot->state);
    do {
        if (!(state & from)) return false;
    } while (!atom64_cas(&slot->state, &state, (state & ~from) | to));
    return true;
}

bool state_try_unpause(filch_slot *slot) { return try_change(slot, STATE_PAUSED, STATE_QUEUED); }
void state_block(filch_slot *slot, uint32_t w) { try_change(slot, STATE_WORKER(w), STATE_BLOCKED); }
bool state_try_unblock(filch_slot *slot) { return try_change(slot, STATE_BLOCKED, STATE_QUEUED); }

bool state_try_unwait(filch_slot *slot, uint32_t generation, uint64_t to)
{
    uint64_t state = atom64_load(&slot->state);
    do {
        if (state_generation(state) != generation || !(state & STATE_BLOCKED)) return false;
    } while (!atom64_cas(&slot->state, &state, (state & ~STATE_BLOCKED) | to));
    return true;
}

void state_end(filch_slot *slot)
{
    uint64_t state = atom64_load(&slot->state);
    FILCH_INVARIANT(state & STATE_IN_USE);
    uint32_t generation = (state_generation(state) + 1) & GENERATION_MAX;
    if (!generation) __atomic_store_n(&slot->era, state_era(slot) + 1, __ATOMIC_RELAXED);
    atom64_store(&slot->state, state_free(generation ? generation : 1));
}
