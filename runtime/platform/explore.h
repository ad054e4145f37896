/* The explorer, a model checker: runs the real sources of the runtime under a controlled scheduler,
 * and enumerates the schedules.
 *
 * A scenario is a few threads, which are coroutines in one thread of the operating system. Each
 * atomic operation, each wait, and each wake-up is a point, at which the explorer decides which
 * thread runs next. An execution is a list of decisions.
 *   - Search. The next execution differs in the last decision that has an untried alternative:
 *     stateless search, depth first (Godefroid, VeriSoft, 1997).
 *   - Bound. A preemption is a switch away from a thread that could go on. An execution has at most
 *     so many preemptions (Musuvathi and Qadeer, CHESS, 2007).
 *   - Pruning. Of executions that differ only in the order of operations that do not depend on
 *     each other, the search leaves out some (explore_prune.c).
 *   - Random walks, and the replay of one schedule.
 *   - Deaths. At some point of the execution a thread dies: the explorer never runs it again. In
 *     random walks deaths are spread evenly (explore_deaths.c).
 *   - Weak memory. Without it, memory is sequentially consistent, as the runtime's operations are
 *     (atomic.h). With it, loads may return older values, where C11 allows that
 *     (explore_weak.c).
 *
 * A scenario depends on the schedule alone: it reads no clock but clock_ns(), and decides nothing
 * by an address. */
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
    void (*check)(void);        /* after an execution in which every thread has ended; or NULL */
    uint32_t mortal;            /* bit t: thread t may die, where deaths are asked for */
} explore_scenario;

typedef struct explore_options {
    int preemptions;     /* the most per execution; -1: any number */
    int deaths;          /* the most per execution */
    int stale;           /* loads of an older value, the most per execution; 0: none */
    bool prunes;         /* the search leaves out executions */
    bool stops;          /* at each point, also where there is nothing to decide */
    bool classes;        /* counts the executions that differ in more than such an order */
    uint64_t executions; /* the most; 0: every schedule within the bounds */
    uint64_t random;     /* instead of the search: so many random walks */
    uint64_t seed;       /* of the random walks */
    uint32_t stay; /* a random walk stays with its thread at all but one of so many points; 0: 4 */
    const char *replay; /* instead of the search: one schedule, as a failure prints it */
} explore_options;

typedef struct explore_result {
    uint64_t executions, points; /* of all executions */
    uint64_t classes, classes_sum;
    uint64_t deaths_in_tenth[10]; /* of random walks: in which tenth of a walk threads died */
    bool complete;                /* every schedule within the bounds has been run */
    bool failed;
    char why[256];
    char schedule[4096]; /* of the failure: an argument for `replay` */
} explore_result;

explore_result explore(const explore_scenario *scenario, const explore_options *options);

/* A scenario's threads call these. */
void explore_fail(const char *why); /* ends the execution; does not return */
#define EXPLORE_CHECK(condition) ((condition) ? (void)0 : explore_fail(#condition))
int explore_self(void);         /* the calling thread's number */
int explore_died(void);         /* the thread that has died last; -1: none has */
int explore_death(int number);  /* the thread that died as number 0, 1, ...; -1: it has not come */
bool explore_may_die(void);     /* another thread may die */
bool explore_waits(int thread); /* the thread is blocked in futex_wait() */
/* The thread dies at its own point of this number from now on; 0: at once. It is not the caller. */
void explore_kill(int thread, uint32_t points);
bool explore_is_dead(int thread);
/* Blocks until another thread has died: its number, each once. Until all others have ended: -1. */
int explore_await_death(void);
/* Blocks until the condition holds. The condition has no points. */
void explore_await(bool (*condition)(void));

/* A point that may depend on every other operation. */
void explore_point(void);
/* The thread reads or writes a plain variable of the scenario that other threads read or write
 * outside of a kernel and of a condition: where the search leaves out executions, explore_prune.c
 * needs to know. No point. */
void explore_touch(void);

/* Nanoseconds between two calls of clock_ns(), which begins at 0. A scenario's setup() sets it. */
extern uint64_t explore_clock_step;

#endif
