/* The types of the runtime, its limits, and its words.
 *
 * Glossary
 *   owner        the one thread that submits, observes, and reaps: the page's main thread, Node's,
 *                or in a C program the thread that holds the lock
 *   worker       a thread that runs chunks; it has a number, a deque per priority, and a stack
 *   task         what a slot describes: a loop, or a call of a fork function
 *   slot         a descriptor of fixed size; a slot without a task is free
 *   handle       slot and generation in one number: a stale handle names no later task
 *   state        one 64-bit word per slot: the workers that run in the task, and more (state.h)
 *   range        one 64-bit word per slot and worker: iterations that are not claimed (range.h)
 *   chunk        the iterations that a worker has claimed and runs in one call of the kernel
 *   safepoint    the moment between two chunks, or at the beginning of a fork function's call: the
 *                only place where a worker leaves a task
 *   root, member a submitted task, and a task that a worker spawned for it (tree.h)
 *   frame        the arguments and locals of a call of a fork function
 *   record       a child that a call has spawned and not joined (filch_fork.h)
 *   thief        a worker that takes work of another worker, the victim
 *   injector     the queues from the owner to the workers
 *   completion   a task that has ended, on its way to the owner
 *   priority     0 high, 1 normal, 2 low: the smaller, the more urgent
 *   corrupt      said of a word that no code of the runtime has written: the page can write here
 *
 * The threads that may read and write a field
 *   slot->state                   any thread; any thread, by compare-exchange
 *   slot->done, helpers           any thread; the workers that run in the task
 *   slot->status                  any thread; the first thread that decides the end, then the one
 *                                 that completes the task
 *   slot->priority, is_paused     any thread; the owner
 *   slot->kernel, kind, args,     the workers in the task; the owner before it submits the task, or
 *       loop.grain                for a member the worker that spawns it
 *   slot->loop.base to piece_next the workers in the task; the worker that has closed the task
 *   the rest of slot->loop        the workers in the task; the owner before it submits the task
 *   slot->failed_begin, _end      the owner at the end; the thread that decides the end
 *   slot->began_ns, ended_ns      the owner at the end; the first worker, and the thread that
 *                                 completes the task
 *   slot->stage, own_priority     the owner; the owner
 *   slot->tree.root, members,     any thread; the workers of the tree, and at a loss the owner
 *       join, is_private
 *   slot->tree.awaited to result  the workers of the tree; the worker that runs in the task, the
 *                                 parent after the task has closed, and of a blocked frame the
 *                                 worker that runs in what the frame waits for
 *   slot->deps.pending, linked,   any thread; the owner, and the thread that completes a dependency
 *       dependents
 *   slot->deps.update_next        the owner; the owner
 *   slot->place                   any thread; the owner
 *   waiter->word, deadline        any thread; the worker that runs in the task, and the thread that
 *                                 ends the wait: wait.h
 *   events                        any thread; workers take permits, the owner writes the rest
 *   slot->era                     any thread; the thread that releases the slot
 *   worker->shared.*              any thread; the worker. preempt_request and recalled: any thread.
 *                                 At the worker's loss: the owner
 *   worker->parked, view.limit    the worker; any thread
 *   worker->trace.*               any thread; the worker
 *   worker->deques[p]             see deque.h
 *   worker->inbox                 see deque.h; the owner pushes
 *   worker->wait.*                the worker; the worker
 *   the rest of a worker          the worker; the worker, and at its loss the owner
 *   runtime->owner.*              the owner; the owner
 *   runtime->sleep, outside,      any thread; any thread, by read-modify-write
 *       free_slots, completions,
 *       doorbell, injector_space,
 *       deferred, alarm
 *   runtime->inboxes, tells_time  any thread; the owner
 *   runtime->injector[p]          see deque.h; the owner pushes
 *   runtime->seal                 the owner; the owner before the workers start
 *   runtime->is_stopped, trace    any thread; the owner
 *   runtime->notify_by_message    any thread; the owner before the workers start
 *
 * A field that is no atom belongs to one thread at a time; a state transition hands it on. Words
 * that different threads write stand in different cache lines. */
#ifndef FILCH_TYPES_H
#define FILCH_TYPES_H

#include "platform/check.h"
#include "filch.h"
#include "filch_fork.h"
#include "platform/platform.h"

