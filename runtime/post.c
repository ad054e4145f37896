#include "post.h"

#include "done.h"
#include "frame.h"
#include "idle.h"
#include "life.h"
#include "pool.h"
#include "sched.h"

static filch_status check(const filch_runtime *rt, const filch_posting *p)
{
    if (atom32_load(&rt->stopped)) return FILCH_STOPPED;
    if (p->kernel >= rt->kernel_count) return FILCH_UNKNOWN_KERNEL;
    if (p->begin > p->end || p->end > RANGE_MAX) return FILCH_BAD_RANGE;
    return p->priority < LEVELS ? FILCH_OK : FILCH_BAD_ARGUMENT;
}

/* The injector is as long as the pool, but items of tasks that were cancelled while queued stay in it until a worker meets them. */
static bool injector_room(filch_runtime *rt, uint32_t level)
{
    if (deque_room(&rt->injector[level])) return true;
    atom32_store(&rt->room, ROOM_WANTED); /* then look again: either this sees the room, or the worker that makes it rings */
    return deque_room(&rt->injector[level]);
}

uint64_t post_loop(filch_runtime *rt, const filch_posting *p, filch_status *why)
{
    *why = check(rt, p);
    if (*why != FILCH_OK) return 0;
    uint32_t index = injector_room(rt, p->priority) ? pool_take(rt) : SLOT_NONE;
    if (index == SLOT_NONE) {
        *why = FILCH_POOL_FULL;
        return 0;
    }
    filch_slot *slot = &rt->slots[index];
    const filch_kernel *kernel = rt->kernels[p->kernel];
    uint64_t life = atom64_load(&slot->life), most = (uint64_t)1 << BLOCK_BITS;
    if ((uint32_t)life) { /* a forged link: the slot is in use */
        *why = FILCH_CORRUPT;
        return 0;
    }
    slot->begin = p->begin;
    slot->total = p->end - p->begin;
    slot->block = 0;
    slot->grain = p->grain;
    slot->kernel = (uint16_t)p->kernel;
    slot->kind = kernel->kind;
    slot->priority = (uint8_t)p->priority;
    slot->listed = 0;
    slot->failed_at = slot->failed_length = 0;
    __builtin_memcpy(slot->args, p->args, kernel->args_bytes);
    atom64_store(&slot->done, 0);
    atom32_store(&slot->status, FILCH_PENDING);
    atom32_store(&slot->helpers, 0);
    uint32_t first = (uint32_t)(slot->total < most ? slot->total : most);
    atom64_store(frame_of(rt, frame_home(rt), index), range_word((range){0, first}));
    atom64_store(&slot->life, life | LIFE_QUEUED); /* publishes all of the above */
    deque_push(&rt->injector[p->priority], item_of(index, life));
    uint32_t parts = kernel->kind == FILCH_PARALLEL && first < rt->worker_count ? first : rt->worker_count;
    idle_wake(rt, kernel->kind == FILCH_PARALLEL && parts ? parts : 1);
    return handle_of(index, life_generation(life));
}

filch_slot *post_find(filch_runtime *rt, uint64_t handle)
{
    if (handle_slot(handle) >= rt->slot_count || handle >> 48) return 0;
    filch_slot *slot = &rt->slots[handle_slot(handle)];
    uint64_t life = atom64_load(&slot->life);
    bool in_use = life & (LIFE_QUEUED | LIFE_CLOSED | LIFE_WORKERS);
    return in_use && life_generation(life) == handle_generation(handle) ? slot : 0;
}

bool post_cancel(filch_runtime *rt, uint64_t handle)
{
    filch_slot *slot = post_find(rt, handle);
    if (!slot) return false;
    sched_decide(rt, slot, FILCH_CANCELLED);
    if (life_close_queued(slot, handle)) sched_settle(rt, slot);
    return true;
}

uint64_t post_reap(filch_runtime *rt)
{
    if (rt->offer_next < rt->slot_count) sched_offer_again(rt);
    uint32_t index = done_reap(rt);
    if (index == SLOT_NONE) return 0;
    uint64_t life = atom64_load(&rt->slots[index].life);
    return life & LIFE_CLOSED ? handle_of(index, life_generation(life)) : 0; /* else a forged link */
}

filch_status post_release(filch_runtime *rt, uint64_t handle)
{
    filch_slot *slot = post_find(rt, handle);
    if (!slot) return FILCH_STALE_HANDLE;
    if (slot->listed != SLOT_REAPED) return FILCH_BAD_ARGUMENT;
    uint32_t generation = handle_generation(handle) + 1;
    atom64_store(&slot->life, (uint64_t)(generation ? generation : 1) << 32);
    pool_give(rt, handle_slot(handle));
    return FILCH_OK;
}

void post_stop(filch_runtime *rt)
{
    if (atom32_exchange(&rt->stopped, 1)) return;
    for (uint32_t i = 0; i < rt->slot_count; i++) {
        post_cancel(rt, handle_of(i, life_generation(atom64_load(&rt->slots[i].life))));
    }
    idle_wake_all(rt);
}
