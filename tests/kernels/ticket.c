/* ticket: records in what order iterations started, among all tasks that share one counter.
 *
 * One iteration, i, draws the next ticket and writes it to order[slot + i].
 *
 *   counter   counter[0]: the tickets drawn so far; starts at 0
 *   order     the tickets, 1 for the first; 0 where nothing has run
 *   slot      the task's first place in order
 *
 * Codes: 1 counter is empty; 2 order is too short. */
#include "../../runtime/filch.h"

enum { COUNTER_TOO_SHORT = 1, ORDER_TOO_SHORT = 2 };

#define TICKET_ARGS(F) F(array, u32, counter) F(array, u32, order) F(value, u32, slot)
FILCH_KERNEL(parallel, ticket, TICKET_ARGS)
{
    (void)task;
    const uint32_t slot = args->slot, length = args->order.length;
    if (args->counter.length < 1) return COUNTER_TOO_SHORT;
    if (slot > length || end > length - slot) return ORDER_TOO_SHORT;
    for (uint64_t i = begin; i < end; i++) {
        args->order.at[slot + i] = 1 + __atomic_fetch_add(&args->counter.at[0], 1, __ATOMIC_SEQ_CST);
    }
    return FILCH_OK;
}
