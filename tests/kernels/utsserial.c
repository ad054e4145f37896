/* utsserial: counts the nodes of the tree of uts.h by plain recursion: what uts.c costs without a scheduler. */
#include "uts.h"

static uint64_t nodes_below(uint64_t node, uint32_t depth, uint32_t deepest)
{
    const uint32_t children = uts_children(node, depth, deepest);
    uint64_t nodes = 1;
    for (uint32_t i = 0; i < children; i++) nodes += nodes_below(uts_child(node, i), depth + 1, deepest);
    return nodes;
}

FILCH_KERNEL(sequential, utsserial, UTS_ARGS)
{
    (void)task;
    for (uint64_t i = begin; i < end; i++) args->nodes += nodes_below(uts_root(args->seed), 0, args->deepest);
    return FILCH_OK;
}
