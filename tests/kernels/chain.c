/* chain: one child after the other, in turns spawned and joined, and called. Each join may suspend the frame and be gone on
 * from, so a loop of any length must leave no slot, record, or stack behind.
 *
 *   links   children
 *   done    those that came back */
#include "filch.h"

FILCH_FORK(link_of, uint32_t, (uint32_t number;), ())
{
    FILCH_BEGIN;
    FILCH_RETURN(f->number);
    FILCH_END;
}

FILCH_FORK(links_of, uint32_t, (uint32_t links;), (uint32_t done, got;))
{
    FILCH_BEGIN;
    for (f->done = 0; f->done < f->links; f->done++) {
        if (f->done % 2) {
            FILCH_CALL(f->got, link_of, f->done);
        } else {
            FILCH_SPAWN(link_of, f->done);
            FILCH_JOIN(f->got, link_of);
        }
        if (f->got != f->done) FILCH_FAIL(1);
    }
    FILCH_RETURN(f->done);
    FILCH_END;
}

#define CHAIN_ARGS(F) F(value, u32, links) F(state, u32, done)
FILCH_FORK_KERNEL(chain, CHAIN_ARGS)
{
    FILCH_BEGIN;
    FILCH_CALL(f->done, links_of, f->links);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
