/* Does what lives across a futex wait come back? V8's baseline compiler (Node 20) has been seen to lose locals there, so the
 * runtime's wait stands alone in a leaf, which nothing may inline. `lost` counts what a wait in such a leaf has lost: must be
 * 0. `lost_inline` counts the same where the wait stands in the midst of live locals: what the engine does is its affair. */
#include "filch.h"

#ifdef __wasm__
static void leaf(uint32_t *word)
{
    __builtin_wasm_memory_atomic_wait32((int *)word, 0, 100000);
}
static void (*volatile wait_in_a_leaf)(uint32_t *) = leaf; /* as in runtime/platform/wasm.c */
static inline __attribute__((always_inline)) void wait_inline(uint32_t *word)
{
    __builtin_wasm_memory_atomic_wait32((int *)word, 0, 100000);
}
#else
static void wait_in_a_leaf(uint32_t *word) { (void)word; }
static void wait_inline(uint32_t *word) { (void)word; }
#endif

/* Eight integers and four numbers that the compiler can neither foresee nor keep anywhere but in locals. */
#define PROBE(wait)                                                                                                      \
    do {                                                                                                                 \
        uint64_t a = seed * 3, b = seed ^ 5, c = seed + 7, d = seed << 3, e = seed >> 2, g = ~seed, h = seed * seed, k = seed - 9; \
        double p = (double)seed, q = p * 0.5, r = p + 0.25, s = -p;                                                      \
        wait(word);                                                                                                      \
        *count += a != seed * 3 || b != (seed ^ 5) || c != seed + 7 || d != seed << 3 || e != seed >> 2 || g != ~seed || \
                  h != seed * seed || k != seed - 9 || p != (double)seed || q != p * 0.5 || r != p + 0.25 || s != -p;    \
        __asm__ volatile("" : : "r"(a + b + c + d + e + g + h + k), "r"((uint64_t)(p + q + r + s)));                     \
    } while (0)

__attribute__((noinline)) static void probe_leaf(uint64_t seed, uint32_t *word, uint32_t *count) { PROBE(wait_in_a_leaf); }
__attribute__((noinline)) static void probe_inline(uint64_t seed, uint32_t *word, uint32_t *count) { PROBE(wait_inline); }

/* So that what an engine does to the one does not touch the loop around it. */
static void (*volatile leaf_probe)(uint64_t, uint32_t *, uint32_t *) = probe_leaf;
static void (*volatile inline_probe)(uint64_t, uint32_t *, uint32_t *) = probe_inline;

#define WAITS_ARGS(F) F(array, u32, word) F(state, u32, lost) F(state, u32, lost_inline)
FILCH_KERNEL(sequential, waits, WAITS_ARGS)
{
    (void)task;
    for (uint64_t i = begin; i < end; i++) {
        leaf_probe(i * 0x9e3779b97f4a7c15u, args->word.at, &args->lost);
        inline_probe(i * 0x9e3779b97f4a7c15u, args->word.at, &args->lost_inline);
    }
    return FILCH_OK;
}
