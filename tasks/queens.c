/* queens: the number of ways to place n queens on a board of n by n squares so that none attacks
 * another.
 *
 * A call spawns a child for each free square of its row. A call with few rows left counts serially.
 *
 * Code: 1 n is not 1 to 16.
 *
 * Source: M. Richards, "Backtracking algorithms in MCPL using bit patterns", 1997. */
#include "filch.h"

#define SERIAL_ROWS 5

static uint64_t count_serially(uint32_t all, uint32_t columns, uint32_t left, uint32_t right)
{
    if (columns == all) return 1;
    uint64_t count = 0;
    for (uint32_t free = all & ~(columns | left | right); free; free &= free - 1) {
        uint32_t square = free & -free;
        count += count_serially(all, columns | square, (left | square) << 1, (right | square) >> 1);
    }
    return count;
}

/* A bit for each column. columns: has a queen. left, right: attacked along a diagonal. */
FILCH_FORK(queens_row, uint64_t, (uint32_t all, columns, left, right;),
           (uint32_t free, children; uint64_t count, got;))
{
    FILCH_BEGIN;
    if (__builtin_popcount(f->all & ~f->columns) <= SERIAL_ROWS) {
        FILCH_RETURN(count_serially(f->all, f->columns, f->left, f->right));
    }
    f->children = 0;
    f->count = 0;
    for (f->free = f->all & ~(f->columns | f->left | f->right); f->free; f->free &= f->free - 1) {
        uint32_t square = f->free & -f->free;
        FILCH_SPAWN(queens_row, f->all, f->columns | square, (f->left | square) << 1,
                    (f->right | square) >> 1);
        f->children++;
    }
    for (; f->children; f->children--) {
        FILCH_JOIN(f->got, queens_row);
        f->count += f->got;
    }
    FILCH_RETURN(f->count);
    FILCH_END;
}

#define QUEENS_ARGS(F) F(value, u32, n) F(state, u64, solutions)
FILCH_FORK_KERNEL(queens, QUEENS_ARGS)
{
    FILCH_BEGIN;
    if (f->n < 1 || f->n > 16) FILCH_FAIL(1);
    FILCH_CALL(f->solutions, queens_row, ((uint32_t)1 << f->n) - 1, 0, 0, 0);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
