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
        if (life_generation(life) != handle_generation(handle) || (life & LIFE_CLOSED) || !(life & LIFE_WORKERS)) return false;
    } while (!atom64_cas(&slot->life, &life, life | LIFE_WORKER(w)));
    return true;
}

bool life_leave(filch_slot *slot, uint32_t w)
{
    uint64_t life = atom64_load(&slot->life);
    for (;;) {
        uint64_t rest = life & ~LIFE_WORKER(w);
        bool last = !(rest & (LIFE_WORKERS | LIFE_QUEUED));
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

bool life_close_queued(filch_slot *slot, uint64_t handle)
{
    uint64_t life = (uint64_t)handle_generation(handle) << 32 | LIFE_QUEUED;
    return atom64_cas(&slot->life, &life, (life & ~LIFE_QUEUED) | LIFE_CLOSED);
}