#define CACHE_LINE 64
#ifndef PRIORITIES
#define PRIORITIES 3 /* the explorer has one or three */
#endif
#define WORKERS_MAX 30  /* a worker is one bit of a task's state */
#define SLOTS_MAX 65535 /* a slot's index is 16 bits of a queue item */
#define SLOT_NONE 0xffffffffu
#define STACK_MIN 16384u
#define STACK_MAX 16777216u
/* Bytes below each stack, and the word that fills them. */
#define RED_ZONE 65536
#define RED_WORD 0xf11c4a7du
#define REGION_SEAL 0xf11c05ea
/* a range spans at most 2^31 iterations; longer loops run block by block */
#define BLOCK_BITS 31
/* 2^53 - 1: the largest integer that a JavaScript number holds exactly */
#define RANGE_MAX 9007199254740991u
#define KERNELS_MAX 256
#define DEPENDENCIES_MAX 16 /* tasks that one task may depend on */
#define EVENTS_MAX 1024     /* events of a runtime, with number 0, which is none */
/* slots that members leave to submitted tasks, where members have slots of their own */
#define SPARE 16
#ifndef RECORDS
#define RECORDS 1024 /* per worker: children spawned and not joined, of all calls on its stack */
#endif
/* A call that begins below RECORDS has all of its children above. */
#define RECORDS_ALL (RECORDS + FILCH_CHILDREN_MAX)
/* One more lies below: a join that steps there finds a promoted child, and asks the scheduler. */
#define RECORDS_STRIDE (RECORDS_ALL + 1)
#ifndef INDEX_START
/* the first index of each deque: the hostile configuration lets indices wrap at once */
#define INDEX_START 0
#endif

/* What became of a task that a worker ran. */
typedef enum run_outcome {
    RUN_FINISHED,  /* nothing of it is left for this worker */
    RUN_YIELDED,   /* it is queued again, or paused: the worker gives others a chance */
    RUN_SUSPENDED, /* it waits for a child, or is queued to end at once */
} run_outcome;

/* How far the owner is with a completed task. */
typedef enum filch_stage { NOT_COMPLETED, COMPLETED, REAPED } filch_stage;

typedef struct filch_slot {
    atom64 state; /* state.h */
    atom64 done;  /* iterations finished */
    /* FILCH_PENDING until the end is decided: a filch_status, a kernel's own code << 16 */
    atom32 status;
    atom32 helpers; /* bit w: worker w has run a part */
    /* 0 to PRIORITIES - 1: its own, or that of a dependent; of a member its root's counts */
    atom32 priority;
    atom32 is_paused; /* 1: its workers are to leave it at their next safepoint */
    struct {
        uint64_t begin; /* of the range submitted */
        uint64_t total; /* iterations in that range */
        /* The part of that range that the range words hold now. */
        uint64_t base;      /* the iteration that they count from */
        uint64_t block_end; /* where they end */
        /* where the piece ends: the range submitted, or one of `pieces` */
        uint64_t piece_end;
        const double *pieces;             /* of a restored task: pairs {begin, end} */
        uint32_t piece_next, piece_count; /* pieces not begun; all of them */
        uint32_t grain;                   /* iterations per chunk, 0: it tunes itself */
        /* iterations of a leaf of a deterministic reduction, else 0 */
        atom32 leaf;
        /* a reduction's accumulators: one per leaf, or one per worker */
        unsigned char *totals;
    } loop;
    uint16_t kernel;
    uint8_t kind;                      /* filch_kind, or KIND_RESERVED */
    uint8_t stage;                     /* filch_stage */
    uint8_t own_priority;              /* what it was given; `priority` may be more urgent */
    uint64_t failed_begin, failed_end; /* the chunk that failed */
    /* clock_ns() when the first worker began; at the completion; 0: not yet */
    atom64 began_ns, ended_ns;
    struct {
        atom32 root;       /* slot of the submitted task; of that task itself its own */
        atom32 members;    /* tree.h */
        atom32 join;       /* tree.h */
        atom32 is_private; /* 1: QUEUED, but in no queue; its parent joins or publishes it */
        uint32_t awaited, child, sibling; /* slots, index + 1; 0: none */
        uint32_t step;
        /* of a saved frame. 1: neither the frame nor one that waits for it has private children */
        uint32_t is_published;
        filch_fork_entry *entry;
        uint64_t result;
    } tree;
    struct {
        atom32 pending;    /* bit i: its dependency i is not completed */
        atom32 linked;     /* bit i: a list of dependents holds its edge i */
        atom32 dependents; /* the edges of the tasks that depend on it */
        /* the next task whose dependencies are to follow its priority, index + 1; 0: in no list */
        uint32_t update_next;
    } deps;
    uint32_t era; /* times that the generation has wrapped, see state.h */
    atom32 place; /* index of its last item in the injector: the order of submissions */
    _Alignas(CACHE_LINE) unsigned char args[FILCH_ARGS_BYTES];
} filch_slot;

