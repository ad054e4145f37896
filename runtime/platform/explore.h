/* The explorer: runs the real runtime sources under a controlled scheduler, and enumerates the schedules.
 *
 * A scenario is a few threads (coroutines in one OS thread). Each atomic operation, each wait and each wake-up is a point at which
 * the explorer decides who goes on. An execution is a list of decisions; the next one differs from it in the last decision that
 * has an untried alternative (stateless search, depth first: Godefroid, VeriSoft, 1997). The number of preemptions, switches
 * away from a thread that could have gone on, is bounded (Musuvathi and Qadeer, CHESS, 2007). Beside that: random walks, replay
 * of one schedule, and death: at one point of the execution a thread is never run again.
 *
 * Memory is sequentially consistent, which is what the runtime's operations are (atomic.h). A scenario must be deterministic but
 * for the schedule: no clock, no addresses in decisions. */
#ifndef FILCH_EXPLORE_H
#define FILCH_EXPLORE_H

#include <stdbool.h>
#include <stdint.h>

#define EXPLORE_THREADS 6

typedef struct explore_scenario {
    const char *name;
    void (*setup)(void);        /* before each execution */
    int threads;                /* 1 to EXPLORE_THREADS */
    void (*thread)(int thread); /* the body of each */
    void (*check)(void);        /* after an execution in which every thread has ended; may be NULL */
    uint32_t mortal;            /* bit t: thread t may die, where deaths are asked for */
} explore_scenario;

typedef struct explore_options {
    int preemptions;     /* most per execution, -1 = any number */
    int deaths;          /* 0 or 1 per execution */
    uint64_t executions; /* stop after so many; 0 = when all are done */
    uint64_t random;     /* instead of the search: so many random walks */
    uint64_t seed;
    const char *replay;  /* instead of the search: one schedule, as a failure prints it */
} explore_options;

typedef struct explore_result {
    uint64_t executions, points; /* of all executions */
    bool complete;               /* every schedule within the bounds was run */
    bool failed;
    char why[256];
    char schedule[4096];         /* of the failure; give it to replay */
} explore_result;

explore_result explore(const explore_scenario *scenario, const explore_options *options);

/* Called by a scenario's threads. */
void explore_fail(const char *why);   /* ends the execution; does not return */
#define EXPLORE_CHECK(condition) ((condition) ? (void)0 : explore_fail(#condition))
int explore_self(void);               /* the thread's number */
int explore_died(void);               /* the thread that has died, or -1 */
bool explore_waits(int thread);       /* in futex_wait(), and nobody has woken it */
int explore_await_death(void);        /* until another thread has died: its number; or until all others have ended: -1 */
void explore_await(bool (*condition)(void)); /* until it holds; looks without points */

/* What clock_ns() advances by at each call, from 0 on; set it in setup(). */
extern uint64_t explore_clock_step;

#endif
