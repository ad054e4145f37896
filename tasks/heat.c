/* heat: one time step of heat that spreads in a plate.
 *
 * One iteration is one row. Each inner point becomes the mean of its four neighbours: the explicit
 * five-point scheme, at its limit of stability. The border keeps its values. heat.h describes the
 * arguments.
 *
 * Code: 1 the grid is shorter than two plates, or the loop has more iterations than a plate has
 * rows. */
#include "heat.h"

FILCH_KERNEL(parallel, heat, HEAT_ARGS)
{
    (void)task;
    uint64_t width = args->width, plate = width * args->height;
    if (plate > args->grid.length / 2 || end > args->height) return 1;
    const double *from = args->grid.at + (args->step & 1) * plate;
    double *to = args->grid.at + (~args->step & 1) * plate;
    for (uint64_t y = begin; y < end; y++) {
        const double *row = from + y * width;
        double *out = to + y * width;
        if (y == 0 || y + 1 == args->height) {
            __builtin_memcpy(out, row, width * sizeof *out);
            continue;
        }
        for (uint64_t x = 1; x + 1 < width; x++)
            out[x] = 0.25 * (row[x - 1] + row[x + 1] + *(row + x - width) + row[x + width]);
        if (!width) continue;
        out[0] = row[0];
        out[width - 1] = row[width - 1];
    }
    return FILCH_OK;
}
