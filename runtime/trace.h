/* What a worker notes of its work: counters of time, and, while somebody traces, a ring of events.
 *
 * The ring is the host's memory: `events` records per worker, the newest over the oldest. Each has one writer, the
 * worker; `traced` tells how many it has ever written. A reader stops the trace, reads, and takes no record for granted: the
 * worker may be at its last one.
 *
 * Time costs a call of the host, so it is not asked for where a waiting task would have to wait for it: what a worker
 * has slept or searched is counted at the first boundary after it, or when it is idle again.
 *
 * The worker's own thread. */
#ifndef FILCH_TRACE_H
#define FILCH_TRACE_H

#include "layout.h"

enum filch_doing { DOING_RUN, DOING_SEARCH, DOING_SLEEP };

/* The ABI of the host, which reads it. Times in nanoseconds of clock_ns(). */
typedef struct filch_event {
    double begin, end;
    double what; /* EVENT_CHUNK, EVENT_FORK: the task's handle; EVENT_STEAL: the victim */
    uint32_t kind, iterations;
} filch_event;

enum { EVENT_CHUNK = 1, EVENT_FORK, EVENT_STEAL, EVENT_SPLIT, EVENT_PARK, EVENT_YIELD, EVENT_PROMOTE };

/* From `now` on w does that. */
void trace_doing(filch_worker *w, enum filch_doing doing, uint64_t now);
/* Whether w is known to run. At first nothing is known of it: since is 0. */
static inline bool trace_runs(const filch_worker *w) { return w->doing == DOING_RUN && w->since; }
static inline bool trace_on(const filch_runtime *rt) { return racy32_load(&rt->tracing); }
void trace_event(filch_runtime *rt, filch_worker *w, uint32_t kind, uint64_t begin, uint64_t end, uint64_t what, uint64_t iterations);

#endif
