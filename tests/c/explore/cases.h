/* A case: a scenario, its variants, and how far `make test` and the nightly target explore it. Each
 * file of scenarios defines an array of cases that ends with a case without a name. main.c lists
 * the arrays. */
#ifndef CASES_H
#define CASES_H

#include "platform/explore.h"

typedef struct explore_case {
    explore_scenario scenario;
    int variants;    /* run with explore_variant = 0 .. variants - 1; 0 counts as 1 */
    int preemptions; /* in make test, exhaustively; WALKS_ONLY: no search there */
    int nightly;     /* in the nightly target */
    int deaths;      /* the most per execution */
    int stale;       /* loads of an older value, the most per execution: explore_weak.c */
    bool prunes;     /* the search leaves out executions: explore_prune.c */
    uint64_t random; /* random walks besides, with any preemptions; nightly ten times as many */
} explore_case;

enum { WALKS_ONLY = -2 };

extern int explore_variant;

/* Threads of a scenario that may die: bits for its `mortal`. Thread t is worker t - 1. */
enum { OWNER_MAY_DIE = 1, FIRST_WORKER_MAY_DIE = 2, BOTH_WORKERS_MAY_DIE = 6 };

/* -- the parts by themselves -- */
extern const explore_case deque_cases[], slots_cases[], completions_cases[], range_cases[],
    reduce_cases[], trace_cases[], prune_cases[];
/* -- loops -- */
extern const explore_case worker_cases[], sleep_cases[], loop_cases[], cancel_cases[],
    pause_cases[], queue_cases[], depend_cases[], order_cases[], priority_cases[], fairness_cases[],
    help_cases[], recall_cases[], loss_cases[], wait_cases[], wait_loss_cases[];
/* -- fork-join -- */
extern const explore_case fork_cases[], fork_leave_cases[], fork_outer_cases[], fork_loss_cases[],
    second_loss_cases[], publish_cases[];

#endif
