/* forkfail: a recursion that halves [0, n) down to its leaves, of which one does not come back.
 *
 *   n        leaves
 *   at       the leaf that fails with code 7, or traps; none where it is n or more
 *   how      0: it fails; 1: it traps
 *   leaves   that came back: n, where none failed */
#include "filch.h"

enum { FAILS = 0, LEAF_FAILED = 7 };

FILCH_FORK(leaves_of, uint32_t, (uint32_t begin, end, at, how;), (uint32_t first, second;))
{
    FILCH_BEGIN;
    if (f->end - f->begin <= 1) {
        if (f->begin == f->at && f->end > f->at) {
            if (f->how == FAILS) FILCH_FAIL(LEAF_FAILED);
            __builtin_trap();
        }
        FILCH_RETURN(f->end - f->begin);
    }
    FILCH_SPAWN(leaves_of, f->begin, f->begin + (f->end - f->begin) / 2, f->at, f->how);
    FILCH_CALL(f->second, leaves_of, f->begin + (f->end - f->begin) / 2, f->end, f->at, f->how);
    FILCH_JOIN(f->first, leaves_of);
    FILCH_RETURN(f->first + f->second);
    FILCH_END;
}

#define FORKFAIL_ARGS(F) F(value, u32, n) F(value, u32, at) F(value, u32, how) F(state, u32, leaves)
FILCH_FORK_KERNEL(forkfail, FORKFAIL_ARGS)
{
    FILCH_BEGIN;
    FILCH_CALL(f->leaves, leaves_of, 0, f->n, f->at, f->how);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
