/* sieve: counts the primes up to a limit.
 *
 * One iteration is one segment of 2^19 numbers: iteration s counts the primes from s * 2^19 on.
 * Post floor(limit / 2^19) + 1 iterations; a segment past the limit counts nothing. The kernel
 * takes 40 KiB of its worker's stack.
 *
 *   limit   the last number to look at, 0 to 2^32 - 1
 *   count   the primes found: pi(limit) when the loop is done
 *
 * Code: 1 limit is 2^32 or more.
 *
 * Source: C. Bays, R. H. Hudson, "The segmented sieve of Eratosthenes and primes in arithmetic
 * progressions to 10^12", 1977. Only odd numbers have a bit, so a segment takes 32 KiB, about a
 * core's first cache. A pattern has the multiples of 3, 5, 7, and 11. Each other prime below 2^16
 * crosses its own multiples out. */
#include "filch.h"

enum { LIMIT_TOO_BIG = 1 };

enum {
    SEGMENT = 1 << 19,
    SEGMENT_BYTES = SEGMENT / 2 / 8,
    ROOT = 1 << 16,
    ROOT_BYTES = ROOT / 2 / 8,
    PERIOD = 3 * 5 * 7 * 11,
};

/* In a set that begins at the even number `base`, bit i is 1 if base + 2 * i + 1 is composite. */
typedef struct sieve_tables {
    uint8_t pattern[PERIOD];   /* multiples of 3, 5, 7, 11; repeats after PERIOD bits, or bytes */
    uint8_t small[ROOT_BYTES]; /* composites up to the limit's root */
} sieve_tables;

static void cross(uint8_t *set, uint32_t first, uint32_t step, uint32_t end)
{
    for (uint32_t i = first; i < end; i += step) set[i / 8] |= (uint8_t)(1 << i % 8);
}

static void tabulate(sieve_tables *tables, uint32_t root)
{
    *tables = (sieve_tables){0};
    for (uint32_t p = 3; p <= 11; p += 2) cross(tables->pattern, p / 2, p, 8 * PERIOD);
    for (uint32_t p = 3; p * p <= root; p += 2) cross(tables->small, p * p / 2, p, (root + 1) / 2);
}

static void stamp(uint8_t *set, const uint8_t *pattern, uint32_t base)
{
    uint32_t phase = base / 2 / 8 % PERIOD;
    for (uint32_t done = 0; done < SEGMENT_BYTES; phase = 0) {
        const uint32_t left = SEGMENT_BYTES - done;
        const uint32_t run = PERIOD - phase < left ? PERIOD - phase : left;
        __builtin_memcpy(set + done, pattern + phase, run);
        done += run;
    }
    /* 3, 5, 7, and 11 are multiples of themselves, but primes. */
    if (base == 0) set[0] &= (uint8_t)~(1 << 3 / 2 | 1 << 5 / 2 | 1 << 7 / 2 | 1 << 11 / 2);
}

/* How many of the first `bits` bits are 0. */
static uint32_t zeros(const uint8_t *set, uint32_t bits)
{
    uint32_t ones = 0, i = 0;
    for (; i < bits / 64; i++) {
        uint64_t word;
        __builtin_memcpy(&word, set + 8 * i, sizeof word);
        ones += (uint32_t)__builtin_popcountll(word);
    }
    for (i *= 64; i < bits; i++) ones += set[i / 8] >> i % 8 & 1;
    return bits - ones;
}

/* How many primes there are from `base`, a multiple of SEGMENT, to `last`, in the same segment. */
static uint32_t sieve(const sieve_tables *tables, uint32_t base, uint32_t last)
{
    uint8_t set[SEGMENT_BYTES];
    const uint32_t bits = (last - base + 1) / 2;
    stamp(set, tables->pattern, base);
    for (uint32_t p = 13; p < ROOT && p * p <= last; p += 2) {
        if (tables->small[p / 16] >> p / 2 % 8 & 1) continue;
        /* 2 * i + 1 is a multiple of p if i = middle, modulo p. */
        const uint32_t behind = base / 2 % p, middle = p / 2;
        const uint32_t next = middle - behind + (middle < behind ? p : 0);
        cross(set, p * p >= base ? (p * p - base) / 2 : next, p, bits);
    }
    return zeros(set, bits); /* the number 1 is not crossed out, and stands for 2 */
}

#define SIEVE_ARGS(F) F(value, u64, limit) F(state, u64, count)
FILCH_KERNEL(parallel, sieve, SIEVE_ARGS)
{
    (void)task;
    if (args->limit > UINT32_MAX) return LIMIT_TOO_BIG;
    const uint32_t limit = (uint32_t)args->limit;
    if (limit < 2 || begin > limit / SEGMENT) return FILCH_OK;

    sieve_tables tables;
    tabulate(&tables, (uint32_t)__builtin_sqrt((double)limit));
    uint64_t count = 0;
    for (uint64_t segment = begin; segment < end && segment <= limit / SEGMENT; segment++) {
        const uint32_t base = (uint32_t)segment * SEGMENT;
        count += sieve(&tables, base, limit - base < SEGMENT ? limit : base + SEGMENT - 1);
    }
    __atomic_fetch_add(&args->count, count, __ATOMIC_SEQ_CST);
    return FILCH_OK;
}
