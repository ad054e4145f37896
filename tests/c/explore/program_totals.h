/* What a program's tasks compute: sums of reductions, and leaves of trees. */
#ifndef PROGRAM_TOTALS_H
#define PROGRAM_TOTALS_H

#include "program_oracle.h"

/* The arguments and the state of every tree. */
#define PROGRAM_TREE_ARGS(F)                                                          \
    F(value, u32, task) F(value, u32, n) F(state, u64, a) F(state, u64, b)            \
    F(state, u64, result) F(state, u32, i)

enum { ORDERED_FACTOR = 31, ORDERED_COMBINE = 1000003 };

bool totals_are_right(const oracle_task *task);

#endif
