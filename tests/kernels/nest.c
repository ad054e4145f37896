/* nest: each iteration posts a loop of its own, of the kernel visit over [0, inner), and waits for none of them. When the task
 * is done so are they: each of visits[0 .. inner) has grown by the number of iterations.
 *
 *   inner    iterations of each loop within
 *   visits   see visit.c, which also fails with 1 where it is too short */
#include "visit.h"

FILCH_KERNEL_DECLARE(visit, VISIT_ARGS)

#define NEST_ARGS(F) F(value, u32, inner) F(array, u32, visits)
FILCH_KERNEL(parallel, nest, NEST_ARGS)
{
    const visit_args within = {args->visits};
    for (uint64_t i = begin; i < end; i++) {
        const int32_t code = filch_post_loop(task, &filch_kernel_visit, 0, args->inner, &within);
        if (code) return code;
    }
    return FILCH_OK;
}
