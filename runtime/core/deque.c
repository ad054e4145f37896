#include "core/deque.h"

void deque_init(filch_deque *d, uint32_t number, uint32_t start)
{
    atom32_init(&d->top, start);
    atom32_init(&d->bottom, start);
    d->seen_top = start;
    d->number = number;
}

atom32 *deque_items(const filch_runtime *rt, const filch_deque *d)
{
    uint32_t number = __atomic_load_n(&d->number, __ATOMIC_RELAXED);
    uint32_t inboxes = plan_event_count(rt) ? plan_worker_count(rt) : 0;
    bool fits = number < PRIORITIES * (plan_worker_count(rt) + 1) + inboxes;
    return plan_items(rt) + (FILCH_CORRUPT_IF(!fits) ? 0 : (size_t)number * (plan_mask(rt) + 1));
}

static int32_t distance(uint32_t bottom, uint32_t top) { return (int32_t)(bottom - top); }

bool deque_has_room(const filch_runtime *rt, filch_deque *d)
{
    uint32_t bottom = racy32_load(&d->bottom); /* only this thread writes it */
    if (distance(bottom, d->seen_top) <= (int32_t)plan_mask(rt)) return true;
    d->seen_top = atom32_load(&d->top);
    return distance(bottom, d->seen_top) <= (int32_t)plan_mask(rt);
}

bool deque_try_push(const filch_runtime *rt, filch_deque *d, uint32_t item)
{
    if (!deque_has_room(rt, d)) return false;
    uint32_t bottom = racy32_load(&d->bottom);
    /* published by the store of bottom, which a thief reads first */
    racy32_store(&deque_items(rt, d)[bottom & plan_mask(rt)], item);
    atom32_store(&d->bottom, bottom + 1);
    return true;
}

uint32_t deque_pop(const filch_runtime *rt, filch_deque *d)
{
    uint32_t bottom = racy32_load(&d->bottom) - 1;
    /* top is not below seen_top: empty, and nothing to write */
    if (distance(bottom, d->seen_top) < 0) return ITEM_NONE;
    /* Take the item away first, then look whether a thief was there already. The store and the
     * load are both sequentially consistent: either the thief sees the smaller bottom, or this
     * sees the larger top. */
    atom32_store(&d->bottom, bottom);
    uint32_t top = atom32_load(&d->top);
    d->seen_top = top;
    if (bottom - top > plan_mask(rt)) { /* nothing is there; or a corrupt number of items */
        atom32_store(&d->bottom, top);
        return ITEM_NONE;
    }
    uint32_t item = racy32_load(&deque_items(rt, d)[bottom & plan_mask(rt)]);
    if (bottom == top) { /* the last one: race the thieves for it */
        if (!atom32_cas(&d->top, &top, top + 1)) item = ITEM_NONE;
        atom32_store(&d->bottom, bottom + 1);
        d->seen_top = bottom + 1;
    }
    return item;
}

/* Not inlined: its callers are many. */
__attribute__((noinline)) uint32_t deque_steal(const filch_runtime *rt, filch_deque *d)
{
    uint32_t top = atom32_load(&d->top);
    uint32_t bottom = atom32_load(&d->bottom);
    int32_t length = distance(bottom, top);
    if (length <= 0) return ITEM_NONE;
    /* More items than places: thieves have moved top since, and the compare-exchange fails; or an
     * index is corrupt, and it takes away what cannot be there. */
    uint32_t next =
        FILCH_CORRUPT_IF(length > (int32_t)plan_mask(rt) + 1) ? bottom - plan_mask(rt) : top + 1;
    /* Read before the compare-exchange: after it the owner may write there again. What is read
     * is used only if top has not moved, and until top moves push cannot come round to this
     * place. */
    uint32_t item = racy32_load(&deque_items(rt, d)[top & plan_mask(rt)]);
    return atom32_cas(&d->top, &top, next) ? item : ITEM_LOST;
}

__attribute__((noinline)) uint32_t deque_item(const filch_runtime *rt, const filch_deque *d,
                                              uint32_t index)
{
    uint32_t top = atom32_load(&d->top);
    int32_t length = distance(atom32_load(&d->bottom), top), at = distance(index, top);
    /* What another thread writes to the cell meanwhile is an item, too. */
    return at >= 0 && at < length ? racy32_load(&deque_items(rt, d)[index & plan_mask(rt)])
                                  : ITEM_NONE;
}

uint32_t deque_length(const filch_deque *d)
{
    uint32_t top = atom32_load(&d->top);
    int32_t length = distance(atom32_load(&d->bottom), top);
    return length > 0 ? (uint32_t)length : 0;
}

bool deque_is_empty(const filch_deque *d) { return deque_length(d) == 0; }

void deque_adopt(filch_deque *d)
{
    uint32_t top = atom32_load(&d->top), bottom = racy32_load(&d->bottom);
    /* The old owner may have died popping the last item, and a thief that saw it may yet take
     * it: then top would pass bottom, and the next push be lost. So finish that pop. Then top
     * has passed the item, whichever thread took it, and no thief has seen another. */
    if (bottom == top && atom32_cas(&d->top, &top, top + 1)) top++;
    if (distance(bottom, top) < 0) atom32_store(&d->bottom, top);
    d->seen_top = top;
}
