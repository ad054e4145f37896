/* Fork-join for kernels: functions that spawn children, run on, and join them. filch.h includes
 * this header.
 *
 *     FILCH_FORK(fib, uint64_t, (uint32_t n;), (uint64_t a, b;))
 *     {
 *         FILCH_BEGIN;
 *         if (f->n < 2) FILCH_RETURN(f->n);
 *         FILCH_SPAWN(fib, f->n - 1);
 *         FILCH_CALL(f->b, fib, f->n - 2);
 *         FILCH_JOIN(f->a, fib);
 *         FILCH_RETURN(f->a + f->b);
 *         FILCH_END;
 *     }
 *
 * FILCH_FORK(name, type, (parameters), (locals)) defines a fork function. `type`, of the result, is
 * a number or a pointer. The parentheses hold the members of the activation frame `f`, at most
 * FILCH_FRAME_BYTES together. A value that must survive a CALL, JOIN, LOOP, or WAIT belongs in
 * the frame: a variable of C does not survive. In the body, between FILCH_BEGIN and FILCH_END:
 *   FILCH_SPAWN(name, arguments...)              spawns a child, which may run beside the caller
 *   FILCH_CALL(result, name, arguments...)       runs a child now
 *   FILCH_JOIN(result, name)                     takes the result of the youngest child that is not
 *                                                joined; waits for it
 *   FILCH_LOOP(kernel, begin, end, arguments...) runs a loop of a parallel or sequential kernel on
 *                                                all workers, and waits for it
 *   FILCH_WAIT(waited, event, milliseconds)      waits for an event, without a worker, and at most
 *                                                so long; a filch_waited
 *   FILCH_FAIL(code)                             fails the whole task with the code, 1 to 65535
 *   FILCH_RETURN(value)                          returns
 * A call joins each child that it spawns before it returns; else the task fails with NOT_JOINED. At
 * most FILCH_CHILDREN_MAX of its children are spawned and not joined at a time; else the task fails
 * with TOO_MANY_CHILDREN.
 *
 * How a fork function runs. The compiler compiles the body twice.
 *   - The fast clone is plain recursion. A spawn writes a record, which no other thread reads; the
 *     join calls the child. When a thief sends a steal request, the scheduler promotes the oldest
 *     records to tasks.
 *   - A join may find that its child runs on another worker. Or the worker is wanted for a more
 *     urgent task. Then each call on the stack saves its frame and its step, the innermost call
 *     first, and returns to the scheduler.
 *   - The slow clone resumes a saved frame, at its step.
 * Sources. The two clones: Frigo, Leiserson, Randall, The implementation of the Cilk-5
 * multithreaded language, 1998. The records: Lace, by van Dijk and van de Pol, 2014. Work that
 * stays private until a steal request: Acar, Chargueraud, Rainey, Scheduling parallel programs by
 * work stealing with private deques, 2013.
 *
 * Names that begin with filch_ are for the macros. */
#ifndef FILCH_FORK_H
#define FILCH_FORK_H

#include "filch.h"

/* Bytes of an activation frame, parameters and locals: 56 on wasm. */
#define FILCH_FRAME_BYTES (14 * sizeof(void *))
#ifndef FILCH_CHILDREN_MAX
#define FILCH_CHILDREN_MAX 128
#endif

typedef struct filch_record filch_record;
/* Runs a call of a fork function from this step on. The result, in its first bytes. */
typedef uint64_t filch_fork_entry(struct filch_task *task, filch_record *base, const void *frame,
                                  uint32_t step, uint32_t depth);

/* A spawned child, or the arguments of a call. */
struct filch_record {
    filch_fork_entry *entry; /* of the child; NULL: the child is promoted to a task */
    uint32_t link;           /* the parent's depth; of a promoted child, the child's slot */
    __attribute__((aligned(8))) unsigned char frame[FILCH_FRAME_BYTES];
};

/* How the calls on a stack return to the scheduler. */
enum filch_unwind {
    FILCH_UNWIND_NOT,
    FILCH_UNWIND_SAVING,   /* each call saves its frame */
    FILCH_UNWIND_DROPPING, /* the task ends, so no call does */
};

/* A call of a fork function. */
typedef struct filch_fork_call {
    filch_record *base;      /* its first record */
    filch_fork_entry *entry; /* of the function; NULL: the kernel itself */
    uint32_t bytes;          /* of its frame */
    uint32_t step;
    uint32_t depth; /* calls below this one on the stack */
} filch_fork_call;

