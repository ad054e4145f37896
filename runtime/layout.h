/* The shared region: what is in it, and where.
 *
 * Invariant: laid out once by layout_init() and never moved, grown, or freed. All that two threads touch is an atom; what is
 * plain belongs to one thread at a time, named beside it. Words that different threads write stand in different cache lines.
 *
 * Any thread may read the pointers and sizes. */
#ifndef FILCH_LAYOUT_H
#define FILCH_LAYOUT_H

#include "deque.h"
#include "filch.h"
#include "filch_fork.h"
#include "platform/platform.h"

#define CACHE_LINE 64
#ifndef LEVELS
#define LEVELS 3             /* priorities: 0 high, 1 normal, 2 low; the explorer has one, for shorter executions */
#endif
#define WORKERS_MAX 30       /* a worker is one bit of a life word, see life.h */
#define SLOTS_MAX 65535      /* a slot's index is 16 bits of a queue item */
#define STACK_MIN 16384u
#define STACK_MAX 16777216u
#define BLOCK_BITS 31        /* a frame spans at most 2^31 iterations; longer loops run block after block */
#define RANGE_MAX 9007199254740991u /* 2^53 - 1: what a JavaScript number holds exactly */
#define KERNELS_MAX 256
#define AFTER_MAX 16         /* tasks that one comes after */
#define SPARE 16             /* posts that have a slot whatever trees hold, where trees have slots of their own */
#ifndef RECORDS              /* per worker: children spawned and not joined, of all calls on its stack */
#define RECORDS 1024
#endif
#ifndef INDEX_START          /* where the deques' indices start: the hostile configuration lets them wrap at once */
#define INDEX_START 0
#endif

/* A task. Plain fields are the owner's until the post and the closer's (see life.h) at the end; of a member of a tree (fork.h) they
 * are whose who works on it. */
typedef struct filch_slot {
    atom64 life;      /* life.h */
    atom64 done;      /* iterations finished */
    atom32 status;    /* FILCH_PENDING until it is decided how the task ends: a filch_status, a kernel's own code << 16 */
    atom32 helpers;   /* bit w: worker w has run a part */
    atom32 level;     /* its priority, 0 to LEVELS - 1; of a member its root's counts */
    atom32 paused;    /* it should come to its boundaries and stay there */
    uint64_t begin;   /* of the range posted */
    uint64_t total;   /* iterations in it */
    /* which part of the range the frames are in; written by the closer alone */
    uint64_t base;      /* the iteration that they count from */
    uint64_t block_end; /* where they end */
    uint64_t piece_end; /* where the piece ends: the range, or what pieces[] says */
    const double *pieces; /* of a restored task: pairs {begin, end} */
    uint32_t piece_next, piece_count;
    uint32_t grain;   /* iterations per chunk, 0 = tunes itself */
    atom32 leaf;      /* of a deterministic reduction, see frame.h; else 0 */
    unsigned char *totals; /* a reduction's accumulators: one per leaf, or one per worker */
    uint16_t kernel;
    uint8_t kind;     /* filch_kind */
    uint8_t listed;   /* the owner's: SLOT_LISTED, SLOT_REAPED, or 0 */
    uint64_t failed_begin, failed_end; /* written by whoever decided the status */
    atom64 began, ended;               /* clock_ns() when the first worker began, and when it had settled; 0: not yet */
    /* trees, see fork.h */
    atom32 root;      /* slot of the task that it was spawned for; its own: it was posted */
    atom32 members;
    atom32 join;
    atom32 hidden;    /* 1: QUEUED, but in no queue; its parent will come to it, or show it */
    uint32_t awaited, child, sibling; /* slots, index + 1; 0: none */
    uint32_t step;
    filch_fork_entry *entry;
    uint64_t result;
    /* what it comes after, see after.h */
    atom32 waits, edges, dependents;
    uint32_t raised;  /* the owner's: the next one whose level is to be raised, index + 1 */
    _Alignas(CACHE_LINE) unsigned char args[FILCH_ARGS_BYTES];
} filch_slot;

