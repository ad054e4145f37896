/* Batches: many short loops of one kernel as the iterations of one loop. So a batch of tiny
 * tasks costs what one loop costs.
 *
 * The records stand one after the other in memory that the page can write to: a record is
 * checked before it is run. Iteration i runs the whole loop of record i, in one call of the
 * kernel. A record that fails does not stop the others.
 *
 * A trap, a stack overflow, or the death of a worker ends the task, and leaves the record that the
 * worker ran as begun. Only that record has failed. The owner marks it as run, and submits the
 * batch again: a worker runs a record only if no worker has begun the record before. */
#ifndef FILCH_BATCH_H
#define FILCH_BATCH_H

#include "core/plan.h"

/* The head of a record. The kernel's arguments and state follow, then space up to the batch's
 * stride. */
typedef struct filch_batch_record {
    double begin, end;
    int32_t code; /* what the kernel returned */
    uint32_t ran; /* 0: to be run; 1: has been run; BATCH_BEGUN + w: worker w has begun it */
} filch_batch_record;

#define BATCH_BEGUN 2u

extern const filch_kernel filch_kernel_filch_batch; /* parallel */
/* sequential: one record after the other */
extern const filch_kernel filch_kernel_filch_batch_in_order;

#endif
