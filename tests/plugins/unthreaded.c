/* Built without threads: refused. */
#include "filch.h"

#define UNTHREADED_ARGS(F) F(value, u32, one)
FILCH_KERNEL(parallel, unthreaded, UNTHREADED_ARGS)
{
    (void)task, (void)args, (void)begin, (void)end;
    return FILCH_OK;
}
