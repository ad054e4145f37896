#include "frame.h"

range frame_claim(atom64 *frame, uint32_t length)
{
    uint64_t word = atom64_load(frame);
    for (;;) {
        range r = word_range(word);
        uint32_t left = range_length(r);
        if (!left) return (range){0, 0};
        range claimed = {r.next, r.next + (length < left ? length : left)};
        if (atom64_cas(frame, &word, range_word((range){claimed.end, r.end}))) return claimed;
    }
}

range frame_split(atom64 *frame, bool all)
{
    uint64_t word = atom64_load(frame);
    for (;;) {
        range r = word_range(word);
        uint32_t left = range_length(r);
        if (!left) return (range){0, 0};
        uint32_t middle = all ? r.next : r.next + left / 2;
        if (atom64_cas(frame, &word, range_word((range){r.next, middle}))) return (range){middle, r.end};
    }
}
