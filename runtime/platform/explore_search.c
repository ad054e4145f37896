#include <stdio.h>
#include <string.h>

#include "platform/explore_state.h"

static void run_one(void)
{
    e.depth = 0;
    e.calls = e.quiet = 0;
    e.points = e.clock = 0;
    e.preemptions = e.stale = e.deaths = 0;
    e.yielded = e.is_cut = false;
    e.running = NO_THREAD;
    if (e.options->random) deaths_plan();
    e.scenario->setup();
    for (int t = 0; t < e.scenario->threads; t++) thread_prepare(t);
    prune_begin();
    weak_begin();
    int next = schedule_choose(NO_THREAD);
    while (next != NO_THREAD) {
        thread_switch(NO_THREAD, next);
        /* the thread ended, or no thread can go on */
        next = e.result->failed || e.is_cut ? NO_THREAD : schedule_choose(NO_THREAD);
    }
    e.running = NO_THREAD;
    e.quiet = 0;
    prune_end();
    if (e.options->random) deaths_count();
    e.result->executions++;
    e.result->points += e.points;
    if (e.result->failed || e.is_cut) return;
    for (int t = 0; t < e.scenario->threads; t++) {
        if (e.threads[t].state == ENDED || e.threads[t].state == DEAD) continue;
        char why[128];
        snprintf(why, sizeof why, "deadlock: thread %d waits for ever", t);
        explore_fail(why);
        return;
    }
    if (e.scenario->check) e.scenario->check();
}

/* Prescribes the next execution: the last decision that has an untried alternative takes the next
 * one. False: no decision has one. */
static bool try_advance(void)
{
    for (int i = e.depth - 1; i >= 0; i--) {
        decision *d = &e.decisions[i];
        int next = d->taken + 1;
        while (next < d->alternatives && d->skipped >> next & 1) next++;
        if (next >= d->alternatives) continue;
        d->taken = (uint8_t)next;
        e.given = i + 1;
        return true;
    }
    return false;
}

/* A schedule is text: the alternative taken at each decision, without the zeros at its end. */
static void print_schedule(char *text, size_t size)
{
    int last = e.depth;
    while (last > 0 && e.decisions[last - 1].taken == 0) last--;
    size_t used = 0;
    for (int d = 0; d < last && used + 2 < size; d++) {
        text[used++] = (char)('0' + e.decisions[d].taken);
    }
    text[used] = 0;
}

explore_result explore(const explore_scenario *scenario, const explore_options *options)
{
    explore_result result = {0};
    e.scenario = scenario;
    e.options = options;
    e.result = &result;
    e.given = 0;
    e.does_prune = options->prunes && !options->random && !options->replay && !options->stale;
    e.counts_classes = options->classes;
    e.random = options->seed * 0x9e3779b97f4a7c15u + 0x2545f4914f6cdd1du;
    if (options->replay) {
        for (const char *c = options->replay; *c; c++) {
            e.decisions[e.given++] = (decision){.taken = (uint8_t)(*c - '0')};
        }
    }
    for (;;) {
        run_one();
        if (result.failed) {
            print_schedule(result.schedule, sizeof result.schedule);
            break;
        }
        if (options->replay) break;
        if (options->random) {
            if (result.executions >= options->random) break;
        } else if (!try_advance()) {
            result.complete = true;
            break;
        }
        if (options->executions && result.executions >= options->executions) break;
    }
    return result;
}
