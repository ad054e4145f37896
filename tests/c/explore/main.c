/* explore [--nightly] [--case NAME] [--preemptions N] [--deaths N] [--stale N] [--random N]
 *         [--executions N (of each variant, at most)] [--variant N] [--replay SCHEDULE] [--list]
 *         [--prune 0 or 1] [--classes] [--stop (at each point)]
 * NAME: a case, or how the names of several begin.
 * Runs the cases and prints TAP. A failure prints the command that replays its schedule.
 *
 * explore --programs N [--seed S] [--walks N (of each program)] [--keep (a failure as it is)]
 * explore --program TEXT [--walk N] [--tell]
 * Runs random programs, or one program (program.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "programs.h"

int explore_variant;

static const explore_case *const groups[] = {
    deque_cases,    slots_cases,      completions_cases, range_cases,     reduce_cases,
    trace_cases,    prune_cases,      worker_cases,      sleep_cases,     loop_cases,
    cancel_cases,   pause_cases,      queue_cases,       depend_cases,    order_cases,
    priority_cases, fairness_cases,   help_cases,        recall_cases,    loss_cases,
    fork_cases,     fork_leave_cases, fork_outer_cases,  fork_loss_cases, second_loss_cases,
    publish_cases,  wait_cases,       wait_loss_cases,
};

typedef struct request {
    const char *name, *replay;
    int preemptions, deaths, stale, variant, prune; /* -1: as the case has it */
    long long random, executions;
    bool nightly, list, classes, stop;
    programs_request programs;
} request;

static int failures, tests;
enum { ANY = 9999 }; /* preemptions */

static bool has_passed(const explore_case *c, const explore_options *o, explore_result *total)
{
    explore_result r = explore(&c->scenario, o);
    total->executions += r.executions;
    total->points += r.points;
    total->classes += r.classes;
    total->classes_sum += r.classes_sum * (2 * (uint64_t)explore_variant + 1);
    for (int i = 0; i < 10; i++) total->deaths_in_tenth[i] += r.deaths_in_tenth[i];
    if (!r.failed) return true;
    printf("not ok %d - %s\n", ++tests, c->scenario.name);
    printf("# %s\n# replay: explore --case '%s' --variant %d ", r.why, c->scenario.name,
           explore_variant);
    printf("--preemptions %d --deaths %d ", o->preemptions, o->deaths);
    if (o->stale) printf("--stale %d ", o->stale);
    printf("--replay '%s'\n", r.schedule);
    failures++;
    return false;
}

static void print_passed(const explore_case *c, const explore_options *o, const explore_result *r)
{
    printf("ok %d - %s # %llu executions, %llu points, at most %d preemptions, %d deaths", ++tests,
           c->scenario.name, (unsigned long long)r->executions, (unsigned long long)r->points,
           o->preemptions, o->deaths);
    if (o->stale) printf(", %d stale loads", o->stale);
    if (o->classes) {
        printf("; %llu classes, %016llx", (unsigned long long)r->classes,
               (unsigned long long)r->classes_sum);
    }
    uint64_t died = 0;
    for (int i = 0; i < 10; i++) died += r->deaths_in_tenth[i];
    for (int i = 0; i < 10 && died; i++) {
        printf("%s%.0f%%", i ? " " : "; deaths by tenths of a walk: ",
               100.0 * (double)r->deaths_in_tenth[i] / (double)died);
    }
    printf("\n");
}

