#include "life.h"

bool life_take(filch_slot *slot, uint32_t w, uint32_t item)
{
    uint64_t life = atom64_load(&slot->life);
    do {
        if (!(life & LIFE_QUEUED) || item_of(item_slot(item), life) != item) return false;
    } while (!atom64_cas(&slot->life, &life, (life & ~LIFE_QUEUED) | LIFE_WORKER(w)));
    return true;
}

bool life_join(filch_slot *slot, uint32_t w, uint64_t handle)
{
    uint64_t life = atom64_load(&slot->life);
    do {
        if (life_generation(life) != handle_generation(handle) || (life & (LIFE_CLOSED | LIFE_HELD)) || !(life & LIFE_WORKERS)) {
            return false;
        }
    } while (!atom64_cas(&slot->life, &life, life | LIFE_WORKER(w)));
    return true;
}

bool life_leave(filch_slot *slot, uint32_t w)
{
    uint64_t life = atom64_load(&slot->life);
    for (;;) {
        uint64_t rest = life & ~LIFE_WORKER(w);
        bool last = !(rest & (LIFE_WORKERS | LIFE_QUEUED | LIFE_HELD));
        /* The closer's bit stays: after its death it tells who should have settled the task. */
        if (atom64_cas(&slot->life, &life, last ? life | LIFE_CLOSED : rest)) return last;
    }
}

bool life_yield(filch_slot *slot, uint32_t w)
{
    uint64_t life = atom64_load(&slot->life);
    while (!atom64_cas(&slot->life, &life, (life & ~LIFE_WORKER(w)) | LIFE_QUEUED)) {}
    return !(life & LIFE_QUEUED);
}

void life_reopen(filch_slot *slot, uint32_t w)
{
    uint64_t life = atom64_load(&slot->life); /* CLOSED: nobody else writes it */
    atom64_store(&slot->life, (life & ~(LIFE_CLOSED | LIFE_WORKERS)) | LIFE_WORKER(w));
}

bool life_close_idle(filch_slot *slot, uint64_t life)
{
    uint64_t idle = life & LIFE_ANY;
    if (idle != LIFE_QUEUED && idle != LIFE_HELD && idle != LIFE_WAITING) return false;
    return atom64_cas(&slot->life, &life, (life & ~LIFE_ANY) | LIFE_CLOSED);
}

void life_hold(filch_slot *slot, uint32_t w)
{
    uint64_t life = atom64_load(&slot->life);
    while (!atom64_cas(&slot->life, &life, (life & ~LIFE_WORKER(w)) | LIFE_HELD)) {}
}

/* Changes `from` to `to` where it is set. */
static bool change(filch_slot *slot, uint64_t from, uint64_t to)
{
    uint64_t life = atom64_load(&slot->life);
    do {
        if (!(life & from)) return false;
    } while (!atom64_cas(&slot->life, &life, (life & ~from) | to));
    return true;
}

bool life_hold_queued(filch_slot *slot, uint64_t handle)
{
    uint64_t life = atom64_load(&slot->life);
    do {
        if (life_generation(life) != handle_generation(handle) || !(life & LIFE_QUEUED)) return false;
    } while (!atom64_cas(&slot->life, &life, (life & ~LIFE_QUEUED) | LIFE_HELD));
    return true;
}

bool life_unhold(filch_slot *slot) { return change(slot, LIFE_HELD, LIFE_QUEUED); }
void life_wait(filch_slot *slot, uint32_t w) { change(slot, LIFE_WORKER(w), LIFE_WAITING); }
bool life_end_wait(filch_slot *slot) { return change(slot, LIFE_WAITING, LIFE_QUEUED); }
bool life_end_wait_as(filch_slot *slot, uint32_t w) { return change(slot, LIFE_WAITING, LIFE_WORKER(w)); }

void life_end(filch_slot *slot)
{
    uint32_t generation = (life_generation(atom64_load(&slot->life)) + 1) & GENERATION_MAX;
    atom64_store(&slot->life, life_of(generation ? generation : 1));
}
