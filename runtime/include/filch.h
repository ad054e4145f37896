/* The kernel contract: all that a kernel includes.
 *
 * A kernel is a function that runs one chunk of a task: the iterations [begin, end). The scheduler
 * calls the kernel again and again, for consecutive or stolen chunks. The moment between two chunks
 * is a safepoint. There the scheduler may give the rest of the loop to other workers, run another
 * task first, or pause, save, or cancel the task. So a kernel
 *   - runs on the thread of a worker, and in cooperative mode on the page's;
 *   - keeps nothing between chunks but what is in its arguments and its state;
 *   - does not block, and returns after each chunk.
 *
 *     #define SCALE_ARGS(F) F(array, f32, data) F(value, f32, factor)
 *     FILCH_KERNEL(parallel, scale, SCALE_ARGS)
 *     {
 *         (void)task;
 *         if (end > args->data.length) return 1;
 *         for (uint64_t i = begin; i < end; i++) args->data.at[i] *= args->factor;
 *         return FILCH_OK;
 *     }
 *
 * Kinds of kernel
 *   parallel    The iterations are independent. Any number of workers runs chunks at the same time,
 *               in any order.
 *   sequential  Iteration k depends on iteration k - 1. Chunks run in order, one at a time, but not
 *               always on the same worker.
 *   reduction   Parallel, with accumulators: each chunk adds to one, and the scheduler combines
 *               them. See FILCH_REDUCTION.
 *   fork        No loop: a function that spawns children and joins them. See filch_fork.h.
 *
 * Roles of a field, in F(role, type, name)
 *   value   A number from the caller: args->name.
 *   array   Shared memory from the caller: args->name.at[0 .. args->name.length).
 *   option  An array that the caller may leave out. Then `at` is NULL, and `length` 0.
 *   state   A number that belongs to the task. Its first value comes from the caller, or is 0. The
 *           kernel writes it, and the caller reads it when the task has completed. In a parallel
 *           loop several workers write it at the same time, so the kernel uses __atomic_fetch_add()
 *           and its kin.
 * Types of a field: u8 i8 u16 i16 u32 i32 u64 i64 f32 f64. The type of an array is its elements'.
 * All fields together take at most FILCH_ARGS_BYTES.
 *
 * A kernel returns FILCH_OK, or a code of its own from 1 to FILCH_CODE_MAX, 65535. The code fails
 * the task with KERNEL_FAILED, and the caller reads the code. Any other code, -1 say, fails the
 * task with BAD_CODE. */
#ifndef FILCH_H
#define FILCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filch_status.h"

/* Bytes of arguments and state that a task carries inline: 64 on wasm. Native pointers are wider,
 * so a native task carries more. */
#define FILCH_ARGS_BYTES (16 * sizeof(void *))

/* In C the kind `fork` is FILCH_FORKING. */
#define FILCH_KINDS(X) X(PARALLEL, parallel) X(SEQUENTIAL, sequential) X(FORKING, fork)
#define FILCH_ROLES(X) X(VALUE, value) X(ARRAY, array) X(OPTION, option) X(STATE, state)

#define FILCH_ENUM(NAME, name) FILCH_##NAME,
typedef enum filch_kind { FILCH_KINDS(FILCH_ENUM) } filch_kind;
typedef enum filch_role { FILCH_ROLES(FILCH_ENUM) } filch_role;
#undef FILCH_ENUM

/* The smaller, the more urgent. */
typedef enum filch_priority { FILCH_HIGH = -1, FILCH_NORMAL, FILCH_LOW } filch_priority;

#define FILCH_TYPES(X)                                                             \
    X(u8, uint8_t) X(i8, int8_t) X(u16, uint16_t) X(i16, int16_t) X(u32, uint32_t) \
    X(i32, int32_t) X(u64, uint64_t) X(i64, int64_t) X(f32, float) X(f64, double)

#define FILCH_TYPE_ENUM(name, ctype) FILCH_TYPE_##name,
typedef enum filch_type { FILCH_TYPES(FILCH_TYPE_ENUM) FILCH_TYPE_COUNT } filch_type;
#undef FILCH_TYPE_ENUM

/* For each type: filch_u8 and filch_u8_array, and so on. length: in elements. */
#define FILCH_TYPE_DEFS(name, ctype)      \
    typedef ctype filch_##name;           \
    typedef struct filch_##name##_array { \
        ctype *at;                        \
        uint32_t length;                  \
    } filch_##name##_array;
FILCH_TYPES(FILCH_TYPE_DEFS)
#undef FILCH_TYPE_DEFS

