/* What a worker notes of its work: counters of time, and a ring of events while a trace runs.
 *
 * The ring is the host's memory: so many records per worker, the newest over the oldest. The
 * worker is the only writer, and trace.written counts the records that it has ever written. A
 * reader stops the trace, reads, and checks every record: the worker may be in the middle of its
 * last one.
 *
 * rt->trace is one word, so that a worker never takes the address of one trace and the length of
 * another: the address of the records, which TRACE_ALIGN divides, plus the binary logarithm of
 * their number per worker.
 *
 * Reading the clock is a call of the host, so a worker does not read it while a task waits for
 * that. The time for which a worker was parked or searched is counted at its first safepoint
 * afterwards, or when it is idle again.
 *
 * The worker's own thread, but for trace_set(). */
#ifndef FILCH_TRACE_H
#define FILCH_TRACE_H

#include "core/plan.h"

enum filch_doing { DOING_RUN, DOING_SEARCH, DOING_SLEEP };

/* A record of the ring; the host reads it. Times: nanoseconds of clock_ns(). */
typedef struct filch_event {
    double begin, end;
    double what; /* EVENT_CHUNK, EVENT_FORK: the task's handle; EVENT_STEAL: the victim */
    uint32_t kind, iterations;
} filch_event;

#define TRACE_ALIGN 32u

#define EVENTS(X) X(CHUNK, chunk) X(FORK, fork) X(STEAL, steal) X(PARK, parked) X(YIELD, yield)

/* A record that was never written has kind 0. */
enum {
    EVENT_NONE,
#define EVENT_ENUM(NAME, name) EVENT_##NAME,
    EVENTS(EVENT_ENUM)
#undef EVENT_ENUM
};

static inline void count(filch_worker *w, int counter, uint64_t n)
{
#ifndef FILCH_EXPLORE
    /* one writer, so no read-modify-write; a reader sees a recent value */
    atom64 *c = &w->trace.counters[counter];
    __atomic_store_n(&c->word, c->word + n, __ATOMIC_RELAXED);
#else
    (void)w, (void)counter, (void)n;
#endif
}

/* From `now` on w does that. */
void trace_doing(filch_worker *w, enum filch_doing doing, uint64_t now);
/* w is known to run a task. */
static inline bool trace_is_running(const filch_worker *w)
{
    return w->trace.doing == DOING_RUN && w->trace.since;
}
static inline bool trace_is_on(const filch_runtime *rt) { return racy_pointer_load(&rt->trace); }
/* The owner: from now on workers write to `records`, `events` for each worker, a power of two. 0:
 * to none. A worker may be in the middle of a record of the trace before. */
void trace_set(filch_runtime *rt, filch_event *records, uint32_t events);
/* Writes the event, if a trace runs. */
void trace_event(filch_runtime *rt, filch_worker *w, filch_event event);

#endif
