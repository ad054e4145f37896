#include "core/trace.h"

void trace_doing(filch_worker *w, enum filch_doing doing, uint64_t now)
{
    static const uint8_t counters[] = {COUNT_running_ns, COUNT_searching_ns, COUNT_sleeping_ns};
    uint64_t since = w->trace.since;
    if (w->trace.doing < 3 && since && now > since) count(w, counters[w->trace.doing], now - since);
    w->trace.doing = doing;
    w->trace.since = now;
}

void trace_event(filch_runtime *rt, filch_worker *w, filch_event event)
{
    uint32_t events = racy32_load(&rt->trace_events); /* a power of two */
    if (!events) return;
    uint32_t n = racy32_load(&w->trace.written);
    rt->trace[(size_t)w->view.worker * events + (n & (events - 1))] = event;
    racy32_store(&w->trace.written, n + 1);
}