/* See deque.h. */
typedef struct filch_deque {
    _Alignas(64) atom32 top;
    _Alignas(64) atom32 bottom;
    /* the owner's: a value that top had, so that the free space is at least what it says */
    uint32_t seen_top;
    uint32_t number; /* which of plan.h's items are the deque's */
} filch_deque;

/* What a task waits for: wait.h. */
typedef struct filch_waiter {
    atom64 word;
    atom64 deadline; /* when the wait ends at the latest, in clock_ns(); 0: never */
} filch_waiter;

/* What a worker counts. Monotonic.
 *   chunks_N  chunks of N iterations or more, and fewer than the next one says
 *   yields    times that the worker left its task to others
 *   yield_ns  time of the chunks in which another thread asked the worker to leave its task: the
 *             most that the other thread has waited */
#define COUNTERS(X)                                                                               \
    X(tasks) X(chunks) X(iterations) X(steals) X(steals_tried) X(steals_lost) X(splits)           \
    X(attempts) X(yields) X(parks) X(wakes) X(promotions) X(suspensions) X(running_ns)            \
    X(searching_ns) X(sleeping_ns) X(yield_ns)                                                    \
    X(chunks_1) X(chunks_2) X(chunks_4) X(chunks_8) X(chunks_16) X(chunks_32) X(chunks_64)        \
    X(chunks_128) X(chunks_256) X(chunks_512) X(chunks_1k) X(chunks_2k) X(chunks_4k)              \
    X(chunks_8k) X(chunks_16k) X(chunks_32k) X(chunks_64k) X(chunks_128k) X(chunks_256k)          \
    X(chunks_512k) X(chunks_1m)

enum {
#define COUNTER_ENUM(name) COUNT_##name,
    COUNTERS(COUNTER_ENUM)
#undef COUNTER_ENUM
        COUNTER_COUNT
};

/* Yes or no is a uint8_t in these structs: a page that writes 2 into a bool makes undefined
 * behaviour of its next use. */
/* worker->shared.recalled: it is to return from worker_run(). */
enum { RECALLED = 1, DEPARTS = 2 }; /* the owner asks; the worker itself leaves */
#define NO_ALARM UINT64_MAX
/* of the tasks in inboxes: normal */
#define INBOX_PRIORITY (PRIORITIES / 2)

