/* The unbalanced tree that uts.c and utsserial.c count, like T1 of the Unbalanced Tree Search benchmark (Olivier et al., UTS: An
 * unbalanced tree search benchmark, 2006): a node's number of children is drawn from a geometric distribution whose mean is 4,
 * down to a depth, so nobody knows how much lies below one. T1 hashes nodes by SHA-1; here a 64-bit mixer does (Stafford's
 * thirteenth, as in splitmix64: Steele, Lea, Flood 2014), so the tree is another one, and a node costs less: more of the time is
 * the scheduler's. */
#ifndef UTS_H
#define UTS_H

#include "filch.h"

#define UTS_MOST 100 /* children of a node */

#define UTS_ARGS(F) F(value, u64, seed) F(value, u32, deepest) F(state, u64, nodes)

static inline uint64_t uts_child(uint64_t node, uint32_t number)
{
    uint64_t x = node + (number + 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static inline uint64_t uts_root(uint64_t seed) { return uts_child(seed, 0); }

/* n or more with the probability (4 / 5)^n. */
static inline uint32_t uts_children(uint64_t node, uint32_t depth, uint32_t deepest)
{
    if (depth >= deepest) return 0;
    const double drawn = (double)(node >> 11) * 0x1p-53;
    uint32_t n = 0;
    for (double least = 0.8; drawn < least && n < UTS_MOST; least *= 0.8) n++;
    return n;
}

#endif
