/* The kernel contract: all that a kernel includes.
 *
 * A kernel is a function that runs one chunk, the iterations [begin, end), of a task. It is called again and again with
 * consecutive or split-off chunks, between which the scheduler may hand the rest of the loop to other workers, stop it, or
 * run something else: so a kernel keeps nothing between chunks but what is in its arguments. It runs on a worker's thread
 * (in the cooperative mode: on the page's), must not block, and must return after each chunk.
 *
 *     #define SCALE_ARGS(F) F(array, f32, data) F(value, f32, factor)
 *     FILCH_KERNEL(parallel, scale, SCALE_ARGS)
 *     {
 *         for (uint64_t i = begin; i < end; i++) args->data.at[i] *= args->factor;
 *         return FILCH_OK;
 *     }
 *
 * Kinds of kernel:
 *   parallel    iterations are independent; any number of workers runs chunks of it at the same time, in any order.
 *   sequential  iteration k needs iteration k - 1; chunks run in order, one worker at a time, though not always the same.
 *   reduction   parallel, and each chunk adds to an accumulator; they are combined to one: FILCH_REDUCTION below.
 *   fork        no loop: a function that spawns children and joins them, see filch_fork.h.
 *
 * Roles of a field, F(role, type, name):
 *   value   a number that the caller gives; args->name
 *   array   shared memory that the caller gives; args->name.at[0 .. args->name.length)
 *   option  an array that the caller may leave out; at is then NULL and length 0
 *   state   a number that belongs to the task: starts at what the caller gives, else 0; the kernel writes it, and the caller
 *           reads it when the task has settled. In a parallel loop several workers write it at the same time: use
 *           __atomic_fetch_add() and its kin.
 * Types: u8 i8 u16 i16 u32 i32 u64 i64 f32 f64. All fields together take at most FILCH_ARGS_BYTES.
 *
 * A kernel returns FILCH_OK, or a positive code of its own (1 to 65535) that fails the task: the caller gets it. */
#ifndef FILCH_H
#define FILCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filch_status.h"

/* Bytes of arguments and state that one task carries inline. Pointers are wider natively, so there is more room there. */
#define FILCH_ARGS_BYTES (16 * sizeof(void *))

/* FILCH_FORKING is what the kind `fork` is called in C. */
#define FILCH_KINDS(X) X(PARALLEL, parallel) X(SEQUENTIAL, sequential) X(FORKING, fork)
#define FILCH_ROLES(X) X(VALUE, value) X(ARRAY, array) X(OPTION, option) X(STATE, state)

#define FILCH_ENUM(NAME, name) FILCH_##NAME,
typedef enum filch_kind { FILCH_KINDS(FILCH_ENUM) } filch_kind;
typedef enum filch_role { FILCH_ROLES(FILCH_ENUM) } filch_role;
#undef FILCH_ENUM

/* The smaller, the more urgent. */
typedef enum filch_priority { FILCH_HIGH = -1, FILCH_NORMAL, FILCH_LOW } filch_priority;

#define FILCH_TYPES(X) \
    X(u8, uint8_t) X(i8, int8_t) X(u16, uint16_t) X(i16, int16_t) X(u32, uint32_t) X(i32, int32_t) \
    X(u64, uint64_t) X(i64, int64_t) X(f32, float) X(f64, double)

typedef enum filch_type {
#define FILCH_TYPE_ENUM(name, ctype) FILCH_TYPE_##name,
    FILCH_TYPES(FILCH_TYPE_ENUM)
#undef FILCH_TYPE_ENUM
    FILCH_TYPE_COUNT
} filch_type;

#define FILCH_TYPE_DEFS(name, ctype) \
    typedef ctype filch_##name;      \
    typedef struct filch_##name##_array { ctype *at; uint32_t length; } filch_##name##_array;
FILCH_TYPES(FILCH_TYPE_DEFS)
#undef FILCH_TYPE_DEFS

