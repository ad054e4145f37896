/* deep: a recursion of `depth` levels, each of which spawns a leaf, calls the next level, and joins the leaf: so on the way
 * down a record stays behind at each level.
 *
 *   depth    levels
 *   leaves   that were joined: depth, where it did not fail */
#include "filch.h"

FILCH_FORK(deep_leaf, uint32_t, (uint32_t one;), ())
{
    FILCH_BEGIN;
    FILCH_RETURN(f->one);
    FILCH_END;
}

FILCH_FORK(deep_level, uint32_t, (uint32_t depth;), (uint32_t below, own;))
{
    FILCH_BEGIN;
    if (f->depth == 0) FILCH_RETURN(0);
    FILCH_SPAWN(deep_leaf, 1);
    FILCH_CALL(f->below, deep_level, f->depth - 1);
    FILCH_JOIN(f->own, deep_leaf);
    FILCH_RETURN(f->below + f->own);
    FILCH_END;
}

#define DEEP_ARGS(F) F(value, u32, depth) F(state, u32, leaves)
FILCH_FORK_KERNEL(deep, DEEP_ARGS)
{
    FILCH_BEGIN;
    FILCH_CALL(f->leaves, deep_level, f->depth);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