enum { SLOT_LISTED = 1, SLOT_REAPED }; /* taken from the completion list; given to the owner */

/* What a worker counts; written by itself alone, read by anybody at any time. Monotonic. chunks_N: chunks of N iterations or more, and
 * fewer than the next one says. yield_ns: what the chunks took in which it was asked to leave a task, so the most that whoever asked
 * has waited; `yields` is their number, with those at the end of a slice. */
#define COUNTERS(X)                                                                                            \
    X(tasks) X(chunks) X(iterations) X(steals) X(steals_tried) X(steals_lost) X(splits) X(attempts) X(yields)  \
    X(parks) X(wakes) X(promotions) X(suspensions) X(running_ns) X(searching_ns) X(sleeping_ns)    \
    X(yield_ns)                                                                                                \
    X(chunks_1) X(chunks_2) X(chunks_4) X(chunks_8) X(chunks_16) X(chunks_32) X(chunks_64) X(chunks_128)       \
    X(chunks_256) X(chunks_512) X(chunks_1k) X(chunks_2k) X(chunks_4k) X(chunks_8k) X(chunks_16k) X(chunks_32k) \
    X(chunks_64k) X(chunks_128k) X(chunks_256k) X(chunks_512k) X(chunks_1m)

enum {
#define COUNTER_ENUM(name) COUNT_##name,
    COUNTERS(COUNTER_ENUM)
#undef COUNTER_ENUM
    COUNTER_COUNT
};

enum { RECALLED = 1, DEPARTS = 2 };

typedef struct filch_worker {
    /* read by thieves */
    _Alignas(CACHE_LINE) atom64 current; /* handle of the task that it runs, 0 = none */
    atom32 attention;                    /* 1: look at the task's status, and for more urgent tasks, at the next boundary */
    atom32 level;                        /* of the task that it runs; LEVELS: none */
    atom32 recalled;                     /* it is to come back from sched_run(): RECALLED by the owner, DEPARTS by itself */
    atom64 tree;                         /* handle of the root of the tree that it works on, 0 = none: it may have private work */
    /* the sleep protocol's, see idle.h */
    _Alignas(CACHE_LINE) atom32 parked;
    /* its own */
    _Alignas(CACHE_LINE) struct filch_task view;
    filch_slot *slot;                /* the task it is engaged in, NULL = none */
    uint64_t chunk_begin, chunk_end; /* the chunk that it is running: named where that chunk fails */
    uint32_t random;                 /* xorshift state, never 0 */
    uint32_t favourite;              /* the victim that paid last */
    uint32_t tick;                   /* tasks picked */
    uint64_t slice_end;              /* when its task should make room for others, in clock_ns() */
    bool cooperative;                /* runs in slices on the owner's thread */
    bool joined;                     /* it has joined a loop that others run, and took no item */
    uint64_t fair_since;             /* when it last began one of those, in clock_ns() */
    bool fair;                       /* it took its task ahead of more urgent ones, so that nobody starves */
    /* fork.h */
    uint32_t split;                  /* records below this are tasks of their own */
    uint32_t shown;                  /* records below this have been in the deque */
    uint32_t reserve, reserved;      /* slots kept for frames: the first, index + 1; how many */
    uint32_t innermost, outermost;   /* the frames saved on the way back, index + 1 */
    uint32_t awaited;                /* what the innermost one waits for, index + 1; 0: it goes on at once */
    uint32_t polls, polls_between;   /* since it looked at the clock; until it looks again */
    uint64_t polled;                 /* when it looked */
    uint32_t last;                   /* the slot of the call that it left last in a queue, or made ready; see fork_choose() */
    uint32_t turns;                  /* at so many victims it looks before it sleeps */
    bool leaving;                    /* it is wanted elsewhere, as soon as what it runs can be saved */
    bool owes;                       /* it has put something into its deque and woken nobody, to take that next */
    uint32_t chunk[KERNELS_MAX];     /* what the chunk length of each kernel has tuned itself to */
    _Alignas(CACHE_LINE) atom64 counters[COUNTER_COUNT];
    uint64_t since;  /* what it does, and since when: see trace.h */
    uint32_t doing;
    atom32 traced;   /* events that it has noted */
    filch_deque deques[LEVELS];
} filch_worker;

