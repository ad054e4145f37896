/* Shared words. Every access that carries an order is sequentially consistent: WebAssembly knows no weaker one, so this is the
 * model that ships, the model that ThreadSanitizer sees, and the model that the explorer enumerates. There are no fences.
 *
 * racy32_*: a word whose order another word carries, or that is only a hint. On wasm a plain access (its memory model defines
 * a race on it); natively relaxed. Whoever uses one says beside it which other access orders it.
 *
 * In the explorer each operation is one scheduling point. A word is accessed at one size only, ever. */
#ifndef FILCH_ATOMIC_H
#define FILCH_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

#ifdef FILCH_EXPLORE
void explore_point(void);
#define ATOM_POINT() explore_point()
#define ATOM_ORDER __ATOMIC_RELAXED /* one thread at a time: the order is the schedule */
#else
#define ATOM_POINT() ((void)0)
#define ATOM_ORDER __ATOMIC_SEQ_CST
#endif

typedef struct atom32 { uint32_t word; } atom32;
typedef struct atom64 { _Alignas(8) uint64_t word; } atom64;

/* cas: where the word is *expected, it becomes desired, and the answer is true; else *expected becomes what it was.
 * The others but load and store answer the word's value from before. */
#define ATOM_OPERATIONS(atom, type)                                                                                \
    static inline type atom##_load(const atom *a) { ATOM_POINT(); return __atomic_load_n(&a->word, ATOM_ORDER); }  \
    static inline void atom##_store(atom *a, type v) { ATOM_POINT(); __atomic_store_n(&a->word, v, ATOM_ORDER); }  \
    static inline type atom##_exchange(atom *a, type v) { ATOM_POINT(); return __atomic_exchange_n(&a->word, v, ATOM_ORDER); } \
    static inline type atom##_add(atom *a, type v) { ATOM_POINT(); return __atomic_fetch_add(&a->word, v, ATOM_ORDER); } \
    static inline type atom##_and(atom *a, type v) { ATOM_POINT(); return __atomic_fetch_and(&a->word, v, ATOM_ORDER); } \
    static inline type atom##_or(atom *a, type v) { ATOM_POINT(); return __atomic_fetch_or(&a->word, v, ATOM_ORDER); } \
    static inline bool atom##_cas(atom *a, type *expected, type desired)                                           \
    {                                                                                                              \
        ATOM_POINT();                                                                                              \
        return __atomic_compare_exchange_n(&a->word, expected, desired, false, ATOM_ORDER, ATOM_ORDER);            \
    }
ATOM_OPERATIONS(atom32, uint32_t)
ATOM_OPERATIONS(atom64, uint64_t)

#if defined(__wasm__)
static inline uint32_t racy32_load(const atom32 *a) { return *(const volatile uint32_t *)&a->word; }
static inline void racy32_store(atom32 *a, uint32_t v) { *(volatile uint32_t *)&a->word = v; }
#else
static inline uint32_t racy32_load(const atom32 *a) { ATOM_POINT(); return __atomic_load_n(&a->word, __ATOMIC_RELAXED); }
static inline void racy32_store(atom32 *a, uint32_t v) { ATOM_POINT(); __atomic_store_n(&a->word, v, __ATOMIC_RELAXED); }
#endif

/* For the limit of records, which is as wide as a pointer: see filch_fork.h, where it is read. */
static inline void atom_pointer_store(uintptr_t *a, uintptr_t v) { ATOM_POINT(); __atomic_store_n(a, v, ATOM_ORDER); }

/* Before any other thread can know the word. */
static inline void atom32_init(atom32 *a, uint32_t v) { a->word = v; }
static inline void atom64_init(atom64 *a, uint64_t v) { a->word = v; }

#endif
