/* Words that several threads share.
 *
 * Every access that carries an order is sequentially consistent, and there are no fences.
 * WebAssembly has no weaker order. So the model that ships is the model that ThreadSanitizer sees,
 * and the one that the explorer enumerates.
 *
 * racy32_*(): for a word whose order another access carries, and for a hint. On wasm it is a plain
 * access, whose races WebAssembly's memory model defines; natively a relaxed one. A comment at each
 * use names the other access.
 *
 * A word is accessed at one size only. In the explorer each operation is a scheduling point. */
#ifndef FILCH_ATOMIC_H
#define FILCH_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

#ifdef FILCH_EXPLORE
void explore_point(void);
#define ATOM_POINT() explore_point()
#define ATOM_ORDER __ATOMIC_RELAXED /* one thread runs at a time: the schedule is the order */
#else
#define ATOM_POINT() ((void)0)
#define ATOM_ORDER __ATOMIC_SEQ_CST
#endif

typedef struct atom32 {
    uint32_t word;
} atom32;
typedef struct atom64 {
    _Alignas(8) uint64_t word;
} atom64;

/* exchange, add, and, or: return the word's old value.
 * cas: stores `desired` if the word is *expected. Else false, and *expected is the word's value. */
#define ATOM_OPERATIONS(atom, type)                                                        \
    static inline type atom##_load(const atom *a)                                          \
    {                                                                                      \
        ATOM_POINT();                                                                      \
        return __atomic_load_n(&a->word, ATOM_ORDER);                                      \
    }                                                                                      \
    static inline void atom##_store(atom *a, type v)                                       \
    {                                                                                      \
        ATOM_POINT();                                                                      \
        __atomic_store_n(&a->word, v, ATOM_ORDER);                                         \
    }                                                                                      \
    static inline type atom##_exchange(atom *a, type v)                                    \
    {                                                                                      \
        ATOM_POINT();                                                                      \
        return __atomic_exchange_n(&a->word, v, ATOM_ORDER);                               \
    }                                                                                      \
    static inline type atom##_add(atom *a, type v)                                         \
    {                                                                                      \
        ATOM_POINT();                                                                      \
        return __atomic_fetch_add(&a->word, v, ATOM_ORDER);                                \
    }                                                                                      \
    static inline type atom##_and(atom *a, type v)                                         \
    {                                                                                      \
        ATOM_POINT();                                                                      \
        return __atomic_fetch_and(&a->word, v, ATOM_ORDER);                                \
    }                                                                                      \
    static inline type atom##_or(atom *a, type v)                                          \
    {                                                                                      \
        ATOM_POINT();                                                                      \
        return __atomic_fetch_or(&a->word, v, ATOM_ORDER);                                 \
    }                                                                                      \
    static inline bool atom##_cas(atom *a, type *expected, type desired)                   \
    {                                                                                      \
        ATOM_POINT();                                                                      \
        return __atomic_compare_exchange_n(&a->word, expected, desired, false, ATOM_ORDER, \
                                           ATOM_ORDER);                                    \
    }
ATOM_OPERATIONS(atom32, uint32_t)
ATOM_OPERATIONS(atom64, uint64_t)

#if defined(__wasm__)
static inline uint32_t racy32_load(const atom32 *a) { return *(const volatile uint32_t *)&a->word; }
static inline void racy32_store(atom32 *a, uint32_t v) { *(volatile uint32_t *)&a->word = v; }
#else
static inline uint32_t racy32_load(const atom32 *a)
{
    ATOM_POINT();
    return __atomic_load_n(&a->word, __ATOMIC_RELAXED);
}
static inline void racy32_store(atom32 *a, uint32_t v)
{
    ATOM_POINT();
    __atomic_store_n(&a->word, v, __ATOMIC_RELAXED);
}
#endif

/* For words as wide as a pointer: the limit of records, which filch_fork.h reads, and the trace. */
static inline void atom_pointer_store(uintptr_t *a, uintptr_t v)
{
    ATOM_POINT();
    __atomic_store_n(a, v, ATOM_ORDER);
}
static inline uintptr_t racy_pointer_load(const uintptr_t *a)
{
    ATOM_POINT();
#if defined(__wasm__)
    return *(const volatile uintptr_t *)a;
#else
    return __atomic_load_n(a, __ATOMIC_RELAXED);
#endif
}

/* For a word that no other thread knows yet. */
static inline void atom32_init(atom32 *a, uint32_t v) { a->word = v; }
static inline void atom64_init(atom64 *a, uint64_t v) { a->word = v; }

#endif