typedef struct filch_runtime {
    uint32_t worker_count, slot_count;
    uint32_t post_limit; /* slots that the owner may have at a time; the others are for members of trees */
    uint32_t spare;      /* free slots that members of trees leave to the owner */
    uint32_t scarce;     /* with fewer free slots trees go on rather than begin, see fork_choose() */
    uint32_t posted;     /* the owner's: slots that it has */
    const filch_kernel *const *kernels;
    uint32_t kernel_count;
    filch_slot *slots;
    filch_worker *workers;
    atom64 *frames;       /* frame.h: worker_count + 1 rows of slot_count */
    atom32 *links;        /* per slot: the next in the free list or in the completion list, index + 1 */
    atom32 *edges;        /* after.h: AFTER_MAX per slot */
    uint64_t *after;      /* the owner's: handles of what each slot comes after, AFTER_MAX per slot, 0 = no more */
    filch_record *records; /* RECORDS per worker */
    unsigned char *stacks;
    uint32_t stack_bytes;
    atom32 stopped;
    atom32 ring_by_message;
    atom32 tracing;            /* events per worker that `trace` has room for, a power of two; 0: nobody traces */
    struct filch_event *trace;
    filch_deque injector[LEVELS];      /* the owner pushes, workers steal: first in, first out */
    _Alignas(CACHE_LINE) atom64 idle;  /* idle.h */
    _Alignas(CACHE_LINE) atom64 free;  /* pool.h */
    _Alignas(CACHE_LINE) atom32 done;  /* done.h: head of the completion list */
    atom32 doorbell;
    atom32 room;                       /* in the injector, see done.h */
    _Alignas(CACHE_LINE) uint32_t reaped; /* the owner's: completions taken from the list, oldest first, index + 1 */
    uint32_t offer_next;                  /* the owner's: queued tasks from this slot on may have lost their items */
    uint32_t lost_trees;                  /* the owner's: trees that a dead worker took part in, not settled yet */
    _Alignas(CACHE_LINE) unsigned char args[FILCH_ARGS_BYTES]; /* the owner's: the next post's arguments */
} filch_runtime;

typedef struct filch_options {
    uint32_t workers;     /* 1 to WORKERS_MAX */
    uint32_t slots;       /* 1 to SLOTS_MAX */
    uint32_t stack_bytes; /* per worker, STACK_MIN to STACK_MAX; 0 where the platform brings its own stacks */
    uint32_t members;     /* slots beside those, for what tasks spawn; with them at most SLOTS_MAX */
} filch_options;
/* Enough members for some deep recursions at a time: one that is saved has a slot for each of its calls, and for each child spawned before. */
#define MEMBERS(workers) (1024 + 48 * (workers))

/* Bytes of the region, a multiple of CACHE_LINE; 0 where an option is out of its range. */
uint64_t layout_bytes(const filch_options *options);
/* Lays the runtime out in the region, CACHE_LINE-aligned, of layout_bytes(). Before any other thread knows of it. */
filch_runtime *layout_init(void *region, const filch_options *options, const filch_kernel *const *kernels,
                           uint32_t kernel_count);
/* A worker's stack grows down from top to end. Was it overrun since the last look? */
unsigned char *layout_stack_top(const filch_runtime *rt, uint32_t worker);
unsigned char *layout_stack_end(const filch_runtime *rt, uint32_t worker);
bool layout_stack_overrun(filch_runtime *rt, uint32_t worker);

static inline void count(filch_worker *w, int counter, uint64_t n)
{
#ifndef FILCH_EXPLORE
    atom64 *c = &w->counters[counter]; /* one writer, so no read-modify-write; a reader gets some recent value */
    __atomic_store_n(&c->word, c->word + n, __ATOMIC_RELAXED);
#else
    (void)w, (void)counter, (void)n;
#endif
}

#endif