/* A loop of a kernel, as a part of a task. */
typedef struct filch_loop {
    const filch_kernel *kernel;
    uint64_t begin, end;
    const void *args; /* the kernel's argument struct; copied */
} filch_loop;

/* -- for the macros: runtime/sched/fork.c; on the worker's own thread -- */
/* At the beginning of a call whose first record is not below the limit. True: the call must return
 * at once. */
FILCH_SHARED_API(filch_fork_poll)
bool filch_fork_poll(struct filch_task *task, const filch_fork_call *call);
/* The result of a promoted child; or sets task->unwind. */
FILCH_SHARED_API(filch_fork_join)
uint64_t filch_fork_join(struct filch_task *task, filch_record *record, uint32_t depth);
/* Saves the call's frame, with its children: the records from call->base up to `head`. */
FILCH_SHARED_API(filch_fork_save)
void filch_fork_save(struct filch_task *task, const filch_fork_call *call, const void *frame,
                     filch_record *head);
/* Runs the loop as a child; or sets task->unwind. `head`: above the call's records. */
FILCH_SHARED_API(filch_fork_loop)
void filch_fork_loop(struct filch_task *task, const filch_loop *loop, filch_record *head,
                     uint32_t depth);
/* How the wait has ended; or sets task->unwind. `head`: above the call's records. */
FILCH_SHARED_API(filch_fork_wait)
int32_t filch_fork_wait(struct filch_task *task, const filch_wait_request *request,
                        filch_record *head, uint32_t depth);
/* Ends the whole task. status: a filch_status, with a kernel's own code << 16. */
FILCH_SHARED_API(filch_fork_fail)
void filch_fork_fail(struct filch_task *task, uint32_t status);

#ifdef FILCH_EXPLORE
void explore_access(const void *word, bool writes);
#define FILCH_FORK_POINT(word) explore_access(word, false)
#else
#define FILCH_FORK_POINT(word) ((void)0)
#endif
/* The call whose records begin at `base` must poll. The limit is only a hint: filch_fork_poll()
 * reads the requests of other threads in order. */
static inline bool filch_fork_is_asked(const struct filch_task *task, const filch_record *base)
{
    FILCH_FORK_POINT(&task->limit);
#ifdef __wasm__
    return (uintptr_t)base >= *(const volatile uintptr_t *)&task->limit;
#else
    return (uintptr_t)base >= __atomic_load_n(&task->limit, __ATOMIC_RELAXED);
#endif
}

#define FILCH_STRIP(...) __VA_ARGS__
#define FILCH_RARELY(condition) __builtin_expect(!!(condition), 0)

/* Declares a fork function, for two that call each other. FILCH_FORK_DEFINE then defines the
 * function. */
#define FILCH_FORK_DECLARE(name, type, PARAMETERS)       \
    typedef struct name##_parameters {                   \
        FILCH_STRIP PARAMETERS                           \
    } name##_parameters;                                 \
    typedef type name##_result;                          \
    static inline type name##_unpack(uint64_t packed)    \
    {                                                    \
        type value;                                      \
        __builtin_memcpy(&value, &packed, sizeof value); \
        return value;                                    \
    }                                                    \
    static filch_fork_entry name##_entry;                \
    static type name##_fork(struct filch_task *task, filch_record *base, uint32_t depth);

#define FILCH_FORK(name, type, PARAMETERS, LOCALS) \
    FILCH_FORK_DECLARE(name, type, PARAMETERS)     \
    FILCH_FORK_DEFINE(name, type, PARAMETERS, LOCALS)