/* What a worker shows to what it runs; its fields are the macros' own. */
typedef struct filch_task {
    uint32_t worker;
    uint32_t unwind;              /* a fork function returns to the scheduler: enum filch_unwind */
    struct filch_record *records; /* the worker's, see filch_fork.h */
    uintptr_t limit;              /* of records; lowered by other threads: from here on a fork function asks the scheduler first */
    uint64_t resumed;             /* the result that a resumed frame waited for */
    uint32_t restored;            /* its children that are not joined */
    void *total;                  /* the accumulator of a reduction's chunk */
    struct filch_runtime *runtime;
} filch_task;

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
    uint8_t type;    /* filch_type */
    uint16_t offset; /* bytes from the accumulator's start */
} filch_total;

typedef int32_t filch_chunk(filch_task *task, void *args, uint64_t begin, uint64_t end);

typedef struct filch_kernel {
    const char *name;
    filch_chunk *chunk;
    const filch_field *fields;
    uint16_t field_count;
    uint16_t args_bytes;
    uint8_t kind; /* filch_kind */
    /* a reduction's; else 0 */
    const filch_total *totals;
    uint32_t total_count;
    uint32_t total_bytes; /* a multiple of 8 */
    void (*identity)(void *total);
    void (*combine)(void *into, const void *from);
} filch_kernel;

/* A kernel that is compiled as position-independent wasm is a plug-in's: it tells where it is, and what it was built for. But with
 * FILCH_PLACED it is one of a runtime that is position-independent itself. */
