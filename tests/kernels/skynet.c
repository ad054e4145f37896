/* skynet: a million tasks that do nothing but add (A. Temerev, https://github.com/atemerev/skynet, 2016): each of more than one
 * leaf spawns ten, and a leaf is its number. It measures what a task costs where calls are wide.
 *
 *   leaves   a power of ten
 *   sum      leaves * (leaves - 1) / 2 */
#include "filch.h"

FILCH_FORK(skynet_of, uint64_t, (uint32_t first, leaves;), (uint32_t child; uint64_t sum, got;))
{
    FILCH_BEGIN;
    if (f->leaves < 10) FILCH_RETURN(f->first);
    for (f->child = 0; f->child < 9; f->child++) FILCH_SPAWN(skynet_of, f->first + f->child * (f->leaves / 10), f->leaves / 10);
    FILCH_CALL(f->sum, skynet_of, f->first + 9 * (f->leaves / 10), f->leaves / 10);
    for (; f->child; f->child--) {
        FILCH_JOIN(f->got, skynet_of);
        f->sum += f->got;
    }
    FILCH_RETURN(f->sum);
    FILCH_END;
}

#define SKYNET_ARGS(F) F(value, u32, leaves) F(state, u64, sum)
FILCH_FORK_KERNEL(skynet, SKYNET_ARGS)
{
    FILCH_BEGIN;
    FILCH_CALL(f->sum, skynet_of, 0, f->leaves);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
