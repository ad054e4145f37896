/* The oracle of guarantee (8). While urgent work is queued, one of the workers at less urgent loops
 * has begun at most one more chunk: the one that was asked. A worker that begins anything as urgent
 * asks another one. */
#ifndef PROGRAM_URGENT_H
#define PROGRAM_URGENT_H

#include "program_oracle.h"

/* Worker w has begun a chunk of the task. */
void urgent_check(const oracle_task *task, uint32_t w);

void urgent_call_ends(void); /* one that has changed what is urgent: oracle.in_call is set */
void urgent_shifts(void);    /* something has changed that urgent work may have to wait for */

#endif
