#include "programs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "program_oracle.h"
#include "program_random.h"
#include "program_run.h"

enum { WALKS_TO_SHRINK = 400 };

typedef struct failure {
    program program;
    uint64_t walk;
    char why[256];
} failure;

static uint64_t executions, points;

static bool has_failed(const program *p, uint64_t walk, failure *f)
{
    explore_result result = program_walk(p, walk);
    executions += result.executions;
    points += result.points;
    if (!result.failed) return false;
    f->program = *p;
    f->walk = walk;
    memcpy(f->why, result.why, sizeof f->why);
    return true;
}

/* The same kind of failure: the reasons differ in numbers alone. */
static bool is_same_kind(const char *one, const char *other)
{
    for (;; one++, other++) {
        while (isdigit((unsigned char)*one)) one++;
        while (isdigit((unsigned char)*other)) other++;
        if (*one != *other) return false;
        if (!*one) return true;
    }
}

static bool is_found_in(const program *p, const failure *known, failure *found)
{
    if (has_failed(p, known->walk, found) && is_same_kind(known->why, found->why)) return true;
    for (uint64_t walk = 1; walk <= WALKS_TO_SHRINK; walk++) {
        if (has_failed(p, walk, found) && is_same_kind(known->why, found->why)) return true;
    }
    return false;
}

/* Until no smaller program fails in the same way. */
static void shrink(failure *f)
{
    uint32_t step = 0;
    program smaller;
    failure found;
    while (program_next_smaller(&f->program, &step, &smaller)) {
        if (!is_found_in(&smaller, f, &found)) continue;
        *f = found;
        step = 0;
    }
}

static void report(const failure *f, uint64_t seed, uint64_t tried)
{
    static char text[PROGRAM_TEXT];
    program_print(&f->program, text, sizeof text);
    printf("not ok 1 - " PROGRAMS_NAME "\n# %s\n", f->why);
    if (seed)
        printf("# seed %llu, program %llu of this run\n", (unsigned long long)seed,
               (unsigned long long)tried);
    printf("# replay: explore-priorities --program '%s' --walk %llu\n", text,
           (unsigned long long)f->walk);
}

/* The seed of the program that fails; 0: none does. */
static uint64_t find_failure(const programs_request *q, failure *f, uint64_t *tried)
{
    for (*tried = 0; *tried < q->count;) {
        program p;
        uint64_t seed = q->seed + (*tried)++;
        program_random(&p, seed);
        for (uint64_t walk = 1; walk <= q->walks; walk++) {
            if (has_failed(&p, seed * q->walks + walk, f)) return seed;
        }
    }
    return 0;
}

static bool has_program_passed(const programs_request *q)
{
    failure f;
    program p;
    if (!program_try_parse(&p, q->text)) {
        printf("not ok 1 - " PROGRAMS_NAME "\n# this is no program: %s\n", q->text);
        return false;
    }
    oracle_tells = q->tells;
    for (uint64_t walk = 1; walk <= (q->walk ? 1 : q->walks); walk++) {
        if (!has_failed(&p, q->walk ? q->walk : walk, &f)) continue;
        report(&f, 0, 1);
        return false;
    }
    return true;
}

bool programs_have_passed(const programs_request *q)
{
    failure f;
    uint64_t tried = 1, seed = 0;
    bool passed = true;
    if (q->text) passed = has_program_passed(q);
    else seed = find_failure(q, &f, &tried);
    if (seed) {
        if (!q->keeps) {
            printf("# %s\n# made smaller now\n", f.why);
            fflush(stdout);
            shrink(&f);
        }
        report(&f, seed, tried);
        passed = false;
    }
    if (passed) {
        printf("ok 1 - " PROGRAMS_NAME " # %llu programs, %llu executions, %llu points\n",
               (unsigned long long)tried, (unsigned long long)executions,
               (unsigned long long)points);
    }
    puts("1..1");
    return passed;
}
