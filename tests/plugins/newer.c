/* Built for a later ABI: refused. */
#include "filch.h"

#define NEWER_ARGS(F) F(value, u32, one)
FILCH_KERNEL(parallel, newer, NEWER_ARGS)
{
    (void)task, (void)args, (void)begin, (void)end;
    return FILCH_OK;
}
