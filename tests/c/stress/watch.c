/* Failures. A failure ends the program, and prints the seed and all words. The watchdog makes a
 * failure of a hang. */
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

const char *stress_case = "start";
int stress_number = 1;
static uint64_t progress; /* atomic */
static uint32_t failing;  /* atomic: only the first failure prints */

static void begin_failure(void)
{
    if (__atomic_exchange_n(&failing, 1, __ATOMIC_SEQ_CST)) {
        for (;;) pause(); /* the first failure prints, and ends the program */
    }
    printf("not ok %d - %s\n# the seed of this round: %llu\n", stress_number, stress_case,
           (unsigned long long)stress_seed);
}

_Noreturn static void end_failure(void)
{
    printf("1..%d\n", stress_number);
    fflush(stdout);
    _exit(1);
}

void stress_fail(const char *file, int line, const char *condition, const char *format, ...)
{
    begin_failure();
    printf("# %s:%d: %s\n# ", file, line, condition);
    va_list list;
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    printf("\n");
    if (stress_team) stress_dump(stress_team);
    end_failure();
}

void filch_invariant_failed(const char *condition, const char *file, int line)
{
    if (!stress_corrupts) stress_fail(file, line, condition, "an invariant does not hold");
}

void stress_progress(void) { __atomic_fetch_add(&progress, 1, __ATOMIC_RELAXED); }

/* Looks at all that disturbs no thread, then at the stacks, then whether that has ended a wait. */
_Noreturn static void hang(int seconds, uint64_t seen)
{
    begin_failure();
    printf("# no progress for %d s\n", seconds);
    stress_print_threads();
    if (stress_team) stress_dump(stress_team);
    bool went_on = __atomic_load_n(&progress, __ATOMIC_RELAXED) != seen;
    if (went_on) printf("# there was progress meanwhile: the machine is slow\n");
    stress_print_stacks();
    sleep(5);
    if (!went_on && __atomic_load_n(&progress, __ATOMIC_RELAXED) != seen)
        printf("# after the stacks there was progress: a wake-up was lost\n");
    end_failure();
}

static void *watch(void *argument)
{
    stress_name_thread("watchdog", 0);
    int limit = (int)(intptr_t)argument, still = 0;
    for (uint64_t seen = 0;;) {
        sleep(1);
        uint64_t now = __atomic_load_n(&progress, __ATOMIC_RELAXED);
        still = now == seen ? still + 1 : 0;
        seen = now;
        if (still >= limit) hang(limit, seen);
    }
    return 0;
}

void stress_watch(int seconds)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, 0, watch, (void *)(intptr_t)seconds) == 0);
    pthread_detach(thread);
}