static void run(const explore_case *c, const request *q)
{
    explore_options search = {.preemptions = q->nightly ? c->nightly : c->preemptions,
                              .deaths = c->deaths,
                              .stale = c->stale,
                              .prunes = c->prunes,
                              .classes = q->classes,
                              .stops = q->stop,
                              .replay = q->replay,
                              .executions = (uint64_t)q->executions};
    if (q->preemptions >= 0) search.preemptions = q->preemptions;
    if (q->deaths >= 0) search.deaths = q->deaths;
    if (q->stale >= 0) search.stale = q->stale;
    if (q->prune >= 0) search.prunes = q->prune;
    explore_options walk = {.preemptions = ANY,
                            .deaths = search.deaths,
                            .stale = search.stale,
                            .random = c->random * (q->nightly ? 10 : 1)};
    if (q->random >= 0) walk.random = (uint64_t)q->random;
    if (q->executions && walk.random > (uint64_t)q->executions)
        walk.random = (uint64_t)q->executions;
    explore_result total = {0};
    for (int v = 0; v < (c->variants ? c->variants : 1); v++) {
        if (q->variant >= 0 && q->variant != v) continue;
        explore_variant = v;
        walk.seed = (uint64_t)v + 1;
        if (search.preemptions != WALKS_ONLY && !has_passed(c, &search, &total)) return;
        if (walk.random && !q->replay && !has_passed(c, &walk, &total)) return;
    }
    print_passed(c, &search, &total);
    fflush(stdout);
}

/* Visits the case of this name, or else each whose name begins with it. How many those are. */
static int visit_cases(const request *q, void (*visit)(const explore_case *, const request *))
{
    int found = 0;
    for (int exactly = 1; exactly >= 0 && !found; exactly--) {
        for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
            for (const explore_case *c = groups[g]; c->scenario.name; c++) {
                size_t length = exactly ? strlen(c->scenario.name) + 1 : strlen(q->name);
                if (strncmp(c->scenario.name, q->name, length)) continue;
                visit(c, q);
                found++;
            }
        }
    }
    return found;
}

static void list(const explore_case *c, const request *q)
{
    (void)q;
    puts(c->scenario.name);
}

int main(int argc, char **argv)
{
    request q = {.name = "",
                 .preemptions = -1,
                 .deaths = -1,
                 .stale = -1,
                 .variant = -1,
                 .prune = -1,
                 .random = -1};
    q.programs = (programs_request){.seed = 1, .walks = 16};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--nightly")) q.nightly = true;
        else if (!strcmp(argv[i], "--list")) q.list = true;
        else if (!strcmp(argv[i], "--case")) q.name = value, i++;
        else if (!strcmp(argv[i], "--replay")) q.replay = value, i++;
        else if (!strcmp(argv[i], "--preemptions")) q.preemptions = atoi(value), i++;
        else if (!strcmp(argv[i], "--deaths")) q.deaths = atoi(value), i++;
        else if (!strcmp(argv[i], "--classes")) q.classes = true;
        else if (!strcmp(argv[i], "--stop")) q.stop = true;
        else if (!strcmp(argv[i], "--stale")) q.stale = atoi(value), i++;
        else if (!strcmp(argv[i], "--prune")) q.prune = atoi(value), i++;
        else if (!strcmp(argv[i], "--variant")) q.variant = atoi(value), i++;
        else if (!strcmp(argv[i], "--executions")) q.executions = atoll(value), i++;
        else if (!strcmp(argv[i], "--random")) q.random = atoll(value), i++;
        else if (!strcmp(argv[i], "--programs")) q.programs.count = strtoull(value, 0, 10), i++;
        else if (!strcmp(argv[i], "--seed")) q.programs.seed = strtoull(value, 0, 10), i++;
        else if (!strcmp(argv[i], "--walks")) q.programs.walks = strtoull(value, 0, 10), i++;
        else if (!strcmp(argv[i], "--program")) q.programs.text = value, i++;
        else if (!strcmp(argv[i], "--walk")) q.programs.walk = strtoull(value, 0, 10), i++;
        else if (!strcmp(argv[i], "--keep")) q.programs.keeps = true;
        else if (!strcmp(argv[i], "--tell")) q.programs.tells = true;
        else return fprintf(stderr, "explore: unknown option %s\n", argv[i]), 2;
    }
    if (q.programs.count || q.programs.text) return programs_have_passed(&q.programs) ? 0 : 1;
    if (!visit_cases(&q, q.list ? list : run))
        return fprintf(stderr, "explore: no case is called %s\n", q.name), 2;
    if (!q.list) printf("1..%d\n", tests);
    return failures ? 1 : 0;
}
