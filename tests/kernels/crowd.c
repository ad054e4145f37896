/* crowd: spawns `count` children, then joins them all: TOO_MANY_CHILDREN where they are more than FILCH_CHILDREN_MAX. The
 * children come back in the reverse order, each with its number, else code 1.
 *
 *   count   children
 *   left    to be joined: 0 at the end */
#include "filch.h"

FILCH_FORK(one_of_many, uint32_t, (uint32_t number;), ())
{
    FILCH_BEGIN;
    for (uint32_t i = 0; i < 500; i++) __asm__ volatile("" : : "r"(i)); /* so that others can come for some */
    FILCH_RETURN(f->number);
    FILCH_END;
}

#define CROWD_ARGS(F) F(value, u32, count) F(state, u32, left) F(state, u32, got)
FILCH_FORK_KERNEL(crowd, CROWD_ARGS)
{
    FILCH_BEGIN;
    for (f->left = 0; f->left < f->count; f->left++) FILCH_SPAWN(one_of_many, f->left);
    while (f->left) {
        FILCH_JOIN(f->got, one_of_many);
        f->left--;
        if (f->got != f->left) FILCH_FAIL(1);
    }
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
