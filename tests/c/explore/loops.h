/* A scene of loops: an owner (thread 0) and two workers that run the real worker loop. Under every
 * schedule each task completes exactly once, no iteration runs twice or is lost, no worker stays
 * parked for ever, and the workers return at the stop. */
#ifndef LOOPS_H
#define LOOPS_H

#include "cases.h"
#include "core/plan.h"

enum { WORKERS = 2, TASKS = 3, LENGTH = 8 };

/* Kernels. Each but MEASURE marks the iterations of its task. */
enum {
    MARK,
    RAISE, /* raises the flag */
    AWAIT, /* blocks, against the contract, until the flag is up: another worker must run a RAISE */
    FAIL,  /* fails with code 7 at iteration 1 */
    IN_ORDER, /* sequential; checks that the chunks come in order, on any workers */
    MEASURE,  /* adds the length of each chunk to `sum` */
    TURN,     /* checks that no task posted before it waits in the injector */
};

typedef struct loops_task {
    uint64_t handle;
    uint32_t status; /* how the task ended; LOOPS_PENDING: it has not been reaped */
    uint64_t done;
    atom32 marks[LENGTH]; /* runs of each iteration; an atom: a chunk can be interrupted */
} loops_task;
#define LOOPS_PENDING 0xffffffffu

typedef struct loops_scene {
    filch_runtime *rt;
    loops_task tasks[TASKS];
    int posted, completed;
    atom64 sum;
    bool flag;
    bool outside; /* a worker is, or was, in loops_stay_outside() */
} loops_scene;
extern loops_scene loops;

void loops_setup(void);
void loops_setup_slicing(void); /* a time slice is over after three chunks */
void loops_setup_one_slot(void);
void loops_setup_more(void); /* one worker more */

/* -- the owner -- */
void loops_post(uint32_t kernel, uint64_t length, uint32_t grain);
void loops_reap_all(void);
/* Until so many tasks have completed, as the host does: reap, arm, wait. */
void loops_reap(int count);

/* Thread t is worker t - 1. True: it has worked until the stop; false: thread 0, the owner. */
bool loops_has_worked(int thread);
/* The same, where the worker returns in place of parking, and its thread waits outside. In variant
 * 1 each worker comes back once without being unparked; in variant 2 it then parks inside. */
bool loops_has_idled(int thread);
/* The same, but the thread stays outside until the flag is up, as in a long function of the
 * application. */
void loops_stay_outside(int thread);

/* -- what must hold at the end -- */
void loops_check_ran(int task, uint32_t length);
void loops_check_all(uint32_t length); /* all tasks are of this length */

#endif
