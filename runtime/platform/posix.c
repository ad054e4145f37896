/* The platform with POSIX threads. On Linux the futex is the operating system's. Elsewhere one
 * mutex and one condition variable serve every word: correct, but slow. Linux is where the native
 * build proves and measures. */
#define _GNU_SOURCE
#include "platform/check.h"
#include "platform/threads.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

void futex_wait(atom32 *word, uint32_t expected)
{
    syscall(SYS_futex, &word->word, FUTEX_WAIT_PRIVATE, expected, 0, 0, 0);
}

void futex_wait_for(atom32 *word, uint32_t expected, uint64_t nanoseconds)
{
    struct timespec t = {
        .tv_sec = (time_t)(nanoseconds / 1000000000u),
        .tv_nsec = (long)(nanoseconds % 1000000000u),
    };
    struct timespec *limit = nanoseconds == FUTEX_FOREVER ? 0 : &t;
    syscall(SYS_futex, &word->word, FUTEX_WAIT_PRIVATE, expected, limit, 0, 0);
}

void futex_wake(atom32 *word, uint32_t count)
{
    syscall(SYS_futex, &word->word, FUTEX_WAKE_PRIVATE, count > INT_MAX ? INT_MAX : count, 0, 0, 0);
}
#else
#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

void futex_wait(atom32 *word, uint32_t expected)
{
    pthread_mutex_lock(&mutex);
    if (atom32_load(word) == expected) pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

void futex_wait_for(atom32 *word, uint32_t expected, uint64_t nanoseconds)
{
    if (nanoseconds == FUTEX_FOREVER) {
        futex_wait(word, expected);
        return;
    }
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t end = (uint64_t)t.tv_nsec + nanoseconds;
    t.tv_sec += (time_t)(end / 1000000000u);
    t.tv_nsec = (long)(end % 1000000000u);
    pthread_mutex_lock(&mutex);
    if (atom32_load(word) == expected) pthread_cond_timedwait(&changed, &mutex, &t);
    pthread_mutex_unlock(&mutex);
}

void futex_wake(atom32 *word, uint32_t count)
{
    (void)word, (void)count;
    pthread_mutex_lock(&mutex);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}
#endif

uint64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void spin_hint(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void host_notify(void) {}

#ifdef FILCH_INVARIANTS
/* A test that reports failures in its own way has a definition of its own. */
#ifndef FILCH_EMBED
__attribute__((weak))
#endif
void filch_invariant_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: an invariant does not hold: %s\n", file, line, condition);
    abort();
}
#endif
