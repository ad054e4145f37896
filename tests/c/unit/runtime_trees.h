/* A fork task for several files: KERNEL_TREE, 3 * fib(n) by recursion. */
#ifndef FILCH_RUNTIME_TREES_H
#define FILCH_RUNTIME_TREES_H

#include "runtime_test.h"

extern uint32_t test_leaves;    /* that have run since the last post_tree() */
extern void (*test_leaf)(void); /* called in each leaf, where it is set */
/* `cost`: of a leaf, in ns of test_clock; `fail`: the code that the task fails with at its end, 0:
 * none. */
uint64_t post_tree(uint32_t n, uint32_t cost, uint32_t fail);
uint64_t tree_result(uint64_t handle);

#endif
