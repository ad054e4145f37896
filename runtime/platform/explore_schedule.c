#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/check.h"
#include "platform/explore_state.h"

/* -- which thread runs next -- */
static bool are_others_over(int self)
{
    for (int t = 0; t < e.scenario->threads; t++) {
        state s = e.threads[t].state;
        if (t != self && s != ENDED && s != DEAD && s != AWAITING_DEATH) return false;
    }
    return true;
}

static bool holds(bool (*condition)(void))
{
    e.in_condition = true;
    bool is_true = condition();
    e.in_condition = false;
    return is_true;
}

static bool is_enabled(int t)
{
    const thread *x = &e.threads[t];
    if (x->state == READY) return true;
    switch (x->state) {
    case AWAITING: return holds(x->condition);
    case AWAITING_DEATH: return e.deaths > x->deaths_told || are_others_over(t);
    default: return false;
    }
}

static inline void end_yields(void)
{
    if (!e.yielded) return;
    for (int t = 0; t < e.scenario->threads; t++) {
        if (e.threads[t].state == YIELDED) e.threads[t].state = READY;
    }
    e.yielded = false;
}

static inline int run(int t)
{
    end_yields();
    e.threads[t].state = READY;
    return t;
}

static void add_choice(choices *c, int t)
{
    if (e.asleep >> t & 1) c->skipped |= (uint8_t)(1 << c->count);
    c->thread[c->count++] = t;
}

static void mark_dead(int t)
{
    e.threads[t].state = DEAD;
    e.died[e.deaths++] = t;
    prune_note((access){0});
}

static int die(int t)
{
    mark_dead(t);
    return schedule_choose(NO_THREAD);
}

static inline int go_on(int current, int decided_at)
{
    e.decided_at = decided_at;
    return run(current);
}

static int preempt(int current, int next, int decided_at)
{
    e.preemptions++;
    prune_put_to_sleep(current, decided_at);
    return run(next);
}

/* The search repeats all prescribed decisions but the last, so the threads that could go on need
 * not be found again. NO_THREAD: this call is not repeated so. */
static inline int repeat(int current, uint32_t call)
{
    if (e.depth + 1 >= e.given) return NO_THREAD;
    const decision *d = &e.decisions[e.depth];
    if (call < d->at) return run(current); /* no other thread could go on */
    if (call > d->at || d->next == NO_THREAD) return NO_THREAD;
    if (d->next != current && !is_enabled(d->next)) return NO_THREAD; /* nondeterministic */
    int at = e.depth++;
    return d->next == current ? go_on(current, at) : preempt(current, d->next, at);
}

static bool may_preempt(void)
{
    return e.options->preemptions < 0 || e.preemptions < e.options->preemptions;
}

static bool may_die(int t) { return e.deaths < e.options->deaths && (e.scenario->mortal >> t & 1); }

/* Rare, and long: not a part of explore_access(). */
__attribute__((noinline)) static int choose_anew(int current, uint32_t call)
{
    choices c = {.count = 0};
    bool goes_on = current != NO_THREAD && is_enabled(current);
    bool may_switch = !goes_on || may_preempt();
    if (goes_on) add_choice(&c, current);
    for (int t = 0; may_switch && t < e.scenario->threads; t++) {
        if (t != current && is_enabled(t)) add_choice(&c, t);
    }
    /* no other thread can go on: one that has yielded does */
    for (int t = 0; !c.count && t < e.scenario->threads; t++) {
        if (e.threads[t].state == YIELDED) add_choice(&c, t);
    }
    c.living = c.count;
    if (goes_on && may_die(current)) c.thread[c.count++] = current;
    if (!decide_has_any(&c)) {
        e.is_cut = c.count > 0;
        return NO_THREAD;
    }
    if (c.count == 1) return run(c.thread[0]);
    bool dies = c.count > c.living && e.options->random && deaths_is_now();
    int at = e.depth, taken = decide(&c, dies);
    if (taken < 0) return NO_THREAD;
    e.decisions[at].at = call;
    if (taken >= c.living) return die(current);
    int next = c.thread[taken];
    if (!goes_on) return run(next);
    e.decisions[at].next = (int8_t)next;
    e.decisions[at].goes_on = next == current && e.threads[current].state == READY;
    return next == current ? go_on(current, at) : preempt(current, next, at);
}

/* Decision d lies ahead, is repeated, and lets thread t go on. */
static inline bool lets_go_on(int d, int t)
{
    const decision *x = &e.decisions[d];
    return d + 1 < e.given && x->goes_on && x->next == t && x->at >= e.calls;
}

/* The first call at which thread t, which runs next, may have to stop. Most points of most
 * executions are before that: they are repeated, or come after the last preemption. The repeated
 * decisions among them count as made: what they would note of themselves is noted already. */
static inline uint32_t quiet_until(int t)
{
    if (e.threads[t].dies_in || e.options->stops) return 0;
    uint32_t endless = e.calls + (uint32_t)(POINTS_MAX - e.points);
    if (e.depth < e.given) {
        while (lets_go_on(e.depth, t)) e.depth++;
        return e.decisions[e.depth].at < endless ? e.decisions[e.depth].at : endless;
    }
    return may_preempt() || may_die(t) ? 0 : endless;
}

