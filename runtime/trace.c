#include "trace.h"

void trace_doing(filch_worker *w, enum filch_doing doing, uint64_t now)
{
    static const int counters[] = {COUNT_running_ns, COUNT_searching_ns, COUNT_sleeping_ns};
    if (w->doing < 3 && w->since && now > w->since) count(w, counters[w->doing], now - w->since);
    w->doing = doing;
    w->since = now;
}

void trace_event(filch_runtime *rt, filch_worker *w, uint32_t kind, uint64_t begin, uint64_t end, uint64_t what, uint64_t iterations)
{
    uint32_t events = racy32_load(&rt->tracing); /* a power of two */
    if (!events) return;
    uint32_t n = racy32_load(&w->traced);
    rt->trace[(size_t)w->view.worker * events + (n & (events - 1))] = (filch_event){
        (double)begin, (double)end, (double)what, kind, iterations > UINT32_MAX ? UINT32_MAX : (uint32_t)iterations,
    };
    racy32_store(&w->traced, n + 1);
}
