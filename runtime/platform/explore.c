#include "platform/explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/check.h"
#include "platform/platform.h"

#define STACK_BYTES (64 * 1024)
#define POINTS_MAX 20000 /* an execution with more points counts as endless */
#define NO_THREAD (-1)

typedef enum state { READY, WAITING, AWAITING, AWAITING_DEATH, YIELDED, ENDED, DEAD } state;

typedef struct thread {
    void *stack_pointer;
    unsigned char *stack;
    state state;
    const atom32 *word;      /* WAITING */
    bool (*condition)(void); /* AWAITING */
    uint32_t dies_in;        /* points that it has left to live; 0: any number */
} thread;

/* The number of the alternative that was taken, and how many alternatives there were. */
typedef struct decision {
    uint8_t taken, alternatives;
} decision;

static struct explorer {
    const explore_scenario *scenario;
    const explore_options *options;
    explore_result *result;
    thread threads[EXPLORE_THREADS];
    void *main_stack_pointer;
    int running;
    decision decisions[POINTS_MAX];
    int depth, given; /* decisions made; the first `given` of them are prescribed */
    uint64_t points, random, clock;
    int preemptions, deaths, died;
    bool yielded; /* some thread's state is YIELDED */
} e;

/* -- coroutines: the callee-saved registers and the stack pointer -- */
void explore_switch(void **save, void *load);
#if defined(__x86_64__)
__asm__(".text\n.globl explore_switch\nexplore_switch:\n"
        "push %rbp\npush %rbx\npush %r12\npush %r13\npush %r14\npush %r15\n"
        "mov %rsp, (%rdi)\nmov %rsi, %rsp\n"
        "pop %r15\npop %r14\npop %r13\npop %r12\npop %rbx\npop %rbp\nret\n");
#define SAVED_WORDS 6
#define ENTRY_WORD 6
#elif defined(__aarch64__)
__asm__(".text\n.globl explore_switch\nexplore_switch:\n"
        "sub sp, sp, #160\n"
        "stp x19, x20, [sp, #0]\nstp x21, x22, [sp, #16]\n"
        "stp x23, x24, [sp, #32]\nstp x25, x26, [sp, #48]\n"
        "stp x27, x28, [sp, #64]\nstp x29, x30, [sp, #80]\n"
        "stp d8, d9, [sp, #96]\nstp d10, d11, [sp, #112]\n"
        "stp d12, d13, [sp, #128]\nstp d14, d15, [sp, #144]\n"
        "mov x2, sp\nstr x2, [x0]\nmov sp, x1\n"
        "ldp x19, x20, [sp, #0]\nldp x21, x22, [sp, #16]\n"
        "ldp x23, x24, [sp, #32]\nldp x25, x26, [sp, #48]\n"
        "ldp x27, x28, [sp, #64]\nldp x29, x30, [sp, #80]\n"
        "ldp d8, d9, [sp, #96]\nldp d10, d11, [sp, #112]\n"
        "ldp d12, d13, [sp, #128]\nldp d14, d15, [sp, #144]\n"
        "add sp, sp, #160\nret\n");
#define SAVED_WORDS 20
#define ENTRY_WORD 11
#else
#error "the explorer knows how to switch stacks on x86-64 and arm64"
#endif

static void to_explorer(void)
{
    explore_switch(&e.threads[e.running].stack_pointer, e.main_stack_pointer);
}

static void entry(void)
{
    e.scenario->thread(e.running);
    e.threads[e.running].state = ENDED;
    to_explorer();
    abort();
}

static void prepare(thread *t)
{
    if (!t->stack) t->stack = malloc(STACK_BYTES);
    /* 16-aligned. entry() finds the stack pointer 8 off, as after a call. */
    void **top = (void **)(void *)(t->stack + STACK_BYTES - 64);
    top[-1] = 0;
    void **saved = top - 2 - SAVED_WORDS;
    memset(saved, 0, (2 + SAVED_WORDS) * sizeof *saved);
    saved[ENTRY_WORD] = (void *)entry;
    t->stack_pointer = saved;
    t->state = READY;
    t->dies_in = 0;
}

/* -- decisions -- */
static bool are_others_over(int self)
{
    for (int t = 0; t < e.scenario->threads; t++) {
        state s = e.threads[t].state;
        if (t != self && s != ENDED && s != DEAD && s != AWAITING_DEATH) return false;
    }
    return true;
}

static bool is_enabled(int t)
{
    const thread *x = &e.threads[t];
    if (x->state == READY) return true;
    switch (x->state) {
    case AWAITING: return x->condition();
    case AWAITING_DEATH: return e.died != NO_THREAD || are_others_over(t);
    default: return false;
    }
}

static uint32_t coin(uint32_t n)
{
    e.random ^= e.random << 13;
    e.random ^= e.random >> 7;
    e.random ^= e.random << 17;
    return (uint32_t)((e.random >> 32) * n >> 32);
}

static int decide(int alternatives)
{
    if (e.depth >= POINTS_MAX) return NO_THREAD;
    decision *d = &e.decisions[e.depth];
    if (e.depth >= e.given) {
        /* A random walk mostly stays with its thread: long runs of one thread reach deeper than a
         * fair coin at each point. */
        uint32_t stay = e.options->stay ? e.options->stay : 4;
        bool strays = e.options->random && alternatives > 1 && coin(stay) == 0;
        d->taken = strays ? (uint8_t)coin((uint32_t)alternatives) : 0;
    }
    d->alternatives = (uint8_t)alternatives;
    e.depth++;
    return d->taken < alternatives ? d->taken : 0;
}

