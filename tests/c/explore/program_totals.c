#include "program_totals.h"

#include <string.h>

#include "core/reduce.h"

typedef struct tree_args {
    PROGRAM_TREE_ARGS(FILCH_MEMBER)
} tree_args;

/* What the kernel `ordered` computes, leaf by leaf, and then pairs of leaves. */
static uint64_t ordered(uint32_t length)
{
    uint64_t parts[PROGRAM_UNITS] = {1};
    uint32_t leaf = reduce_leaf(length), count = 0;
    for (uint32_t at = 0; at < length; count++) {
        parts[count] = 1;
        for (uint32_t end = at + leaf; at < end && at < length; at++)
            parts[count] = parts[count] * ORDERED_FACTOR + PROGRAM_BEGIN + at;
    }
    for (uint32_t step = 1; step < count; step *= 2) {
        for (uint32_t i = 0; i + step < count; i += 2 * step)
            parts[i] = parts[i] * ORDERED_COMBINE + parts[i + step];
    }
    return parts[0];
}

static uint64_t result_of(const oracle_task *task)
{
    tree_args args;
    memcpy(&args, task->args, sizeof args);
    return args.result;
}

bool totals_are_right(const oracle_task *task)
{
    uint64_t n = task->post->length;
    switch (task->post->kernel) {
    case PROGRAM_SUM: return task->totals[0] == n * (n + 1) / 2;
    case PROGRAM_ORDERED: return task->totals[0] == ordered((uint32_t)n);
    case PROGRAM_TREE:
    case PROGRAM_BRANCH: return result_of(task) == 1u << n;
    case PROGRAM_WIDE: return result_of(task) == 6;
    case PROGRAM_PHASES: return result_of(task) == 1;
    default: return true;
    }
}
