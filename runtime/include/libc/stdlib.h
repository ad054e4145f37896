/* Of C's <stdlib.h>, for plug-ins built without a C library (make kernel): what needs no heap and
 * no process. Any thread. */
#ifndef FILCH_STDLIB_H
#define FILCH_STDLIB_H

#include <stddef.h>

/* A trap: the task fails with KERNEL_TRAPPED. */
static inline __attribute__((unused, noreturn)) void abort(void) { __builtin_trap(); }
static inline __attribute__((unused)) int abs(int n) { return n < 0 ? -n : n; }
static inline __attribute__((unused)) long labs(long n) { return n < 0 ? -n : n; }
static inline __attribute__((unused)) long long llabs(long long n) { return n < 0 ? -n : n; }

#endif
