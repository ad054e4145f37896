/* Stress: the native runtime with real threads, and every promise checked on every task.
 *
 * One owner (the main thread), some workers, random tasks from a printed seed. More workers than
 * cores, few slots, and wrapping counters bring races out; the sanitizers see those that do no harm
 * this time. A failure ends the program: the words in memory are evidence, and the dump shows
 * them. */
#ifndef FILCH_STRESS_H
#define FILCH_STRESS_H

#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* -- checks -- */
#define CHECK(condition, ...) \
    ((condition) ? (void)0 : stress_fail(__FILE__, __LINE__, #condition, "" __VA_ARGS__))
_Noreturn void stress_fail(const char *file, int line, const char *condition, const char *format,
                           ...) __attribute__((format(printf, 4, 5)));
void stress_progress(void); /* the owner got on: the watchdog's limit starts again */
void stress_watch(int seconds);
struct team;
void stress_dump(const struct team *t); /* all words of the runtime */
void stress_print_threads(void);        /* what each does; disturbs none */
void stress_print_stacks(void);         /* disturbs all */
void stress_name_thread(const char *name, uint32_t number);
extern const char *stress_case; /* the case that runs, and its number */
extern int stress_number;

/* -- random numbers -- */
extern uint64_t stress_seed; /* of the round that runs: repeats the round, but for the schedule */
uint64_t random64(void);
static inline uint32_t random_below(uint32_t n) { return (uint32_t)((random64() >> 32) * n >> 32); }
static inline bool chance(uint32_t percent) { return random_below(100) < percent; }

/* -- kernels -- */
enum {
    KERNEL_MARK,
    KERNEL_CHAIN,
    KERNEL_SUM,
    KERNEL_TREE,
    KERNEL_LENGTHS,
    KERNEL_LONG_CHAIN,
    KERNEL_TICKET,
    KERNEL_GATHER,
    KERNEL_SLOW,
    KERNEL_PART,
    KERNEL_COUNT
};
extern const filch_kernel *const stress_kernels[KERNEL_COUNT];

/* Happens in the chunk that has iteration event_at, before any iteration of that chunk has an
 * effect. */
typedef enum event { EVENT_NONE, EVENT_FAIL, EVENT_TRAP, EVENT_DIE } event;
#define EVENT_CODE 4711

struct outcome;
/* Arguments of KERNEL_MARK, KERNEL_CHAIN, and KERNEL_SUM. KERNEL_TREE and KERNEL_PART have the
 * address of one. */
typedef struct loop_args {
    /* How often iteration begin + i ran. Plain, so that TSan sees two workers in one iteration. */
    uint8_t *marks;
    uint64_t begin, total;
    uint64_t event_at;
    uint32_t event;
    uint32_t cost; /* steps of each iteration; where they are skewed, of the dearest */
    bool skewed;
    const struct outcome *self; /* its dependencies must be done when it begins */
    uint64_t next, state; /* KERNEL_CHAIN: where the next chunk begins, and the state so far */
} loop_args;

typedef struct sum_total { /* KERNEL_SUM's */
    float sum;
    uint64_t count;
} sum_total;
float sum_term(uint64_t iteration);

/* Arguments of KERNEL_TREE, which halves [0, total) until a part is short, in various ways. */
typedef struct tree_state {
    uint64_t common; /* address of the loop_args of all parts of the tree */
    uint64_t got, ran, loops;
} tree_state;
extern const filch_kernel filch_kernel_tree, filch_kernel_part;

/* Arguments of KERNEL_LENGTHS and KERNEL_LONG_CHAIN, which count whole chunks: for ranges of any
 * length. */
typedef struct lengths_args {
    uint64_t length, sum;  /* of the iterations' numbers, modulo 2^64 */
    uint64_t next, broken; /* KERNEL_LONG_CHAIN: chunks that did not begin at `next` */
} lengths_args;

typedef struct gather_args { /* each iteration waits until `target` have begun */
    uint32_t *arrived, target;
} gather_args;
typedef struct slow_args { /* chunks that began. Atomic */
    uint64_t begun;
} slow_args;
typedef struct ticket_args {
    uint32_t *order, *drawn;
    uint32_t ticket;
} ticket_args;

uint64_t chain_of(uint64_t state, uint64_t iteration);                /* one step of KERNEL_CHAIN */
int32_t mark_chunk(const loop_args *a, uint64_t begin, uint64_t end); /* a chunk of KERNEL_MARK */
/* Of this worker's thread: EVENT_TRAP and EVENT_DIE leave by this. */
extern __thread sigjmp_buf *escape;

/* -- a runtime with its threads -- */
typedef struct team_options {
    uint32_t workers, slots;
    uint32_t members; /* further slots, for what tasks spawn */
    bool wrap;        /* indices, generations, and tags start just below their end */
} team_options;

typedef struct team {
    filch_runtime *rt;
    pthread_t threads[WORKERS_MAX];
    uint32_t dead; /* bit w: worker w's thread is about to end for good. Atomic */
    uint32_t deaths;
} team;

extern team *stress_team; /* the team that runs, for the dump */
/* Of all teams that have ended; last: deaths. A case without splits has proved little. */
extern uint64_t stress_counts[COUNTER_COUNT + 1];

team *team_start(team_options options);
void team_recover(team *t); /* recovers each dead worker, and starts a new thread in its place */
void team_wait(team *t); /* until there is a completion, space in the injector, or a dead worker */
void team_stop(team *t); /* stops, and waits for all threads to end */
void team_end(team *t);  /* checks that nothing is left behind; frees the runtime */

/* -- the end of a task -- */
typedef struct outcome { /* stays until the round ends */
    uint32_t kernel;
    loop_args posted;  /* `total` iterations from `begin` on; of a tree, from 0 on */
    sum_total *totals; /* KERNEL_SUM */
    bool deterministic;
    double pieces[4]; /* of a restored loop: its iterations; the last piece ends with the range */
    uint32_t piece_count;
    bool cancelled;
    uint32_t status; /* how the task ended; FILCH_PENDING */
    uint64_t done;
    uint32_t dependency_count;
    const struct outcome *dependencies[DEPENDENCIES_MAX];
    struct outcome *next;
} outcome;

uint64_t left_of(const outcome *o); /* iterations that were to run */
/* The task has completed, and its slot tells the truth. `stopped`: any task may be cancelled. */
void check_outcome(team *t, const filch_slot *slot, outcome *o, bool stopped);
void check_dependencies(const outcome *o); /* at the end of the round */

/* -- cases -- */
typedef struct settings {
    bool hostile;     /* at most 3 slots, chunks of 1, wrapping counters */
    uint32_t workers; /* 0: 1 to 8 at random */
    uint64_t words;   /* corrupt words: so many, however long that takes; 0: by time */
} settings;
extern settings stress;

typedef struct stress_case_of {
    const char *name;
    void (*round)(void);
    bool timed;  /* repeated while there is time; else once */
    bool writes; /* overwrites words: --words says how many */
} stress_case_of;

extern const stress_case_of mix_cases[], single_cases[], corrupt_cases[];
/* Words are overwritten at random, so that no invariant holds. */
extern bool stress_corrupts;
extern uint64_t stress_words; /* that were overwritten so far. Atomic */

#endif
