/* unjoined: a function that spawns two children, calls a third for a while, in which others may come for the two, and returns
 * with one of them not joined: NOT_JOINED.
 *
 *   got   what came back: nothing */
#include "filch.h"

FILCH_FORK(forgotten, uint32_t, (uint32_t n;), (uint32_t a, b;))
{
    FILCH_BEGIN;
    if (f->n < 2) FILCH_RETURN(1);
    FILCH_SPAWN(forgotten, f->n - 1);
    FILCH_CALL(f->a, forgotten, f->n - 2);
    FILCH_JOIN(f->b, forgotten);
    FILCH_RETURN(f->a + f->b);
    FILCH_END;
}

FILCH_FORK(forgetful, uint32_t, (uint32_t n;), (uint32_t got;))
{
    FILCH_BEGIN;
    FILCH_SPAWN(forgotten, f->n);
    FILCH_SPAWN(forgotten, f->n);
    FILCH_CALL(f->got, forgotten, f->n);
    FILCH_JOIN(f->got, forgotten);
    FILCH_RETURN(f->got);
    FILCH_END;
}

#define UNJOINED_ARGS(F) F(state, u32, got)
FILCH_FORK_KERNEL(unjoined, UNJOINED_ARGS)
{
    FILCH_BEGIN;
    FILCH_CALL(f->got, forgetful, 12);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
