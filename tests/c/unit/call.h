/* Calls of kernels without a runtime: arguments set by their names in the kernel's schema, and
 * loops cut into chunks at random. Each function fails the running test where its arguments do not
 * fit the schema. One thread. */
#ifndef FILCH_TEST_CALL_H
#define FILCH_TEST_CALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "filch.h"

typedef struct call {
    const filch_kernel *kernel;
    void *total; /* a reduction's accumulator, which the test provides */
    _Alignas(16) uint8_t args[FILCH_ARGS_BYTES];
} call;

static const uint8_t type_bytes[FILCH_TYPE_COUNT] = {
#define TYPE_BYTES(name, ctype) sizeof(ctype),
    FILCH_TYPES(TYPE_BYTES)
#undef TYPE_BYTES
};

/* The same numbers in each run. xorshift64 (G. Marsaglia, 2003). */
static uint64_t random_state = 88172645463325252u;

static inline uint64_t random_below(uint64_t end)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % end;
}

/* Memory of exactly `bytes`, with random numbers; a sanitizer sees any access past its end. */
static inline void *some(size_t bytes)
{
    uint8_t *at = malloc(bytes ? bytes : 1);
    assert_non_null(at);
    for (size_t i = 0; i < bytes; i++) at[i] = (uint8_t)random_below(256);
    return at;
}

static inline call call_of(const filch_kernel *kernel)
{
    call c = {.kernel = kernel};
    return c;
}

static inline const filch_field *field_of(const filch_kernel *kernel, const char *name)
{
    for (int i = 0; i < kernel->field_count; i++) {
        if (strcmp(kernel->fields[i].name, name) == 0) return &kernel->fields[i];
    }
    fail_msg("%s has no field %s", kernel->name, name);
    return NULL;
}

/* An array or option: `length` elements. */
static inline void give(call *c, const char *name, void *at, uint32_t length)
{
    const filch_field *field = field_of(c->kernel, name);
    const filch_u8_array array = {.at = at, .length = length};
    assert_true(field->role == FILCH_ARRAY || field->role == FILCH_OPTION);
    memcpy(c->args + field->offset, &array, sizeof array);
}

/* A value or state that is a whole number. */
static inline void set(call *c, const char *name, uint64_t value)
{
    const filch_field *field = field_of(c->kernel, name);
    assert_true(field->role == FILCH_VALUE || field->role == FILCH_STATE);
    assert_true(field->type != FILCH_TYPE_f32 && field->type != FILCH_TYPE_f64);
    memcpy(c->args + field->offset, &value, type_bytes[field->type]); /* little-endian */
}

static inline void set_f64(call *c, const char *name, double value)
{
    const filch_field *field = field_of(c->kernel, name);
    assert_true(field->role == FILCH_VALUE && field->type == FILCH_TYPE_f64);
    memcpy(c->args + field->offset, &value, sizeof value);
}

static inline uint64_t get(const call *c, const char *name)
{
    const filch_field *field = field_of(c->kernel, name);
    uint64_t value = 0;
    assert_int_equal(field->role, FILCH_STATE);
    memcpy(&value, c->args + field->offset, type_bytes[field->type]);
    return value;
}

/* A task without a runtime: its fork functions are plain recursion. */
static inline filch_task *task_of(const call *c)
{
    static __thread filch_record records[4096];
    static __thread filch_task task;
    task = (filch_task){.records = records, .limit = UINTPTR_MAX, .total = c->total};
    return &task;
}

/* One chunk; returns the kernel's code. A kernel of kind fork runs as a whole: chunk(c, 0, 0). */
static inline int32_t chunk(call *c, uint64_t begin, uint64_t end)
{
    return c->kernel->chunk(task_of(c), c->args, begin, end);
}

/* Runs [begin, end) in chunks cut at random, in random order if the kernel is parallel. Every chunk
 * must succeed. */
static inline void run_from(call *c, uint64_t begin, uint64_t end)
{
    enum { MOST = 64 };
    uint64_t cuts[MOST + 1], count = 0;
    cuts[0] = begin;
    while (cuts[count] < end && count < MOST - 1) {
        const uint64_t rest = end - cuts[count];
        const uint64_t length = 1 + random_below(random_below(4) ? 1 + rest / 8 : rest);
        count++;
        cuts[count] = cuts[count - 1] + length;
    }
    if (cuts[count] < end) cuts[++count] = end;
    uint64_t order[MOST];
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t j = c->kernel->kind == FILCH_PARALLEL ? random_below(i + 1) : i;
        order[i] = order[j];
        order[j] = i;
    }
    for (uint64_t i = 0; i < count; i++) {
        assert_int_equal(chunk(c, cuts[order[i]], cuts[order[i] + 1]), FILCH_OK);
    }
}

static inline void run(call *c, uint64_t iterations) { run_from(c, 0, iterations); }

#endif
