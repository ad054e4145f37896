/* uts: counts the nodes of the tree of uts.h; each is a task of its own.
 *
 *   seed      of the root
 *   deepest   depth of the nodes that have no children; the root's is 0
 *   nodes     how many there are */
#include "uts.h"

FILCH_FORK(uts_nodes, uint64_t, (uint64_t node; uint32_t depth, deepest;), (uint32_t children; uint64_t nodes, below;))
{
    FILCH_BEGIN;
    f->children = uts_children(f->node, f->depth, f->deepest);
    if (!f->children) FILCH_RETURN(1);
    for (uint32_t i = 1; i < f->children; i++) FILCH_SPAWN(uts_nodes, uts_child(f->node, i), f->depth + 1, f->deepest);
    FILCH_CALL(f->nodes, uts_nodes, uts_child(f->node, 0), f->depth + 1, f->deepest);
    for (; f->children > 1; f->children--) {
        FILCH_JOIN(f->below, uts_nodes);
        f->nodes += f->below;
    }
    FILCH_RETURN(f->nodes + 1);
    FILCH_END;
}

FILCH_FORK_KERNEL(uts, UTS_ARGS)
{
    FILCH_BEGIN;
    FILCH_CALL(f->nodes, uts_nodes, uts_root(f->seed), 0, f->deepest);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