/* A worker's view of its task. The fields are for the macros and the scheduler. */
typedef struct filch_task {
    uint32_t worker;              /* its number */
    uint32_t unwind;              /* filch_unwind: fork functions return to the scheduler */
    struct filch_record *records; /* the worker's first record, see filch_fork.h */
    /* A call whose first record is not below this address asks the scheduler first. Other threads
     * lower the limit. */
    uintptr_t limit;
    /* the result that the resumed frame waited for, or how the wait ended */
    uint64_t resumed;
    uint32_t restored; /* children of the resumed frame that are not joined */
    void *total;       /* the accumulator of a reduction's chunk */
    struct filch_runtime *runtime;
} filch_task;

/* A field of a kernel's arguments. */
typedef struct filch_field {
    const char *name;
    uint8_t role;    /* filch_role */
    uint8_t type;    /* filch_type; of an array, its elements' */
    uint16_t offset; /* from the start of the arguments, in bytes */
} filch_field;

/* A field of a reduction's accumulator. */
typedef struct filch_total {
    const char *name;
    uint32_t length; /* elements of an array; 0: a number */
    uint8_t type;    /* filch_type; of an array, its elements' */
    uint16_t offset; /* from the start of the accumulator, in bytes */
} filch_total;

/* Runs the iterations [begin, end). FILCH_OK, or the kernel's own code, 1 to 65535. */
typedef int32_t filch_chunk(filch_task *task, void *args, uint64_t begin, uint64_t end);

typedef struct filch_kernel {
    const char *name;
    filch_chunk *chunk;
    const filch_field *fields;
    uint16_t field_count;
    uint16_t args_bytes; /* of the arguments and the state */
    uint8_t kind;        /* filch_kind */
    /* Of a reduction; else 0. */
    const filch_total *totals;
    uint32_t total_count;
    uint32_t total_bytes; /* a multiple of 8 */
    void (*identity)(void *total);
    void (*combine)(void *into, const void *from);
} filch_kernel;

/* The version of this contract. A plug-in, which is position-independent wasm, exports its kernels
 * and the version that it was built for. FILCH_PLACED: the kernels belong to a runtime that is
 * position-independent itself, so they are no plug-in's. */
