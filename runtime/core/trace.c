#include "core/trace.h"

void trace_doing(filch_worker *w, enum filch_doing doing, uint64_t now)
{
    static const uint8_t counters[] = {COUNT_running_ns, COUNT_searching_ns, COUNT_sleeping_ns};
    uint64_t since = w->trace.since;
    if (w->trace.doing < 3 && since && now > since) count(w, counters[w->trace.doing], now - since);
    w->trace.doing = doing;
    w->trace.since = now;
}

void trace_set(filch_runtime *rt, filch_event *records, uint32_t events)
{
    atom_pointer_store(&rt->trace, events ? (uintptr_t)records + __builtin_ctz(events) : 0);
}

void trace_event(filch_runtime *rt, filch_worker *w, filch_event event)
{
    uintptr_t trace = racy_pointer_load(&rt->trace); /* once: the owner may set another meanwhile */
    if (!trace) return;
    uint32_t magnitude = trace & (TRACE_ALIGN - 1), n = racy32_load(&w->trace.written);
    filch_event *records = (filch_event *)(trace - magnitude);
    size_t at = ((size_t)worker_index(rt, w) << magnitude) + (n & (((uint32_t)1 << magnitude) - 1));
    records[at] = event;
    racy32_store(&w->trace.written, n + 1);
}
