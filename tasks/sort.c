/* sort: sorts u32 numbers in place, with as much scratch memory.
 *
 * A parallel merge sort, whose merges are parallel, too.
 *
 * Code: 1 the scratch array is shorter than the data.
 *
 * Sources. The sort: Frigo, Leiserson, Randall, "The implementation of the Cilk-5 multithreaded
 * language", 1998. A merge splits at the median of its longer run: Akl and Santoro, "Optimal
 * parallel merging and sorting without memory conflicts", 1987. */
#include "filch.h"

#define SERIAL_SORT 2048
#define SERIAL_MERGE 4096
#define INSERTION 16

static void insertion_sort(uint32_t *a, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        uint32_t x = a[i], j = i;
        for (; j && a[j - 1] > x; j--) a[j] = a[j - 1];
        a[j] = x;
    }
}

static void merge_serially(const uint32_t *a, uint32_t n, const uint32_t *b, uint32_t m,
                           uint32_t *to)
{
    while (n && m) {
        bool second = *b < *a; /* no branch: its outcome would be random */
        *to++ = second ? *b : *a;
        a += !second;
        n -= !second;
        b += second;
        m -= second;
    }
    __builtin_memcpy(to, n ? a : b, (n ? n : m) * sizeof *to);
}

/* Sorts a, through b, back into a. */
static void sort_serially(uint32_t *a, uint32_t *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i += INSERTION) {
        insertion_sort(a + i, n - i < INSERTION ? n - i : INSERTION);
    }
    uint32_t *from = a, *to = b;
    for (uint32_t width = INSERTION; width < n; width *= 2) {
        for (uint32_t i = 0; i < n; i += 2 * width) {
            uint32_t first = n - i < width ? n - i : width;
            uint32_t second = n - i - first < width ? n - i - first : width;
            merge_serially(from + i, first, from + i + first, second, to + i);
        }
        uint32_t *other = from;
        from = to;
        to = other;
    }
    if (from != a) __builtin_memcpy(a, from, n * sizeof *a);
}

/* How many of the sorted numbers are less than x. */
static uint32_t rank_of(uint32_t x, const uint32_t *sorted, uint32_t n)
{
    uint32_t low = 0;
    while (n) {
        uint32_t half = n / 2;
        if (sorted[low + half] < x) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}

/* Merges a, of n numbers, and b, of m, into `to`. */
FILCH_FORK(sort_merge, uint32_t,
           (const uint32_t *a; const uint32_t *b; uint32_t *to; uint32_t n, m;),
           (uint32_t i, j, got;))
{
    FILCH_BEGIN;
    if (f->n + f->m <= SERIAL_MERGE) {
        merge_serially(f->a, f->n, f->b, f->m, f->to);
        FILCH_RETURN(0);
    }
    if (f->n < f->m) {
        const uint32_t *a = f->a;
        f->a = f->b;
        f->b = a;
        uint32_t n = f->n;
        f->n = f->m;
        f->m = n;
    }
    f->i = f->n / 2;
    f->j = rank_of(f->a[f->i], f->b, f->m);
    FILCH_SPAWN(sort_merge, f->a, f->b, f->to, f->i, f->j);
    FILCH_CALL(f->got, sort_merge, f->a + f->i, f->b + f->j, f->to + f->i + f->j, f->n - f->i,
               f->m - f->j);
    FILCH_JOIN(f->got, sort_merge);
    FILCH_RETURN(0);
    FILCH_END;
}

/* Sorts a, of n numbers: sorts its quarters, merges them in pairs into b, and those into a. */
FILCH_FORK(sort_range, uint32_t, (uint32_t *a; uint32_t *b; uint32_t n;), (uint32_t quarter, got;))
{
    FILCH_BEGIN;
    if (f->n <= SERIAL_SORT) {
        sort_serially(f->a, f->b, f->n);
        FILCH_RETURN(0);
    }
    f->quarter = f->n / 4;
    FILCH_SPAWN(sort_range, f->a, f->b, f->quarter);
    FILCH_SPAWN(sort_range, f->a + f->quarter, f->b + f->quarter, f->quarter);
    FILCH_SPAWN(sort_range, f->a + 2 * f->quarter, f->b + 2 * f->quarter, f->quarter);
    FILCH_CALL(f->got, sort_range, f->a + 3 * f->quarter, f->b + 3 * f->quarter,
               f->n - 3 * f->quarter);
    FILCH_JOIN(f->got, sort_range);
    FILCH_JOIN(f->got, sort_range);
    FILCH_JOIN(f->got, sort_range);
    FILCH_SPAWN(sort_merge, f->a, f->a + f->quarter, f->b, f->quarter, f->quarter);
    FILCH_CALL(f->got, sort_merge, f->a + 2 * f->quarter, f->a + 3 * f->quarter,
               f->b + 2 * f->quarter, f->quarter, f->n - 3 * f->quarter);
    FILCH_JOIN(f->got, sort_merge);
    FILCH_CALL(f->got, sort_merge, f->b, f->b + 2 * f->quarter, f->a, 2 * f->quarter,
               f->n - 2 * f->quarter);
    FILCH_RETURN(0);
    FILCH_END;
}

#define SORT_ARGS(F) F(array, u32, data) F(array, u32, scratch) F(state, u32, got)
FILCH_FORK_KERNEL(sort, SORT_ARGS)
{
    FILCH_BEGIN;
    if (f->scratch.length < f->data.length) FILCH_FAIL(1);
    FILCH_CALL(f->got, sort_range, f->data.at, f->scratch.at, f->data.length);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