#ifndef FILCH_PLUGIN_ABI
#define FILCH_PLUGIN_ABI 2
#endif
#if defined(__wasm__) && defined(__PIC__) && !defined(FILCH_PLACED)
#define FILCH_PLUGIN_EXPORT(name_)                                                                \
    __attribute__((export_name("filch_plugin_kernel_" #name_))) const filch_kernel *              \
    name_##_plugin(void);                                                                         \
    const filch_kernel *name_##_plugin(void) { return &filch_kernel_##name_; }                    \
    __attribute__((weak, export_name("filch_plugin_abi"))) uint32_t filch_plugin_built_for(void); \
    uint32_t filch_plugin_built_for(void) { return FILCH_PLUGIN_ABI; }
#define FILCH_SHARED_API(name_) __attribute__((import_module("filch"), import_name(#name_)))
/* A plug-in's thread-local variables would be the same for all threads, so there are none. */
#define FILCH_NO_THREAD_LOCALS \
    _Pragma("GCC error \"a plug-in has no thread-local variables: see filch_worker_of()\"")
#define _Thread_local FILCH_NO_THREAD_LOCALS
#define __thread FILCH_NO_THREAD_LOCALS
#elif defined(__wasm__)
#define FILCH_PLUGIN_EXPORT(name_)
#define FILCH_SHARED_API(name_) __attribute__((export_name(#name_)))
#else
#define FILCH_PLUGIN_EXPORT(name_)
#define FILCH_SHARED_API(name_)
#endif

#define FILCH_KIND_parallel FILCH_PARALLEL
#define FILCH_KIND_sequential FILCH_SEQUENTIAL
#define FILCH_KIND_fork FILCH_FORKING

#define FILCH_MEMBER(role, type, name) FILCH_MEMBER_##role(type, name)
#define FILCH_MEMBER_value(type, name) filch_##type name;
#define FILCH_MEMBER_state(type, name) filch_##type name;
#define FILCH_MEMBER_array(type, name) filch_##type##_array name;
#define FILCH_MEMBER_option(type, name) filch_##type##_array name;

#define FILCH_ROLE_value FILCH_VALUE
#define FILCH_ROLE_state FILCH_STATE
#define FILCH_ROLE_array FILCH_ARRAY
#define FILCH_ROLE_option FILCH_OPTION
#define FILCH_FIELD(role_, type_, name_)            \
    {                                               \
        .name = #name_,                             \
        .role = FILCH_ROLE_##role_,                 \
        .type = FILCH_TYPE_##type_,                 \
        .offset = offsetof(filch_fields_of, name_), \
    },

/* Declares a kernel that another file defines, for FILCH_LOOP, filch_post_loop(), or filch_post().
 * `name_args` is its argument struct, and filch_kernel_name its constant. */
#define FILCH_KERNEL_DECLARE(name_, FIELDS) \
    typedef struct name_##_args {           \
        FIELDS(FILCH_MEMBER)                \
    } name_##_args;                         \
    extern const filch_kernel filch_kernel_##name_;

/* A kernel's argument struct, its schema, and its constant. Further arguments are designated
 * initialisers of the constant. */
#define FILCH_KERNEL_TABLE(kind_, name_, FIELDS, ...)                                         \
    FILCH_KERNEL_DECLARE(name_, FIELDS)                                                       \
    _Static_assert(sizeof(name_##_args) <= FILCH_ARGS_BYTES,                                  \
                   #name_ ": the fields take more than FILCH_ARGS_BYTES");                    \
    typedef name_##_args filch_fields_of;                                                     \
    static int32_t name_##_chunk(filch_task *task, name_##_args *args, uint64_t begin,        \
                                 uint64_t end);                                               \
    static int32_t name_##_called(filch_task *task, void *args, uint64_t begin, uint64_t end) \
    {                                                                                         \
        return name_##_chunk(task, (name_##_args *)args, begin, end);                         \
    }                                                                                         \
    static const filch_field name_##_fields[] = {FIELDS(FILCH_FIELD)};                        \
    const filch_kernel filch_kernel_##name_ = {                                               \
        .name = #name_,                                                                       \
        .chunk = name_##_called,                                                              \
        .fields = name_##_fields,                                                             \
        .field_count = sizeof(name_##_fields) / sizeof(filch_field),                          \
        .args_bytes = sizeof(name_##_args),                                                   \
        .kind = FILCH_KIND_##kind_,                                                           \
        __VA_ARGS__};                                                                         \
    FILCH_PLUGIN_EXPORT(name_)

/* Defines the kernel `name`: its argument struct `name_args`, its schema, its constant
 * filch_kernel_name, and the head of its chunk function, whose body follows. The body sees task,
 * args, begin, and end. One kernel per file; a kernel of the module is listed in kernels.h. */
#define FILCH_KERNEL(kind_, name_, FIELDS)                                             \
    FILCH_KERNEL_TABLE(kind_, name_, FIELDS)                                           \
    static int32_t name_##_chunk(filch_task *task, name_##_args *args, uint64_t begin, \
                                 uint64_t end)

/* Defines a reduction: a parallel kernel whose body also sees `total`, an accumulator.
 *
 *     #define DOT_ARGS(F) F(array, f64, a) F(array, f64, b)
 *     #define DOT_TOTAL(NUMBER, ARRAY) NUMBER(f64, sum)
 *     FILCH_REDUCTION(dot, DOT_ARGS, DOT_TOTAL, { total->sum = 0; }, { into->sum += from->sum; })
 *     {
 *         (void)task;
 *         if (end > args->a.length || end > args->b.length) return 1;
 *         for (uint64_t i = begin; i < end; i++) total->sum += args->a.at[i] * args->b.at[i];
 *         return FILCH_OK;
 *     }
 *
 * TOTAL lists the accumulator's fields: NUMBER(type, name) and ARRAY(type, name, length).
 * IDENTITY sets `total` to its first value. COMBINE adds `from` to `into`. In a deterministic task
 * `into` holds earlier iterations than `from`; in any other task, any iterations. */
#define FILCH_REDUCTION(name_, FIELDS, TOTAL, IDENTITY, COMBINE)                        \
    typedef struct name_##_total {                                                      \
        _Alignas(8) TOTAL(FILCH_TOTAL_NUMBER, FILCH_TOTAL_ARRAY)                        \
    } name_##_total;                                                                    \
    typedef name_##_total filch_total_of;                                               \
    static const filch_total name_##_totals[] = {                                       \
        TOTAL(FILCH_TOTAL_NUMBER_FIELD, FILCH_TOTAL_ARRAY_FIELD)};                      \
    static void name_##_identity(void *filch_at)                                        \
    {                                                                                   \
        name_##_total *total = filch_at;                                                \
        IDENTITY                                                                        \
    }                                                                                   \
    static void name_##_combine(void *filch_into, const void *filch_from)               \
    {                                                                                   \
        name_##_total *into = filch_into;                                               \
        const name_##_total *from = filch_from;                                         \
        COMBINE                                                                         \
    }                                                                                   \
    FILCH_KERNEL_TABLE(parallel, name_, FIELDS,                                         \
                       .totals = name_##_totals,                                        \
                       .total_count = sizeof(name_##_totals) / sizeof(filch_total),     \
                       .total_bytes = sizeof(name_##_total),                            \
                       .identity = name_##_identity,                                    \
                       .combine = name_##_combine)                                      \
    static int32_t name_##_reduce(filch_task *task, name_##_args *args, uint64_t begin, \
                                  uint64_t end, name_##_total *total);                  \
    static int32_t name_##_chunk(filch_task *task, name_##_args *args, uint64_t begin,  \
                                 uint64_t end)                                          \
    {                                                                                   \
        return name_##_reduce(task, args, begin, end, (name_##_total *)task->total);    \
    }                                                                                   \
    static int32_t name_##_reduce(filch_task *task, name_##_args *args, uint64_t begin, \
                                  uint64_t end, name_##_total *total)
#define FILCH_TOTAL_NUMBER(type, name) filch_##type name;
#define FILCH_TOTAL_ARRAY(type, name, length) filch_##type name[length];
#define FILCH_TOTAL_NUMBER_FIELD(type_, name_)     \
    {                                              \
        .name = #name_,                            \
        .type = FILCH_TYPE_##type_,                \
        .offset = offsetof(filch_total_of, name_), \
    },
#define FILCH_TOTAL_ARRAY_FIELD(type_, name_, length_) \
    {                                                  \
        .name = #name_,                                \
        .length = length_,                             \
        .type = FILCH_TYPE_##type_,                    \
        .offset = offsetof(filch_total_of, name_),     \
    },

/* The number of the worker that runs this chunk, 0 to 29: constant during a chunk. A kernel calls
 * this, on the thread that the chunk runs on. */
FILCH_SHARED_API(filch_worker_of) uint32_t filch_worker_of(const filch_task *task);

/* Submits a loop over [begin, end) from within a chunk, as a part of the chunk's task. The call
 * does not wait for the loop. The task completes only after the loop; the loop's failure fails the
 * task, and the task's cancellation cancels the loop.
 * `args` is the kernel's argument struct, which is copied. Memory that it points to must stay until
 * the loop has ended.
 * FILCH_OK. Where no slot is free, the loop runs at once, in this call. If one of the loop's chunks
 * then fails, the call returns the chunk's code, 1 to 65535, and the caller must return that code.
 * A kernel calls this, on the thread that the chunk runs on. */
FILCH_SHARED_API(filch_post_loop)
int32_t filch_post_loop(filch_task *task, const filch_kernel *kernel, uint64_t begin, uint64_t end,
                        const void *args);

/* -- waits -- */
/* A task can wait, without a worker, for an event or for a time. A sequential loop waits between
 * two of its iterations, by filch_await(); a fork function by FILCH_WAIT (filch_fork.h). The owner
 * makes events, and gives their numbers to tasks as arguments of type u32. A parallel loop cannot
 * wait. */
typedef enum filch_waited {
    FILCH_WAITED_EVENT,   /* the event has let the task pass */
    FILCH_WAITED_TIMEOUT, /* the time is over */
    FILCH_WAITED_FAILED,  /* the event was closed, or the number is of none */
    FILCH_NOT_WAITED,     /* the chunk does not follow a wait */
} filch_waited;

/* The code of a chunk after which its loop is to wait: that of filch_await(). */
#define FILCH_WAITS (-2)

typedef struct filch_wait_request {
    uint32_t event;      /* its number; 0: none, the task waits for the time alone */
    double milliseconds; /* at most so long, 0 or more; INFINITY: for ever */
} filch_wait_request;

/* The sequential loop is to wait. `done`: the iterations of the chunk that are done. The chunk does
 * nothing more, and returns the code that the call gives. After the wait the loop goes on with the
 * iteration after those. Where the event lets the task pass already, that is at once.
 * Fails the task with NO_WAIT where the loop is none that can wait, and with BAD_ARGUMENT where a
 * number is out of its range.
 * A kernel calls this, on the thread that the chunk runs on. */
FILCH_SHARED_API(filch_await)
int32_t filch_await(filch_task *task, uint32_t event, double milliseconds, uint64_t done);

/* In a chunk of a sequential loop: how the wait before the chunk ended. */
static inline filch_waited filch_waited_for(const filch_task *task)
{
    return (filch_waited)task->resumed;
}

#include "filch_fork.h"

#endif
