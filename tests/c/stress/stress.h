#include "core/range.h"
#include "core/region.h"
#include "core/slots.h"
#include "core/state.h"
#include "core/tree.h"
#include "owner/control.h"
#include "owner/reap.h"
#include "owner/recover.h"
#include "owner/submit.h"
#include "sched/completions.h"
#include "sched/worker.h"
/* Stress: the native runtime with real threads, and every promise checked on every task.
 *
 * One owner (the main thread), some workers, random tasks from a printed seed. More workers than cores, small pools, and wrapping
 * counters bring races out; the sanitizers see those that do no harm this time. A failure ends the program: what is left in
 * memory after it is evidence, and the dump shows it. */
#ifndef FILCH_STRESS_H
#define FILCH_STRESS_H

#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


/* -- checks -- */
#define CHECK(condition, ...) ((condition) ? (void)0 : stress_fail(__FILE__, __LINE__, #condition, "" __VA_ARGS__))
_Noreturn void stress_fail(const char *file, int line, const char *condition, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void stress_progress(void); /* the owner got somewhere: the watchdog's limit starts again */
void stress_watch(int seconds);
extern const char *stress_case; /* the one that runs, and its number */
extern int stress_number;

/* -- random numbers -- */
extern uint64_t stress_seed; /* of the round that is running: prints, and repeats it (but for the schedule) */
uint64_t random64(void);
static inline uint32_t random_below(uint32_t n) { return (uint32_t)((random64() >> 32) * n >> 32); }
static inline bool chance(uint32_t percent) { return random_below(100) < percent; }

/* -- kernels -- */
enum { KERNEL_MARK, KERNEL_CHAIN, KERNEL_SUM, KERNEL_TREE, KERNEL_LENGTHS, KERNEL_LONG_CHAIN, KERNEL_TICKET, KERNEL_GATHER, KERNEL_SLOW, KERNEL_PART,
    KERNEL_COUNT };
extern const filch_kernel *const stress_kernels[KERNEL_COUNT];

/* What happens in the chunk that has iteration event_at, before any of its iterations has an effect. */
typedef enum event { EVENT_NONE, EVENT_FAIL, EVENT_TRAP, EVENT_DIE } event;
#define EVENT_CODE 4711

struct outcome;
typedef struct loop_args { /* of KERNEL_MARK, KERNEL_CHAIN, and KERNEL_SUM; and what KERNEL_TREE and KERNEL_PART look at */
    uint8_t *marks;        /* of iteration begin + i: how often it ran. Plain, so that TSan sees two workers in one iteration */
    uint64_t begin, total;
    uint64_t event_at;
    uint32_t event;
    uint32_t cost;         /* steps of an iteration: of each, or of the dearest */
    bool skewed;
    const struct outcome *self; /* what it comes after must be over when it begins */
    uint64_t next, state;  /* KERNEL_CHAIN: where the next chunk must begin, and what the iterations before came to */
} loop_args;

typedef struct sum_total { float sum; uint64_t count; } sum_total; /* KERNEL_SUM's */
float sum_term(uint64_t iteration);

typedef struct tree_state { /* arguments of KERNEL_TREE, which halves [0, total) until it is short, in various ways */
    uint64_t common; /* address of a loop_args: what all parts of the tree look at */
    uint64_t got, ran, loops;
} tree_state;
extern const filch_kernel filch_kernel_tree, filch_kernel_part;

typedef struct lengths_args { /* of KERNEL_LENGTHS and KERNEL_LONG_CHAIN, which look at chunks only: for ranges of any length */
    uint64_t length, sum;     /* of the iterations' numbers, modulo 2^64 */
    uint64_t next, broken;    /* KERNEL_LONG_CHAIN: chunks that did not begin at `next` */
} lengths_args;

typedef struct gather_args { uint32_t *arrived, target; } gather_args; /* each iteration waits until `target` have begun */
typedef struct slow_args { uint64_t begun; } slow_args;                   /* chunks that began. Atomic */
typedef struct ticket_args { uint32_t *order, *drawn; uint32_t ticket; } ticket_args;

uint64_t chain_of(uint64_t state, uint64_t iteration); /* one step of KERNEL_CHAIN */
int32_t mark_chunk(const loop_args *a, uint64_t begin, uint64_t end); /* what a chunk of KERNEL_MARK does */
extern __thread sigjmp_buf *escape;                    /* of this worker's thread: EVENT_TRAP and EVENT_DIE leave by it */

/* -- a runtime with its threads -- */
typedef struct crew_options {
    uint32_t workers, slots;
    bool wrap; /* indices, generations and tags start just below their end */
} crew_options;

typedef struct crew {
    filch_runtime *rt;
    pthread_t threads[WORKERS_MAX];
    uint32_t dead; /* bit w: worker w's thread is about to end for good. Atomic */
    uint32_t deaths;
} crew;

extern crew *stress_crew; /* the one that runs, for the dump */
extern uint64_t stress_counts[COUNTER_COUNT + 1]; /* of all crews that have ended; last: deaths. A case without splits proved little */

crew *crew_start(crew_options options);
void crew_tend(crew *c);  /* buries who has died, and starts a new thread in its place */
void crew_wait(crew *c);  /* until there is something to reap, or somebody to bury */
void crew_stop(crew *c);  /* stops, and waits for all threads to end */
void crew_end(crew *c);   /* checks that nothing is left behind; frees */

/* -- what becomes of a task -- */
#define BEFORE_MAX 16
typedef struct outcome { /* lives until the round ends */
    uint32_t kernel;
    loop_args posted;   /* `total` iterations from `begin` on; of a tree, from 0 on */
    sum_total *totals;  /* KERNEL_SUM; and whether its bits are to be those of the range alone */
    bool deterministic;
    double pieces[4];   /* of a restored loop: what is left to run; the last one ends with the range */
    uint32_t piece_count;
    bool cancelled;
    uint32_t status;    /* how it settled; FILCH_PENDING */
    uint64_t done;
    uint32_t before_count;
    const struct outcome *before[BEFORE_MAX]; /* what it comes after */
    struct outcome *next;
} outcome;

uint64_t left_of(const outcome *o); /* iterations that were to run */
/* The task has settled: what is said of it is true. `stopped`: by then anything may be cancelled. */
void check_outcome(crew *c, const filch_slot *slot, outcome *o, bool stopped);
void check_order(const outcome *o); /* at the end of the round: against what it came after */

/* -- cases -- */
typedef struct settings {
    bool hostile;     /* pools of at most 3, chunks of 1, wrapping counters */
    uint32_t workers; /* 0: 1 to 8 at random */
} settings;
extern settings stress;

typedef struct stress_case_of {
    const char *name;
    void (*round)(void);
    bool timed; /* repeated while there is time; else once */
} stress_case_of;

extern const stress_case_of mix_cases[], single_cases[];

#endif
