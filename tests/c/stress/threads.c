/* What each thread does, for a hang. /proc/self/task tells, and disturbs no thread. A debugger
 * tells more, but ends waits: a thread whose wake-up was lost goes on after that. */
#include "stress.h"

#if defined(__linux__)
#include <dirent.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS_MOST = 256, NS_PER_MS = 1000000 };

typedef struct thread_times {
    uint64_t at;                    /* when they were read; in ns, as the others */
    unsigned long long ran, waited; /* for a core */
} thread_times;

static void read_line(int thread, const char *file, char *line, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/%s", thread, file);
    FILE *f = fopen(path, "r");
    if (!f || !fgets(line, (int)size, f)) *line = 0;
    line[strcspn(line, "\n")] = 0;
    if (f) fclose(f);
}

static thread_times times_of(int thread)
{
    char line[128];
    thread_times t = {.at = clock_ns()};
    read_line(thread, "schedstat", line, sizeof line);
    sscanf(line, "%llu %llu", &t.ran, &t.waited);
    return t;
}

/* The word of the runtime that a thread waits on. */
static void print_word(uintptr_t at)
{
    const filch_runtime *rt = stress_team ? stress_team->rt : 0;
    if (rt && at == (uintptr_t)&rt->doorbell) printf("the doorbell");
    for (uint32_t w = 0; rt && w < plan_worker_count(rt); w++) {
        if (at == (uintptr_t)&plan_workers(rt)[w].parked) printf("parked of worker %u", w);
    }
    printf(" (at %llx)", (unsigned long long)at);
}

static void print_thread(int thread, thread_times before)
{
    char name[64], status[512], call[256], channel[64];
    read_line(thread, "comm", name, sizeof name);
    read_line(thread, "stat", status, sizeof status);
    read_line(thread, "syscall", call, sizeof call);
    read_line(thread, "wchan", channel, sizeof channel);
    const char *state = strrchr(status, ')');
    thread_times now = times_of(thread);
    printf("# thread %d, %s: %c in %s, ran %llu ms and waited %llu ms for a core in the last %llu",
           thread, name, state && state[1] ? state[2] : '?', channel,
           (now.ran - before.ran) / NS_PER_MS, (now.waited - before.waited) / NS_PER_MS,
           (unsigned long long)(now.at - before.at) / NS_PER_MS);
    long long number;
    unsigned long long word, operation, value;
    int fields = sscanf(call, "%lld %llx %llx %llx", &number, &word, &operation, &value);
    if (fields == 4 && number == SYS_futex) {
        printf(", waits while %llu is ", value);
        print_word((uintptr_t)word);
    } else {
        printf(", system call %s", call);
    }
    printf("\n");
}

void stress_print_threads(void)
{
    static int threads[THREADS_MOST];
    static thread_times times[THREADS_MOST];
    int count = 0;
    DIR *directory = opendir("/proc/self/task");
    if (!directory) return;
    for (const struct dirent *d; (d = readdir(directory)) != 0 && count < THREADS_MOST;) {
        if (*d->d_name == '.') continue;
        threads[count] = atoi(d->d_name);
        times[count] = times_of(threads[count]);
        count++;
    }
    closedir(directory);
    sleep(1);
    for (int i = 0; i < count; i++) print_thread(threads[i], times[i]);
}

void stress_print_stacks(void)
{
    char command[256];
    fflush(stdout);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    snprintf(command, sizeof command,
             "gdb -q -batch -ex 'thread apply all backtrace 16' -p %d 2>&1 | sed 's/^/# /'",
             (int)getpid());
    if (system(command)) printf("# no stacks: gdb could not print them\n");
}

void stress_name_thread(const char *name, uint32_t number)
{
    char text[16];
    snprintf(text, sizeof text, "%s %u", name, number);
    prctl(PR_SET_NAME, text, 0, 0, 0);
}
#else
void stress_print_threads(void) {}
void stress_print_stacks(void) {}
void stress_name_thread(const char *name, uint32_t number) { (void)name, (void)number; }
#endif
