/* Recovery: what the owner does after it has lost a worker.
 *
 * Everything that the lost worker was concerned with can be read off shared words. A task that
 * it ran in fails with WORKER_LOST, or completes if all its iterations were done. A tree that it
 * worked on is lost as a whole, since links between its frames may be half made; the owner
 * completes it when no worker is left in it. Every queued task gets an item again.
 *
 * The owner, after the worker's thread has ended for good. Protocol and proof:
 * docs/internals/worker-loss.md. */
#ifndef FILCH_RECOVER_H
#define FILCH_RECOVER_H

#include "core/plan.h"

void recover_worker(filch_runtime *rt, uint32_t w);
/* Completes the lost trees that no worker is left in. True: some. */
bool recover_try_sweep(filch_runtime *rt);

#endif
