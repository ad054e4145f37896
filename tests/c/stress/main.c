/* stress [--seconds N] [--seed N] [--case NAME] [--workers N] [--rounds N] [--limit N]
 *        [--hostile] [--words N] [--list]
 * Runs the cases, each for its share of the seconds, and prints TAP. --limit: seconds without
 * progress that count as a hang. --words: so many corrupt words, however long that takes. Each
 * round takes a new seed; --seed S --case C --rounds 1 repeats one round, but for the schedule. */
#include "stress.h"

settings stress;

typedef struct request {
    const char *name;
    double seconds;
    uint64_t seed;
    long rounds; /* of each case; 0: while there is time */
    int limit;
    bool list;
} request;

static double now(void) { return (double)clock_ns() / 1e9; }

static void print_counts(void)
{
    static const char *const names[] = {
#define NAME(name) #name,
        COUNTERS(NAME)
#undef NAME
            "deaths",
    };
    printf("#  ");
    for (int i = 0; i <= COUNTER_COUNT; i++) {
        printf(" %s %llu", names[i], (unsigned long long)stress_counts[i]);
    }
    printf("\n");
    memset(stress_counts, 0, sizeof stress_counts);
}

static void run(const stress_case_of *s, double seconds, const request *q)
{
    stress_case = s->name;
    stress_seed = q->seed;
    double start = now();
    long rounds = 0;
    do {
        s->round();
        rounds++;
        stress_seed = random64() | 1; /* 0 would be no seed */
    } while (q->rounds                   ? rounds < q->rounds
             : stress.words && s->writes ? stress_words < stress.words
                                         : s->timed && now() - start < seconds);
    printf("ok %d - %s # %ld rounds in %.1f s, from seed %llu\n", stress_number++, s->name, rounds,
           now() - start, (unsigned long long)q->seed);
    print_counts();
    fflush(stdout);
}

int main(int argc, char **argv)
{
    request q = {.seconds = 10, .seed = clock_ns() | 1, .limit = 30};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--hostile")) stress.hostile = true;
        else if (!strcmp(argv[i], "--list")) q.list = true;
        else if (!strcmp(argv[i], "--seconds")) q.seconds = atof(value), i++;
        else if (!strcmp(argv[i], "--seed")) q.seed = strtoull(value, 0, 10), i++;
        else if (!strcmp(argv[i], "--case")) q.name = value, i++;
        else if (!strcmp(argv[i], "--workers")) stress.workers = (uint32_t)atoi(value), i++;
        else if (!strcmp(argv[i], "--rounds")) q.rounds = atol(value), i++;
        else if (!strcmp(argv[i], "--words")) stress.words = strtoull(value, 0, 10), i++;
        else if (!strcmp(argv[i], "--limit")) q.limit = atoi(value), i++;
        else return fprintf(stderr, "stress: unknown option %s\n", argv[i]), 2;
    }
    const stress_case_of *selected[64];
    int count = 0, timed = 0;
    const stress_case_of *const groups[] = {single_cases, mix_cases, corrupt_cases};
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        for (const stress_case_of *s = groups[g]; s->name; s++) {
            if (q.name && strncmp(s->name, q.name, strlen(q.name))) continue;
            if (q.list) puts(s->name);
            selected[count++] = s;
            timed += s->timed;
        }
    }
    if (q.list) return 0;
    stress_watch(q.limit);
    double end = now() + q.seconds;
    for (int i = 0; i < count; i++) { /* the cases that are left share the time that is left */
        run(selected[i], (end - now()) / (timed ? timed : 1), &q);
        timed -= selected[i]->timed;
    }
    printf("1..%d\n", count);
    if (stress_words) printf("# %llu corrupt words, 0 failed\n", (unsigned long long)stress_words);
    return 0;
}
