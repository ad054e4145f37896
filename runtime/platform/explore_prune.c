/* Most executions differ from others only in the order of operations that do not depend on each
 * other. The search leaves out some of those: sleep sets (Godefroid, 1996), cut down to what is
 * sound with a bound on preemptions.
 *
 * At a decision the running thread A can go on, with its operation a. The search first runs all
 * executions in which A does. Then it tries to preempt A. From there A *sleeps*: as long as no
 * other thread does an operation that depends on a, an execution that lets A go on next,
 *     ... W a ...          W: what the others did meanwhile
 * is, up to the order of operations that do not depend on each other, the execution
 *     ... a W ...
 * in which A was preempted one operation later. That one has no more preemptions, and the search
 * has run it, or one that is the same in that sense. So a sleeping thread is not chosen. An
 * operation that depends on a wakes A. An execution in which all threads that could go on sleep is
 * cut.
 *
 * What is kept: of all executions within the bounds that differ only in the order of operations
 * that do not depend on each other, at least one runs. Only the preempted thread sleeps. In full
 * sleep sets, the alternatives tried before sleep, too: to have run one of those first would
 * take one more preemption, which the bound may not allow (Coons, Musuvathi, and McKinley, Bounded
 * partial-order reduction, 2013).
 *
 * Two operations depend on each other if they are of one word and one of them writes it. And the
 * runtime's plain variables are ordered by its words; ThreadSanitizer sees to that. What a scenario
 * does with plain variables of its own is not seen: there it says explore_touch(), which depends
 * on everything. So do a condition's evaluation, a yield, a death, a look at who has died, and a
 * chunk's beginning and end. Reads of a clock that moves depend on each other. The end of a thread
 * depends on nothing: it only decides which threads can run.
 *
 * A thread sleeps before one operation of one word. Where the thread does more until its next
 * point, touches something or reads the clock, it does not sleep. */
#include <stdlib.h>
#include <string.h>

#include "platform/explore_state.h"

void prune_put_to_sleep(int thread, int d)
{
    if (!e.does_prune || e.decisions[d].is_opaque || !e.threads[thread].next.word) return;
    e.asleep |= (uint32_t)1 << thread;
}

static void wake(access a)
{
    for (int t = 0; t < e.scenario->threads; t++) {
        const access *next = &e.threads[t].next;
        bool depends = !a.word || (next->word == a.word && (next->writes || a.writes));
        if (depends) e.asleep &= ~((uint32_t)1 << t);
    }
}

/* -- classes: how many executions differ in more than such an order, to prove that none is lost --
 * An execution's class is a number that depends on each operation, on the last write before it,
 * and for a write on the reads since then; but not on their order. */
enum { WORDS = 4096 };
static struct {
    const void *word;
    uint64_t execution, written, reads;
} words[WORDS];
static uint64_t class, events[EXPLORE_THREADS], written, reads; /* the last two: of no word */
static struct {
    uint64_t *classes;
    size_t size, used;
} seen;

static uint64_t mix(uint64_t a, uint64_t b)
{
    a = (a ^ b) * 0x9e3779b97f4a7c15u;
    return (a ^ a >> 29) * 0xbf58476d1ce4e5b9u ^ a >> 32;
}

static void classify(access a)
{
    uint64_t event = mix((uint64_t)e.running + 1, ++events[e.running]);
    if (!a.word) {
        class += mix(mix(event, written), reads);
        written = event;
        reads = 0;
        return;
    }
    size_t i = (size_t)a.word / 4 % WORDS;
    while (words[i].execution == e.result->executions + 1 && words[i].word != a.word)
        i = (i + 1) % WORDS;
    if (words[i].execution != e.result->executions + 1) {
        words[i].word = a.word;
        words[i].execution = e.result->executions + 1;
        words[i].written = words[i].reads = 0;
    }
    uint64_t offset = (uint64_t)((uintptr_t)a.word - (uintptr_t)&e);
    class +=
        mix(mix(mix(event, offset), mix(words[i].written, written)), a.writes ? words[i].reads : 0);
    if (a.writes) words[i].written = event, words[i].reads = 0;
    else words[i].reads += mix(event, 1);
    reads += mix(event, 2);
}

static bool try_insert(uint64_t *classes, size_t size, uint64_t c)
{
    size_t i = c % size;
    while (classes[i] && classes[i] != c) i = (i + 1) % size;
    if (classes[i]) return false;
    classes[i] = c;
    return true;
}

void prune_end(void)
{
    if (!e.options->classes || e.is_cut) return;
    if (2 * seen.used >= seen.size) {
        size_t size = seen.size ? 2 * seen.size : 1024;
        uint64_t *grown = calloc(size, sizeof *grown);
        for (size_t i = 0; i < seen.size; i++) {
            if (seen.classes[i]) try_insert(grown, size, seen.classes[i]);
        }
        free(seen.classes);
        seen.classes = grown;
        seen.size = size;
    }
    if (!try_insert(seen.classes, seen.size, class | 1)) return;
    seen.used++;
    e.result->classes++;
    e.result->classes_sum += mix(class | 1, 0);
}

void prune_begin(void)
{
    e.asleep = 0;
    if (!e.options->classes) return;
    if (!e.result->executions) {
        if (seen.classes) memset(seen.classes, 0, seen.size * sizeof *seen.classes);
        memset(words, 0, sizeof words);
        seen.used = 0;
    }
    class = written = reads = 0;
    memset(events, 0, sizeof events);
}

void prune_note(access a)
{
    if (e.asleep) wake(a);
    if (e.counts_classes) classify(a);
}

void prune_stay_awake(void)
{
    if (e.decided_at != NO_DECISION) e.decisions[e.decided_at].is_opaque = true;
}

void explore_touch(void)
{
    if (e.running == NO_THREAD || e.in_condition) return;
    prune_stay_awake();
    prune_note((access){0});
}
