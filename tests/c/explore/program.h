/* A program: how many workers and slots there are, and a list of operations of the owner on tasks
 * that are numbered in the order of their posts. Its text has the same operations in words:
 *
 *     workers 2 slots 3 members 0 slices 0; post parallel 5 grain 1 priority 1; await 2; cancel 0
 *
 * An operation on a task that was not posted, or that has completed, does nothing. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROGRAM_WORKERS = 4, PROGRAM_TASKS = 8, PROGRAM_OPERATIONS = 40, PROGRAM_UNITS = 16 };
enum { PROGRAM_TEXT = 4096, PROGRAM_NONE = 0xff };

/* Kernels of tasks. `length`: of a loop its iterations, of a tree its depth. */
#define PROGRAM_KERNELS(X)                                                                  \
    X(PARALLEL, parallel) X(SEQUENTIAL, sequential) X(SUM, sum) X(ORDERED, ordered)         \
    X(BATCH, batch) X(BATCH_IN_ORDER, batch_in_order) X(NEST, nest) X(TREE, tree)           \
    X(WIDE, wide) X(PHASES, phases) X(BRANCH, branch)
/* How a task ends early. A task that leaves sends its worker home and back after each chunk. */
#define PROGRAM_ENDS(X) X(WHOLE, whole) X(FAILS, fails) X(TRAPS, traps) X(LEAVES, leaves)
/* await: until so many more units have begun. rest: pause, and wait until no worker is in the
 * task. save: rest, cancel, and post what is left as a further task. reap: wait for the end. look:
 * reap what there is. die: worker, and points that it has left to live. back: a recalled worker
 * works again. replace: a new thread becomes a recalled or dead worker. */
#define PROGRAM_VERBS(X)                                                                        \
    X(POST, post) X(PAUSE, pause) X(REST, rest) X(RESUME, resume) X(CANCEL, cancel)             \
    X(RANK, priority) X(SAVE, save) X(REAP, reap) X(LOOK, look) X(AWAIT, await) X(RECALL, recall) \
    X(BACK, back) X(REPLACE, replace) X(DIE, die) X(RECOVER, recover) X(STOP, stop)

#define PROGRAM_ENUM(NAME, name) PROGRAM_##NAME,
typedef enum program_kernel { PROGRAM_KERNELS(PROGRAM_ENUM) PROGRAM_KERNEL_COUNT } program_kernel;
typedef enum program_end { PROGRAM_ENDS(PROGRAM_ENUM) PROGRAM_END_COUNT } program_end;
typedef enum program_verb { PROGRAM_VERBS(PROGRAM_ENUM) PROGRAM_VERB_COUNT } program_verb;
#undef PROGRAM_ENUM

typedef struct program_operation {
    uint8_t verb;   /* program_verb */
    uint8_t number; /* of the task or the worker; of a post and of a save: the new task's */
    uint8_t saved;  /* of a save: the task that is saved */
    uint8_t kernel, length, grain, priority;
    uint8_t end, at; /* program_end, and at which unit of the task */
    uint8_t after;   /* a bit for each task that it depends on */
    uint16_t count;  /* units, or points */
} program_operation;

typedef struct program {
    uint8_t workers, slots, members;
    bool slices; /* a time slice is over after a chunk or two */
    uint8_t count;
    program_operation operations[PROGRAM_OPERATIONS];
} program;

typedef enum program_subject { ON_NONE, ON_TASK, ON_WORKER } program_subject;
program_subject program_subject_of(uint32_t verb);
bool program_is_tree(uint32_t kernel);                      /* of fork functions, or with members */
bool program_can_save(uint32_t kernel);                     /* a save keeps what is left of it */
uint32_t program_units(uint32_t kernel, uint32_t length);   /* what a whole run of it counts */
uint32_t program_count_of(const program *p, uint32_t verb); /* operations of this verb */
uint32_t program_tasks(const program *p);

void program_print(const program *p, char *text, size_t size);
bool program_try_parse(program *p, const char *text);

#endif
