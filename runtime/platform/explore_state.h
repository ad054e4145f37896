/* What the parts of the explorer share: the execution that runs, its threads, and its decisions.
 * For the explorer's own files, which are
 *   explore_decide    one of several alternatives: the prescribed one, the first, or a random one
 *   explore_prune     which executions differ from others only in the order of operations that do
 *                     not depend on each other
 *   explore_threads   the scenario's threads, as coroutines
 *   explore_deaths    when threads die in random walks
 *   explore_weak      older values that loads may return
 *   explore_schedule  which thread runs next
 *   explore_search    executions, one after another */
#ifndef FILCH_EXPLORE_STATE_H
#define FILCH_EXPLORE_STATE_H

#include "platform/explore.h"
#include "platform/platform.h"

#define POINTS_MAX 20000 /* an execution with more points counts as endless */
#define NO_THREAD (-1)
#define NO_DECISION (-1)

typedef enum state { READY, WAITING, AWAITING, AWAITING_DEATH, YIELDED, ENDED, DEAD } state;

/* An operation that a thread is about to do. Without a word: one that may depend on any other. */
typedef struct access {
    const void *word;
    bool writes;
} access;

typedef struct thread {
    void *stack_pointer;
    unsigned char *stack;
    state state;
    const atom32 *word;      /* WAITING */
    bool (*condition)(void); /* AWAITING */
    int deaths_told;         /* how many deaths explore_await_death() has returned to it */
    access next;             /* what it does when it runs next */
    uint32_t dies_in;        /* points that it has left to live; 0: any number */
} thread;

typedef struct decision {
    uint8_t taken, alternatives; /* the number of the one that was taken; how many there were */
    uint8_t skipped;             /* bit a: alternative a leads to no new execution */
    bool is_opaque;              /* explore_touch(), where the running thread went on */
    int8_t next;                 /* the thread that ran next; NO_THREAD: repeat() passes it */
    bool goes_on;                /* that thread was at a point, and goes on */
    uint32_t at;                 /* how many calls of schedule_choose() there were before */
} decision;

extern struct explorer {
    const explore_scenario *scenario;
    const explore_options *options;
    explore_result *result;
    thread threads[EXPLORE_THREADS];
    void *main_stack_pointer;
    int running;
    decision decisions[POINTS_MAX];
    int depth, given; /* decisions made; the first `given` of them are prescribed */
    uint32_t calls;   /* of schedule_choose(), in this execution */
    uint32_t quiet;   /* up to this call the running thread goes on at each of its points */
    int decided_at;   /* the running thread's decision to go on at its last point; NO_DECISION */
    uint64_t points, random, clock;
    int preemptions, stale;            /* in this execution, so far */
    int deaths, died[EXPLORE_THREADS]; /* how many, and which threads, in their order */
    bool yielded;                      /* some thread's state is YIELDED */
    bool in_condition;                 /* of a thread that is AWAITING */
    bool does_prune, is_cut;           /* explore_prune.c; the execution needs no end */
    bool counts_classes;               /* of the options: each point reads it */
    uint32_t asleep;                   /* bit t: explore_prune.c */
} e;

/* -- explore_decide.c -- */
/* The last of them is a death, or none is. */
typedef struct choices {
    int thread[EXPLORE_THREADS + 1];
    int count, living;
    uint8_t skipped; /* bit i: choice i leads to no new execution */
} choices;
uint32_t decide_coin(uint32_t n);
bool decide_has_any(const choices *c);
/* dies: a random walk takes the death. Below 0: the execution is too long. */
int decide(const choices *c, bool dies);

/* -- explore_prune.c -- */
void prune_begin(void);
/* The running thread does this now. */
void prune_note(access a);
/* What the running thread has done since its last point depends on more than that point's word. */
void prune_stay_awake(void);
/* At decision d, `thread` could have gone on, and does not. */
void prune_put_to_sleep(int thread, int d);
void prune_end(void);

/* -- explore_threads.c -- */
void thread_prepare(int t);
void thread_switch(int from, int to); /* NO_THREAD: to or from the explorer itself */

/* -- explore_deaths.c -- */
void deaths_plan(void);   /* before each random walk */
bool deaths_is_now(void); /* once for each moment at which the running thread may die */
void deaths_count(void);  /* after each random walk */

/* -- explore_weak.c -- */
void weak_begin(void);
/* The running thread has heard of all that the others have done. */
void weak_join_all(void);

/* -- explore_schedule.c -- */
int schedule_choose(int current);

#endif
