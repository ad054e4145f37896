/* The queens, by trying every way to give each row a column of its own. */
#include "reference.h"

static int attacked(const int *column, int row)
{
    for (int above = 0; above < row; above++) {
        const int apart = column[row] - column[above];
        if (apart == 0 || apart == row - above || apart == above - row) return 1;
    }
    return 0;
}

static uint64_t place(int *column, int row, int n)
{
    if (row == n) return 1;
    uint64_t count = 0;
    for (column[row] = 0; column[row] < n; column[row]++) {
        if (!attacked(column, row)) count += place(column, row + 1, n);
    }
    return count;
}

uint64_t reference_queens(int n)
{
    int column[16];
    return place(column, 0, n);
}
