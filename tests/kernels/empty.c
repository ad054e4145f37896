/* empty: does nothing. What a post, a steal, and a chunk cost with no work in them. It has no arguments at all. */
#include "../../runtime/filch.h"

#define EMPTY_ARGS(F)
FILCH_KERNEL(parallel, empty, EMPTY_ARGS)
{
    (void)task, (void)args, (void)begin, (void)end;
    return FILCH_OK;
}