#define FILCH_FORK_DEFINE(name, type, PARAMETERS, LOCALS)                                        \
    typedef struct name##_frame {                                                                \
        FILCH_STRIP PARAMETERS FILCH_STRIP LOCALS                                                \
    } name##_frame;                                                                              \
    _Static_assert(sizeof(name##_frame) <= FILCH_FRAME_BYTES,                                    \
                   #name ": the frame takes more than FILCH_FRAME_BYTES");                       \
    _Static_assert(sizeof(type) <= sizeof(uint64_t),                                             \
                   #name ": the result takes more than 8 bytes");                                \
    static inline __attribute__((always_inline)) type name##_run(                                \
        struct filch_task *task, name##_frame *f, const filch_fork_call filch_call);             \
    /* the fast clone */                                                                         \
    static __attribute__((noinline)) type name##_fork(struct filch_task *task,                   \
                                                      filch_record *base, uint32_t depth)        \
    {                                                                                            \
        if (FILCH_RARELY(filch_fork_is_asked(task, base))) {                                     \
            filch_fork_call call = {                                                             \
                .base = base,                                                                    \
                .entry = name##_entry,                                                           \
                .bytes = sizeof(name##_parameters),                                              \
                .depth = depth,                                                                  \
            };                                                                                   \
            if (filch_fork_poll(task, &call)) return (type)0;                                    \
        }                                                                                        \
        name##_frame f;                                                                          \
        __builtin_memcpy(&f, base->frame, sizeof(name##_parameters));                            \
        return name##_run(task, &f,                                                              \
                          (filch_fork_call){                                                     \
                              .base = base,                                                      \
                              .entry = name##_entry,                                             \
                              .bytes = sizeof f,                                                 \
                              .depth = depth,                                                    \
                          });                                                                    \
    }                                                                                            \
    /* the slow clone */                                                                         \
    static uint64_t name##_entry(struct filch_task *task, filch_record *base, const void *frame, \
                                 uint32_t step, uint32_t depth)                                  \
    {                                                                                            \
        name##_frame f;                                                                          \
        __builtin_memcpy(&f, frame, sizeof f);                                                   \
        type value = name##_run(task, &f,                                                        \
                                (filch_fork_call){                                               \
                                    .base = base,                                                \
                                    .entry = name##_entry,                                       \
                                    .bytes = sizeof f,                                           \
                                    .step = step,                                                \
                                    .depth = depth,                                              \
                                });                                                              \
        uint64_t packed = 0;                                                                     \
        __builtin_memcpy(&packed, &value, sizeof value);                                         \
        return packed;                                                                           \
    }                                                                                            \
    static inline __attribute__((always_inline)) type name##_run(                                \
        struct filch_task *task, name##_frame *f, const filch_fork_call filch_call)

/* Defines a kernel of kind fork: as FILCH_KERNEL, with a body as FILCH_FORK has one. Its frame `f`
 * is the kernel's arguments, so a value that must survive a call is a field of role state. The body
 * ends with FILCH_RETURN(FILCH_OK); FILCH_END. */
#define FILCH_FORK_KERNEL(name, FIELDS)                                                            \
    FILCH_KERNEL_TABLE(fork, name, FIELDS)                                                         \
    static inline __attribute__((always_inline)) int32_t name##_run(                               \
        struct filch_task *task, name##_args *f, const filch_fork_call filch_call);                \
    static int32_t name##_chunk(filch_task *task, name##_args *args, uint64_t begin, uint64_t end) \
    {                                                                                              \
        (void)end;                                                                                 \
        return name##_run(                                                                         \
            task, args, (filch_fork_call){.base = task->records, .step = (uint32_t)begin});        \
    }                                                                                              \
    static inline __attribute__((always_inline)) int32_t name##_run(                               \
        struct filch_task *task, name##_args *f, const filch_fork_call filch_call)

#define FILCH_BEGIN                                                                      \
    /* masked: the page can write to the word */                                         \
    filch_record *filch_head =                                                           \
        filch_call.base +                                                                \
        (filch_call.step ? task->restored & (2 * FILCH_CHILDREN_MAX - 1) : 0);           \
    (void)f;                                                                             \
    switch (filch_call.step) {                                                           \
    case 0:

#define FILCH_END                             \
    default: /* corrupt memory */             \
        filch_fork_fail(task, FILCH_CORRUPT); \
        return 0;                             \
    }

#define FILCH_RETURN(value)                                                                       \
    do {                                                                                          \
        if (FILCH_RARELY(filch_head != filch_call.base)) filch_fork_fail(task, FILCH_NOT_JOINED); \
        return (value);                                                                           \
    } while (0)

#define FILCH_FAIL(code)                                    \
    do {                                                    \
        int32_t filch_code = (code);                        \
        filch_fork_fail(task, FILCH_STATUS_OF(filch_code)); \
        return 0;                                           \
    } while (0)

/* Saves a copy of *f, so that the compiler can keep *f itself out of memory. */
#define FILCH_SAVE_AND_RETURN(at)                                         \
    do {                                                                  \
        filch_fork_call filch_saved = filch_call;                         \
        filch_saved.step = at;                                            \
        if (filch_saved.entry) {                                          \
            __typeof__(*f) filch_copy = *f;                               \
            filch_fork_save(task, &filch_saved, &filch_copy, filch_head); \
        } else {                                                          \
            filch_fork_save(task, &filch_saved, 0, filch_head);           \
        }                                                                 \
        return 0;                                                         \
    } while (0)

#define FILCH_ARGUMENTS(callee, ...) \
    *(callee##_parameters *)(void *)filch_head->frame = (callee##_parameters){__VA_ARGS__}

#define FILCH_SPAWN(callee, ...)                                                \
    do {                                                                        \
        if (FILCH_RARELY(filch_head - filch_call.base >= FILCH_CHILDREN_MAX)) { \
            filch_fork_fail(task, FILCH_TOO_MANY_CHILDREN);                     \
            return 0;                                                           \
        }                                                                       \
        FILCH_ARGUMENTS(callee, __VA_ARGS__);                                   \
        filch_head->entry = callee##_entry;                                     \
        filch_head->link = filch_call.depth;                                    \
        filch_head++;                                                           \
    } while (0)

#define FILCH_RECEIVE(at, result, callee)                      \
    if (FILCH_RARELY(task->unwind)) FILCH_SAVE_AND_RETURN(at); \
    if (0) {                                                   \
    case at:                                                   \
        filch_got = callee##_unpack(task->resumed);            \
    }                                                          \
    (result) = filch_got

#define FILCH_CALL(result, callee, ...) FILCH_CALL_AT(__COUNTER__ + 1, result, callee, __VA_ARGS__)
#define FILCH_CALL_AT(at, result, callee, ...) FILCH_CALL_STEP(at, result, callee, __VA_ARGS__)
#define FILCH_CALL_STEP(at, result, callee, ...)                           \
    do {                                                                   \
        enum { filch_at = at };                                            \
        callee##_result filch_got;                                         \
        FILCH_ARGUMENTS(callee, __VA_ARGS__);                              \
        filch_got = callee##_fork(task, filch_head, filch_call.depth + 1); \
        FILCH_RECEIVE(filch_at, result, callee);                           \
    } while (0)

#define FILCH_JOIN(result, callee) FILCH_JOIN_AT(__COUNTER__ + 1, result, callee)
#define FILCH_JOIN_AT(at, result, callee)                                                         \
    do {                                                                                          \
        enum { filch_at = at };                                                                   \
        callee##_result filch_got;                                                                \
        filch_head--;                                                                             \
        if (FILCH_RARELY(!filch_head->entry)) {                                                   \
            filch_got = callee##_unpack(filch_fork_join(task, filch_head, filch_call.depth + 1)); \
        } else {                                                                                  \
            filch_got = callee##_fork(task, filch_head, filch_call.depth + 1);                    \
        }                                                                                         \
        FILCH_RECEIVE(filch_at, result, callee);                                                  \
    } while (0)

#define FILCH_LOOP(kernel_, begin_, end_, ...) \
    FILCH_LOOP_AT(__COUNTER__ + 1, kernel_, begin_, end_, __VA_ARGS__)
#define FILCH_LOOP_AT(at, kernel_, begin_, end_, ...)                       \
    do {                                                                    \
        enum { filch_at = at };                                             \
        kernel_##_args filch_args = {__VA_ARGS__};                          \
        filch_loop filch_looped = {                                         \
            .kernel = &filch_kernel_##kernel_,                              \
            .begin = begin_,                                                \
            .end = end_,                                                    \
            .args = &filch_args,                                            \
        };                                                                  \
        filch_fork_loop(task, &filch_looped, filch_head, filch_call.depth); \
        if (FILCH_RARELY(task->unwind)) FILCH_SAVE_AND_RETURN(filch_at);    \
    case filch_at:;                                                         \
    } while (0)

#define FILCH_WAIT(waited, event_, milliseconds_) \
    FILCH_WAIT_AT(__COUNTER__ + 1, waited, event_, milliseconds_)
#define FILCH_WAIT_AT(at, waited, event_, milliseconds_)                                       \
    do {                                                                                       \
        enum { filch_at = at };                                                                \
        filch_wait_request filch_asked = {.event = event_, .milliseconds = milliseconds_};     \
        int32_t filch_got = filch_fork_wait(task, &filch_asked, filch_head, filch_call.depth); \
        if (FILCH_RARELY(task->unwind)) FILCH_SAVE_AND_RETURN(filch_at);                       \
        if (0) {                                                                               \
        case filch_at:                                                                         \
            filch_got = (int32_t)task->resumed;                                                \
        }                                                                                      \
        (waited) = (filch_waited)filch_got;                                                    \
    } while (0)

#endif
