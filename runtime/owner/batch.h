/* Batches: many short loops of one kernel as the iterations of one loop. So a batch of tiny
 * tasks costs what one loop costs.
 *
 * The records stand one after the other in memory that the page can write to: a record is
 * checked before it is run. Iteration i runs the whole loop of record i, in one call of the
 * kernel. A record that fails does not stop the others. */
#ifndef FILCH_BATCH_H
#define FILCH_BATCH_H

#include "core/types.h"

/* The head of a record. The kernel's arguments and state follow, then space up to the batch's
 * stride. */
typedef struct filch_batch_record {
    double begin, end;
    int32_t code; /* what the kernel returned */
    uint32_t ran; /* 1: the record has been run */
} filch_batch_record;

extern const filch_kernel filch_kernel_filch_batch; /* parallel */
/* sequential: one record after the other */
extern const filch_kernel filch_kernel_filch_batch_in_order;

#endif
