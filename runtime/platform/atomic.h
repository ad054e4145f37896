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
/* The orders of the explorer's mode with weak memory, see explore_weak.c. */
enum { ORDER_RACY = 0, ORDER_RELAXED = 8, ORDER_ACQUIRE = 1, ORDER_RELEASE = 2, ORDER_TOTAL = 4 };
enum { ORDER_FULL = ORDER_RELAXED | ORDER_ACQUIRE | ORDER_RELEASE | ORDER_TOTAL };
extern bool explore_is_weak;
void explore_access(const void *word, bool writes);
void explore_touch(void);
uint64_t explore_weak_load(const void *word, uint64_t value, int order);
void explore_weak_store(const void *word, uint64_t old, uint64_t value, int order);
void explore_weak_update(const void *word, uint64_t old, uint64_t value, bool stores);
/* For seeded faults: the calling thread's next operation has this order. */
void explore_weaken(int order);
#define ATOM_POINT(a, writes) explore_access(a, writes)
#define ATOM_ORDER __ATOMIC_RELAXED /* one thread runs at a time: the schedule is the order */
#define ATOM_LOADED(a, v, order) (explore_is_weak ? explore_weak_load(a, v, order) : (v))
#define ATOM_STORES(a, v, order) \
    (explore_is_weak ? explore_weak_store(a, (a)->word, v, order) : (void)0)
#define ATOM_UPDATED(a, old, v, stores) \
    (explore_is_weak ? explore_weak_update(a, old, v, stores) : (void)0)
#define ATOM_FOREIGN() explore_touch()
#else
#define ATOM_POINT(a, writes) ((void)0)
#define ATOM_ORDER __ATOMIC_SEQ_CST
#define ATOM_LOADED(a, v, order) (v)
#define ATOM_STORES(a, v, order) ((void)0)
#define ATOM_UPDATED(a, old, v, stores) ((void)0)
/* Before and after a chunk: what a kernel does with other variables, the explorer does not see. */
#define ATOM_FOREIGN() ((void)0)
#endif

typedef struct atom32 {
    uint32_t word;
} atom32;
typedef struct atom64 {
    _Alignas(8) uint64_t word;
} atom64;

/* exchange, add, and, or: return the word's old value.
 * cas: stores `desired` if the word is *expected. Else false, and *expected is the word's value. */
#define ATOM_UPDATE(atom, type, name, operation, result)                                    \
    static inline type atom##_##name(atom *a, type v)                                       \
    {                                                                                       \
        ATOM_POINT(a, true);                                                                \
        type old = operation(&a->word, v, ATOM_ORDER);                                      \
        ATOM_UPDATED(a, old, result, true);                                                 \
        return old;                                                                         \
    }
#define ATOM_OPERATIONS(atom, type)                                                         \
    static inline type atom##_load(const atom *a)                                           \
    {                                                                                       \
        ATOM_POINT(a, false);                                                               \
        type v = __atomic_load_n(&a->word, ATOM_ORDER);                                     \
        return (type)ATOM_LOADED(a, v, ORDER_FULL);                                         \
    }                                                                                       \
    static inline void atom##_store(atom *a, type v)                                        \
    {                                                                                       \
        ATOM_POINT(a, true);                                                                \
        ATOM_STORES(a, v, ORDER_FULL);                                                      \
        __atomic_store_n(&a->word, v, ATOM_ORDER);                                          \
    }                                                                                       \
    ATOM_UPDATE(atom, type, exchange, __atomic_exchange_n, v)                               \
    ATOM_UPDATE(atom, type, add, __atomic_fetch_add, old + v)                               \
    ATOM_UPDATE(atom, type, and, __atomic_fetch_and, old & v)                               \
    ATOM_UPDATE(atom, type, or, __atomic_fetch_or, old | v)                                 \
    static inline bool atom##_cas(atom *a, type *expected, type desired)                    \
    {                                                                                       \
        ATOM_POINT(a, true);                                                                \
        bool stores = __atomic_compare_exchange_n(&a->word, expected, desired, false,       \
                                                  ATOM_ORDER, ATOM_ORDER);                  \
        ATOM_UPDATED(a, *expected, desired, stores);                                        \
        return stores;                                                                      \
    }
ATOM_OPERATIONS(atom32, uint32_t)
ATOM_OPERATIONS(atom64, uint64_t)

#if defined(__wasm__)
static inline uint32_t racy32_load(const atom32 *a) { return *(const volatile uint32_t *)&a->word; }
static inline void racy32_store(atom32 *a, uint32_t v) { *(volatile uint32_t *)&a->word = v; }
#else
static inline uint32_t racy32_load(const atom32 *a)
{
    ATOM_POINT(a, false);
    uint32_t v = __atomic_load_n(&a->word, __ATOMIC_RELAXED);
    return (uint32_t)ATOM_LOADED(a, v, ORDER_RACY);
}
static inline void racy32_store(atom32 *a, uint32_t v)
{
    ATOM_POINT(a, true);
    ATOM_STORES(a, v, ORDER_RACY);
    __atomic_store_n(&a->word, v, __ATOMIC_RELAXED);
}
#endif

/* For words as wide as a pointer: the limit of records, which filch_fork.h reads, and the trace. */
static inline void atom_pointer_store(uintptr_t *a, uintptr_t v)
{
    ATOM_POINT(a, true);
    __atomic_store_n(a, v, ATOM_ORDER);
}
static inline uintptr_t racy_pointer_load(const uintptr_t *a)
{
    ATOM_POINT(a, false);
#if defined(__wasm__)
    return *(const volatile uintptr_t *)a;
#else
    return __atomic_load_n(a, __ATOMIC_RELAXED);
#endif
}

/* For a word that no other thread knows yet. */
static inline void atom32_init(atom32 *a, uint32_t v)
{
    ATOM_STORES(a, v, ORDER_RACY);
    a->word = v;
}
static inline void atom64_init(atom64 *a, uint64_t v)
{
    ATOM_STORES(a, v, ORDER_RACY);
    a->word = v;
}

#endif
