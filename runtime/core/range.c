#include "core/range.h"

range range_claim(atom64 *word_at, uint32_t length, uint32_t leaf)
{
    uint64_t word = atom64_load(word_at);
    for (;;) {
        range r = range_unpack(word);
        uint32_t left = range_length(r);
        if (!left) return (range){0, 0};
        if (leaf && left > leaf - (r.next & (leaf - 1))) left = leaf - (r.next & (leaf - 1));
        range claimed = {r.next, r.next + (length < left ? length : left)};
        if (atom64_cas(word_at, &word, range_pack((range){claimed.end, r.end}))) return claimed;
    }
}

/* Where to split between leaves. Before r.next: nowhere. */
static uint32_t middle_of(range r, uint32_t leaf)
{
    uint64_t up = ((uint64_t)r.next + range_length(r) / 2 + leaf - 1) & ~(uint64_t)(leaf - 1);
    return up < r.end ? (uint32_t)up : (r.end - 1) & ~(leaf - 1);
}

bool range_try_split(atom64 *word_at, uint64_t *word, uint32_t share, uint32_t leaf, range *taken)
{
    range r = range_unpack(*word), left, off;
    uint32_t length = range_length(r);
    *taken = (range){0, 0};
    if (!length) return true;
    if (share == RANGE_ALL) {
        left = (range){r.next, r.next};
        off = r;
    } else if (leaf) {
        uint32_t middle = middle_of(r, leaf);
        if (middle < r.next) return true;
        left = (range){r.next, middle};
        off = (range){middle, r.end};
    } else {
        uint32_t most = length - length / 2, at = r.next + (share < most ? share : most);
        left = (range){at, r.end};
        off = (range){r.next, at};
    }
    if (!atom64_cas(word_at, word, range_pack(left))) return false;
    *taken = off;
    return true;
}

bool range_has_spare(const atom64 *word_at, uint32_t leaf)
{
    range r = range_unpack(atom64_load(word_at));
    return range_length(r) && (!leaf || middle_of(r, leaf) >= r.next);
}

void range_clear(const filch_runtime *rt, uint32_t slot)
{
    for (uint32_t holder = 0; holder <= plan_worker_count(rt); holder++)
        atom64_store(range_at(rt, holder, slot), 0);
}