static void end_yields(void)
{
    for (int t = 0; e.yielded && t < e.scenario->threads; t++) {
        if (e.threads[t].state == YIELDED) e.threads[t].state = READY;
    }
    e.yielded = false;
}

/* The thread that runs next. NO_THREAD: all have ended, or none can go on. */
static int choose(int current)
{
    int choices[EXPLORE_THREADS + 1], n = 0;
    bool goes_on = current != NO_THREAD && is_enabled(current);
    int most = e.options->preemptions;
    bool may_switch = !goes_on || most < 0 || e.preemptions < most;
    bool may_die = goes_on && e.deaths < e.options->deaths && (e.scenario->mortal >> current & 1);
    if (goes_on && !may_switch && !may_die) { /* most points of most executions */
        e.threads[current].state = READY;
        end_yields();
        return current;
    }
    if (goes_on) choices[n++] = current;
    for (int t = 0; may_switch && t < e.scenario->threads; t++) {
        if (t != current && is_enabled(t)) choices[n++] = t;
    }
    int living = n;
    if (may_die) choices[n++] = current;
    if (n == 0) { /* no other thread can go on: one that has yielded does */
        for (int t = 0; t < e.scenario->threads; t++) {
            if (e.threads[t].state == YIELDED) choices[n++] = t;
        }
        living = n;
        if (n == 0) return NO_THREAD;
    }
    int taken = n == 1 ? 0 : decide(n);
    if (taken == NO_THREAD) return NO_THREAD;
    if (taken >= living) {
        e.threads[current].state = DEAD;
        e.died = current;
        e.deaths++;
        return choose(NO_THREAD);
    }
    if (goes_on && choices[taken] != current) e.preemptions++;
    end_yields();
    e.threads[choices[taken]].state = READY;
    return choices[taken];
}

static void reschedule(void)
{
    int self = e.running, next = choose(self);
    if (next == self) return;
    if (next == NO_THREAD) {
        to_explorer();
        abort();
    }
    e.running = next;
    explore_switch(&e.threads[self].stack_pointer, e.threads[next].stack_pointer);
}

/* -- for the runtime and the scenarios -- */
void explore_point(void)
{
    if (e.running == NO_THREAD) return; /* setup and check */
    if (++e.points > POINTS_MAX) explore_fail("endless: too many points in one execution");
    thread *self = &e.threads[e.running];
    if (self->dies_in && --self->dies_in == 0) {
        self->state = DEAD;
        e.died = e.running;
    }
    reschedule();
}

void explore_fail(const char *why)
{
    if (!e.result->failed) snprintf(e.result->why, sizeof e.result->why, "%s", why);
    e.result->failed = true;
    if (e.running == NO_THREAD) return;
    to_explorer();
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
int explore_died(void) { return e.died; }
bool explore_waits(int thread) { return e.threads[thread].state == WAITING; }
bool explore_is_dead(int thread) { return e.threads[thread].state == DEAD; }

void explore_kill(int thread, uint32_t points)
{
    if (e.threads[thread].state == ENDED || e.threads[thread].state == DEAD) return;
    e.threads[thread].dies_in = points;
    if (points) return;
    e.threads[thread].state = DEAD;
    e.died = thread;
}

int explore_await_death(void)
{
    e.threads[e.running].state = AWAITING_DEATH;
    reschedule();
    return e.died;
}

void explore_await(bool (*condition)(void))
{
    if (condition()) return;
    e.threads[e.running].condition = condition;
    e.threads[e.running].state = AWAITING;
    reschedule();
}

void futex_wait(atom32 *word, uint32_t expected)
{
    explore_point();
    if (word->word != expected) return;
    e.threads[e.running].word = word;
    e.threads[e.running].state = WAITING;
    reschedule();
}

void futex_wake(atom32 *word, uint32_t count)
{
    explore_point();
    for (int t = 0; t < e.scenario->threads && count; t++) {
        if (e.threads[t].state != WAITING || e.threads[t].word != word) continue;
        e.threads[t].state = READY;
        count--;
    }
}

void spin_hint(void)
{
    e.threads[e.running].state = YIELDED;
    e.yielded = true;
    reschedule();
}

uint64_t explore_clock_step;

uint64_t clock_ns(void) { return e.clock += explore_clock_step; }
void host_notify(void) {}

/* -- executions -- */
static void run_one(void)
{
    e.depth = 0;
    e.points = e.clock = 0;
    e.preemptions = e.deaths = 0;
    e.died = NO_THREAD;
    e.yielded = false;
    e.running = NO_THREAD;
    e.scenario->setup();
    for (int t = 0; t < e.scenario->threads; t++) prepare(&e.threads[t]);
    int next = choose(NO_THREAD);
    while (next != NO_THREAD && !e.result->failed) {
        e.running = next;
        explore_switch(&e.main_stack_pointer, e.threads[next].stack_pointer);
        /* the thread ended, or no thread can go on */
        next = e.result->failed ? NO_THREAD : choose(NO_THREAD);
    }
    e.running = NO_THREAD;
    e.result->executions++;
    e.result->points += e.points;
    if (e.result->failed) return;
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
    for (int d = e.depth - 1; d >= 0; d--) {
        if (e.decisions[d].taken + 1 >= e.decisions[d].alternatives) continue;
        e.decisions[d].taken++;
        e.given = d + 1;
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
    e.random = options->seed * 0x9e3779b97f4a7c15u + 0x2545f4914f6cdd1du;
    if (options->replay) {
        for (const char *c = options->replay; *c; c++) {
            e.decisions[e.given++].taken = (uint8_t)(*c - '0');
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
