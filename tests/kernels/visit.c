/* visit: counts how often each iteration ran. visits[i] is 1 after a loop in which no iteration was lost or ran twice.
 *
 * Code 1: visits has fewer elements than the loop has iterations. */
#include "visit.h"

enum { VISITS_TOO_SHORT = 1 };

FILCH_KERNEL(parallel, visit, VISIT_ARGS)
{
    (void)task;
    if (end > args->visits.length) return VISITS_TOO_SHORT;
    for (uint64_t i = begin; i < end; i++) __atomic_fetch_add(&args->visits.at[i], 1, __ATOMIC_SEQ_CST);
    return FILCH_OK;
}