typedef struct filch_worker {
    /* Words of the worker that other threads read or write. */
    struct {
        _Alignas(CACHE_LINE) atom64 loop; /* handle of the parallel loop that it runs, 0: none */
        /* 1: look at the task's status and for more urgent work at the next safepoint */
        atom32 preempt_request;
        /* of the task that it runs; PRIORITIES: none, or it leaves that for no other */
        atom32 priority;
        atom32 recalled;
        /* handle of the root of the tree that it works on, 0: none; it may have private work */
        atom64 tree;
    } shared;
    _Alignas(CACHE_LINE) atom32 parked; /* sleep.h */
    _Alignas(CACHE_LINE) struct filch_task view;
    uint32_t slot;                   /* of the task that it runs in, index + 1; 0: none */
    uint64_t chunk_begin, chunk_end; /* the chunk that it runs: named where that chunk fails */
    uint32_t spin_turns;             /* victims that it looks at before it parks */
    /* it has pushed to its deque without a notification, to take that task next */
    uint8_t wake_pending;
    uint8_t returns_idle; /* it returns from worker_run() where it would park */
    uint8_t is_idle;      /* it has done so, and was not unparked since */
    struct {
        uint32_t random;    /* xorshift state, never 0 */
        uint32_t favourite; /* the victim of the last steal */
        uint32_t tick;      /* tasks picked, since the last look in vain */
        uint8_t has_joined; /* it has joined a loop that others run, and took no item */
    } steal;
    struct {
        uint64_t slice_end;  /* when its task should yield to others, in clock_ns() */
        uint64_t fair_since; /* when it last began a task out of turn, in clock_ns() */
        /* it took its task out of turn, ahead of more urgent ones, so that no task starves */
        uint8_t is_fair;
        uint8_t is_cooperative; /* it runs in slices on the owner's thread */
    } preempt;
    struct {
        uint32_t reserve, reserved; /* slots kept for frames: the first, index + 1; how many */
    } tree;
    struct {
        uint32_t promoted;             /* records below this are tasks of their own */
        uint32_t published;            /* records below this have been in the deque */
        uint32_t innermost, outermost; /* the frames saved on the way back, index + 1 */
        /* what the innermost frame waits for, index + 1; 0: it goes on at once */
        uint32_t awaited;
        /* polls since it read the clock; until it reads the clock again */
        uint32_t polls, polls_between;
        uint64_t polled_ns; /* when it read the clock */
        uint8_t is_leaving; /* it leaves its tree as soon as the stack can be saved */
        /* slot of the call that it queued or made ready last; see fork_admit.h */
        uint32_t last_left;
    } fork;
    struct {
        uint32_t chunk[KERNELS_MAX]; /* the chunk length that each kernel has tuned itself to */
    } loop;
    struct {
        filch_wait_request request;
        uint64_t done;      /* iterations of the chunk that count as done */
        uint8_t is_allowed; /* the chunk that it runs may wait */
        uint8_t is_asked;   /* the task that it runs is to wait as `request` says */
    } wait;
    struct {
        _Alignas(CACHE_LINE) atom64 counters[COUNTER_COUNT];
        uint64_t since; /* clock_ns() since when it does what `doing` says; 0: not known */
        uint32_t doing; /* enum filch_doing */
        atom32 written; /* events that it has written */
    } trace;
    filch_deque deques[PRIORITIES];
    filch_deque inbox; /* inbox.h */
} filch_worker;

typedef struct filch_runtime {
    atom32 seal; /* REGION_SEAL, always: other code that overwrites all words overwrites this one */
    atom32 is_stopped;
    atom32 deferred; /* bit w: the deques of worker w may have deferred tasks, see steal.h */
    atom32 notify_by_message; /* 1: the host wants a message in place of the doorbell's futex */
    uintptr_t trace;          /* trace.h: where the records stand, and how many; 0: no trace runs */
    /* the owner pushes, workers steal: first in, first out */
    filch_deque injector[PRIORITIES];
    _Alignas(CACHE_LINE) atom64 sleep;       /* sleep.h */
    atom32 outside;                          /* sleep.h: bit w */
    _Alignas(CACHE_LINE) atom64 free_slots;  /* slots.h */
    _Alignas(CACHE_LINE) atom32 completions; /* completions.h: head of the list */
    atom32 doorbell;                         /* completions.h */
    atom32 injector_space;                   /* completions.h */
    atom32 inboxes;                          /* bit w: the inbox of worker w has had an item */
    atom32 tells_time; /* 1: the owner looks at the alarm, and tasks may wait */
    /* the first deadline of all that wait, in clock_ns(); NO_ALARM: none */
    _Alignas(CACHE_LINE) atom64 alarm;
    struct {
        /* slots of submitted tasks that are not released */
        _Alignas(CACHE_LINE) uint32_t submitted;
        uint32_t reap_next;   /* completions taken from the list, oldest first, index + 1 */
        uint32_t inject_next; /* queued tasks from this slot on may have lost their items */
        uint32_t lost_trees;  /* trees with a lost worker that are not completed yet */
        uint64_t alarm;       /* the deadline that the host knows of */
        uint32_t event_next;  /* where it looks for a free event first */
        uint32_t hand;        /* where it looks for a waiting task first */
        uint8_t event_missed; /* a look for waiting tasks may have missed some */
        /* tasks in inboxes that no worker was notified of, and whose inboxes */
        uint32_t ready, ready_workers;
    } owner;
} filch_runtime;

#endif