#ifndef FILCH_PLUGIN_ABI
#define FILCH_PLUGIN_ABI 2
#endif
#if defined(__wasm__) && defined(__PIC__) && !defined(FILCH_PLACED)
#define FILCH_PLUGIN_EXPORT(name_)                                                                            \
    __attribute__((export_name("filch_plugin_kernel_" #name_))) const filch_kernel *name_##_plugin(void);            \
    const filch_kernel *name_##_plugin(void) { return &filch_kernel_##name_; }                                \
    __attribute__((weak, export_name("filch_plugin_abi"))) uint32_t filch_plugin_built_for(void);             \
    uint32_t filch_plugin_built_for(void) { return FILCH_PLUGIN_ABI; }
#define FILCH_SHARED_API(name_) __attribute__((import_module("filch"), import_name(#name_)))
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
#define FILCH_FIELD(role, type, name) {#name, FILCH_ROLE_##role, FILCH_TYPE_##type, offsetof(filch_fields_of, name)},

/* Declares a kernel of another file, to be run by FILCH_LOOP or filch_post(). */
#define FILCH_KERNEL_DECLARE(name_, FIELDS)                                                                   \
    typedef struct name_##_args { FIELDS(FILCH_MEMBER) } name_##_args;                                        \
    extern const filch_kernel filch_kernel_##name_;

/* A kernel's argument struct, its schema, and its constant. The further arguments: designated initialisers. */
#define FILCH_KERNEL_TABLE(kind_, name_, FIELDS, ...)                                               \
    FILCH_KERNEL_DECLARE(name_, FIELDS)                                                             \
    _Static_assert(sizeof(name_##_args) <= FILCH_ARGS_BYTES,                                        \
                   #name_ ": the fields take more than FILCH_ARGS_BYTES");                          \
    typedef name_##_args filch_fields_of;                                                           \
    static int32_t name_##_chunk(filch_task *task, name_##_args *args, uint64_t begin,              \
                                 uint64_t end);                                                     \
    static int32_t name_##_called(filch_task *task, void *args, uint64_t begin, uint64_t end)       \
    {                                                                                               \
        return name_##_chunk(task, (name_##_args *)args, begin, end);                               \
    }                                                                                               \
    static const filch_field name_##_fields[] = {FIELDS(FILCH_FIELD)};                              \
    const filch_kernel filch_kernel_##name_ = {                                                     \
        .name = #name_,                                                                             \
        .chunk = name_##_called,                                                                    \
        .fields = name_##_fields,                                                                   \
        .field_count = sizeof(name_##_fields) / sizeof(filch_field),                                \
        .args_bytes = sizeof(name_##_args),                                                         \
        .kind = FILCH_KIND_##kind_,                                                                 \
        __VA_ARGS__};                                                                               \
    FILCH_PLUGIN_EXPORT(name_)

/* Defines the kernel `name`: its argument struct `name_args`, its schema, the constant `filch_kernel_name`, and the head of its
 * chunk function, whose body follows. In the body: task, args, begin, end. One kernel per file; add its name to kernels.h. */
#define FILCH_KERNEL(kind_, name_, FIELDS)                                                                    \
    FILCH_KERNEL_TABLE(kind_, name_, FIELDS)                                                   \
    static int32_t name_##_chunk(filch_task *task, name_##_args *args, uint64_t begin, uint64_t end)

/* Defines a reduction: a parallel kernel with an accumulator, whose body has `total` besides.
 *
 *     #define DOT_ARGS(F) F(array, f64, a) F(array, f64, b)
 *     #define DOT_TOTAL(NUMBER, ARRAY) NUMBER(f64, sum)
 *     FILCH_REDUCTION(dot, DOT_ARGS, DOT_TOTAL, { total->sum = 0; }, { into->sum += from->sum; })
 *     {
 *         for (uint64_t i = begin; i < end; i++) total->sum += args->a.at[i] * args->b.at[i];
 *         return FILCH_OK;
 *     }
 *
 * The fourth argument makes `total` the identity, the fifth combines: `into` stands for earlier iterations than `from`, or, where
 * the caller did not ask for a deterministic result, for any. An array field is ARRAY(type, name, length). */
#define FILCH_REDUCTION(name_, FIELDS, TOTAL, IDENTITY, COMBINE)                                              \
    typedef struct name_##_total { _Alignas(8) TOTAL(FILCH_TOTAL_NUMBER, FILCH_TOTAL_ARRAY) } name_##_total;  \
    typedef name_##_total filch_total_of;                                                                     \
    static const filch_total name_##_totals[] = {TOTAL(FILCH_TOTAL_NUMBER_FIELD, FILCH_TOTAL_ARRAY_FIELD)};   \
    static void name_##_identity(void *filch_at) { name_##_total *total = filch_at; IDENTITY }                \
    static void name_##_combine(void *filch_into, const void *filch_from)                                     \
    {                                                                                                         \
        name_##_total *into = filch_into;                                                                     \
        const name_##_total *from = filch_from;                                                               \
        COMBINE                                                                                               \
    }                                                                                                         \
    FILCH_KERNEL_TABLE(parallel, name_, FIELDS, .totals = name_##_totals,                                     \
                       .total_count = sizeof(name_##_totals) / sizeof(filch_total),                           \
                       .total_bytes = sizeof(name_##_total), .identity = name_##_identity,                    \
                       .combine = name_##_combine)                                                            \
    static int32_t name_##_reduce(filch_task *task, name_##_args *args, uint64_t begin, uint64_t end, name_##_total *total); \
    static int32_t name_##_chunk(filch_task *task, name_##_args *args, uint64_t begin, uint64_t end)          \
    {                                                                                                         \
        return name_##_reduce(task, args, begin, end, (name_##_total *)task->total);                          \
    }                                                                                                         \
    static int32_t name_##_reduce(filch_task *task, name_##_args *args, uint64_t begin, uint64_t end, name_##_total *total)
#define FILCH_TOTAL_NUMBER(type, name) filch_##type name;
#define FILCH_TOTAL_ARRAY(type, name, length) filch_##type name[length];
#define FILCH_TOTAL_NUMBER_FIELD(type, name) {#name, 0, FILCH_TYPE_##type, offsetof(filch_total_of, name)},
#define FILCH_TOTAL_ARRAY_FIELD(type, name, length) {#name, length, FILCH_TYPE_##type, offsetof(filch_total_of, name)},

/* The number of the worker that runs this chunk, 0 to 29. Constant during a chunk. Callable from the kernel only. */
FILCH_SHARED_API(filch_worker_of) uint32_t filch_worker_of(const filch_task *task);

/* Posts a loop from within a chunk, with the kernel's argument struct. The task that the chunk belongs to is done only when this
 * is, and fails or is cancelled with it; nobody waits here. Where no task slot is free the loop runs at once, in this call:
 * then a chunk of it may fail, and the code is the answer, to be returned from the chunk. Else FILCH_OK. */
FILCH_SHARED_API(filch_post_loop)
int32_t filch_post_loop(filch_task *task, const filch_kernel *kernel, uint64_t begin, uint64_t end, const void *args);

#include "filch_fork.h"

#endif
