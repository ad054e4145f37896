/* The oracles of a program: the guarantees of runtime/README.md, checked as the program runs. The
 * kernels say what they begin and end; the owner says what it asks for; both before the runtime
 * can act on it. Nothing here has a scheduling point.
 *
 * A unit is an iteration of a loop, or a leaf of a tree. A restored task goes on with the units of
 * the task that was saved, its family. */
#ifndef PROGRAM_ORACLE_H
#define PROGRAM_ORACLE_H

#include "core/plan.h"
#include "program.h"

enum { PROGRAM_BEGIN = 3 }; /* where each loop begins */
enum { FAIL_CODE = 7 };

typedef struct oracle_task {
    const program_operation *post; /* NULL: not posted. Of a restored task its family's */
    uint64_t handle;
    uint8_t family, after;      /* a bit for each task that it depends on */
    bool is_paused, is_resting; /* rests: the owner has seen that no worker is in it */
    bool is_cancelled, is_reaped, has_begun;
    uint32_t status, pieces;  /* pieces: of a restored task */
    uint64_t before, counted; /* iterations done before a save; of chunks that have returned */
    /* A pause or a cancel is asked for: chunks that each worker has begun since. */
    bool is_bounded;
    uint8_t since[PROGRAM_WORKERS];
    /* Less urgent chunks that each worker has begun while the task was queued. */
    uint8_t passed[PROGRAM_WORKERS];
    uint8_t begun[PROGRAM_UNITS], finished[PROGRAM_UNITS]; /* of a family */
    uint64_t totals[PROGRAM_UNITS];
    _Alignas(8) unsigned char args[FILCH_ARGS_BYTES]; /* at the end */
} oracle_task;

typedef struct oracle_worker {
    bool is_present;              /* in worker_run() */
    bool is_recalled, is_bounded; /* bounded: the owner has recalled it */
    int task;                     /* it is in a chunk of this task; -1: none */
    uint8_t since;                /* chunks that it has begun since its recall */
} oracle_worker;

typedef struct oracle_state {
    const program *program;
    oracle_task tasks[PROGRAM_TASKS];
    oracle_worker workers[PROGRAM_WORKERS];
    int threads;
    uint32_t posted, reaped, units;      /* units that have begun, of all tasks */
    uint32_t recovered, lost;            /* workers; tasks that ended so */
    bool has_trees, is_stopped, in_call; /* in_call: the owner changes what is urgent */
} oracle_state;
extern oracle_state oracle;

extern bool oracle_tells; /* print what happens */
__attribute__((format(printf, 1, 2))) void oracle_tell(const char *format, ...);

void oracle_tell_words(void);

void oracle_begin(const program *p);
static inline oracle_task *oracle_family(uint32_t task)
{
    return &oracle.tasks[oracle.tasks[task].family];
}
filch_slot *oracle_slot(const oracle_task *task);

/* -- the kernels -- */
/* A chunk of the task's own loop. */
void oracle_chunk_begins(uint32_t task, const filch_task *view, uint64_t begin, uint64_t end);
void oracle_chunk_ends(uint32_t task, const filch_task *view, uint64_t begin, uint64_t end);
/* A part of the task without those bounds: a fork function, or what a chunk calls. */
void oracle_enters(uint32_t task, const filch_task *view);
void oracle_unit_begins(uint32_t task, uint64_t unit);
void oracle_unit_ends(uint32_t task, uint64_t unit);

/* -- the owner -- */
uint32_t oracle_deaths(void);
void oracle_asks(uint32_t task);      /* for a pause or a cancel: it has done so */
void oracle_lets_go(uint32_t task);   /* is about to resume or cancel it */
void oracle_completes(uint32_t task); /* has reaped it, and not released it */
void oracle_check_pieces(uint32_t task, const double *pieces, uint32_t count);
void oracle_parked(void); /* all workers that there are have parked */
void oracle_check_end(uint32_t free_slots);

#endif