/* From now on the running thread stops at each of its points. */
static void end_quiet(void)
{
    e.quiet = 0;
    while (e.depth > 0 && e.decisions[e.depth - 1].at >= e.calls) e.depth--;
}

static inline int choose(int current)
{
    uint32_t call = e.calls++;
    if (current != NO_THREAD && e.threads[current].state == READY) {
        int repeated = repeat(current, call);
        if (repeated != NO_THREAD) return repeated;
        if (!may_preempt() && !may_die(current))
            return run(current); /* most points of most executions */
    }
    return choose_anew(current, call);
}

int schedule_choose(int current)
{
    e.decided_at = NO_DECISION;
    int chosen = choose(current);
    e.quiet = chosen == NO_THREAD ? 0 : quiet_until(chosen);
    return chosen;
}

static inline void reschedule(access next)
{
    int self = e.running;
    e.threads[self].next = next;
    int chosen = schedule_choose(self);
    if (chosen != self) thread_switch(self, chosen);
    if (chosen == NO_THREAD) abort();
}

static inline bool is_noted(void) { return e.asleep || e.counts_classes; }

/* Not a part of explore_access(), so that quiet points save no registers. */
__attribute__((noinline)) static void come_to_point(access next)
{
    if (e.running == NO_THREAD) return; /* setup and check */
    if (++e.points > POINTS_MAX) explore_fail("endless: too many points in one execution");
    thread *self = &e.threads[e.running];
    if (self->dies_in && --self->dies_in == 0) mark_dead(e.running);
    reschedule(next);
    if (is_noted()) prune_note(next);
}

/* -- for the runtime and the scenarios -- */
void explore_access(const void *word, bool writes)
{
    access next = {.word = word, .writes = writes};
    if (e.calls >= e.quiet) {
        come_to_point(next);
        return;
    }
    e.calls++;
    e.points++;
    e.decided_at = NO_DECISION;
    if (is_noted()) prune_note(next);
}

void explore_point(void) { explore_access(NULL, true); }

void explore_fail(const char *why)
{
    if (!e.result->failed) snprintf(e.result->why, sizeof e.result->why, "%s", why);
    e.result->failed = true;
    if (e.running == NO_THREAD) return;
    thread_switch(e.running, NO_THREAD);
    abort();
}

void filch_invariant_failed(const char *condition, const char *file, int line)
{
    char why[256];
    const char *name = strrchr(file, '/');
    snprintf(why, sizeof why, "invariant of %s:%d: %s", name ? name + 1 : file, line, condition);
    explore_fail(why);
}

int explore_self(void) { return e.running; }
int explore_died(void) { return explore_death(e.deaths - 1); }
int explore_death(int i)
{
    explore_touch();
    return 0 <= i && i < e.deaths ? e.died[i] : NO_THREAD;
}
bool explore_may_die(void)
{
    explore_touch();
    return e.deaths < e.options->deaths;
}
bool explore_is_dead(int thread)
{
    explore_touch();
    return e.threads[thread].state == DEAD;
}

void explore_kill(int thread, uint32_t points)
{
    if (e.threads[thread].state == ENDED || e.threads[thread].state == DEAD) return;
    explore_touch();
    e.threads[thread].dies_in = points;
    end_quiet();
    if (!points) mark_dead(thread);
}

bool explore_waits(int thread)
{
    explore_touch();
    return e.threads[thread].state == WAITING;
}

int explore_await_death(void)
{
    thread *self = &e.threads[e.running];
    explore_touch();
    self->state = AWAITING_DEATH;
    reschedule((access){0});
    explore_touch();
    weak_join_all();
    return self->deaths_told < e.deaths ? e.died[self->deaths_told++] : NO_THREAD;
}

void explore_await(bool (*condition)(void))
{
    explore_touch();
    if (!condition()) {
        e.threads[e.running].condition = condition;
        e.threads[e.running].state = AWAITING;
        reschedule((access){0});
        explore_touch();
    }
    weak_join_all();
}

void futex_wait(atom32 *word, uint32_t expected)
{
    explore_access(word, true);
    if (word->word != expected) return;
    e.threads[e.running].word = word;
    e.threads[e.running].state = WAITING;
    reschedule((access){0});
}

void futex_wake(atom32 *word, uint32_t count)
{
    explore_access(word, true);
    for (int t = 0; t < e.scenario->threads && count; t++) {
        if (e.threads[t].state != WAITING || e.threads[t].word != word) continue;
        e.threads[t].state = READY;
        count--;
    }
}

void spin_hint(void)
{
    explore_touch(); /* who goes on from here depends on what the others do next */
    e.threads[e.running].state = YIELDED;
    e.yielded = true;
    reschedule((access){0});
}

uint64_t explore_clock_step;

uint64_t clock_ns(void)
{
    if (explore_clock_step && e.running != NO_THREAD) {
        prune_stay_awake();
        prune_note((access){.word = &e.clock, .writes = true});
    }
    return e.clock += explore_clock_step;
}
void host_notify(void) {}
