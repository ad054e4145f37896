/* A case: a scenario, its variants, and how far `make test` and the nightly target explore it. Each file of scenarios defines an
 * array of cases that ends with a case without a name, and main.c lists the arrays. */
#ifndef CASES_H
#define CASES_H

#include "platform/explore.h"

typedef struct explore_case {
    explore_scenario scenario;
    int variants;        /* run with explore_variant = 0 .. variants - 1; 0 counts as 1 */
    int preemptions;     /* in make test, exhaustively */
    int nightly;         /* in the nightly target */
    int deaths;          /* 0 or 1 */
    uint64_t random;     /* random walks beside that, any number of preemptions; ten times as many nightly */
} explore_case;

extern int explore_variant;

extern const explore_case deque_cases[], slots_cases[], completions_cases[], range_cases[], worker_cases[], sched_cases[],
    fork_cases[], pause_cases[], reduce_cases[], queue_cases[], publish_cases[], recall_cases[], depend_cases[], priority_cases[],
    help_cases[];

#endif
