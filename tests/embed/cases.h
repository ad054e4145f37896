/* Facts of an embedding, on every thread that may wait, with one line of TAP for each. */
#ifndef FILCH_CASES_H
#define FILCH_CASES_H

#include <stdbool.h>

/* Prints `ok` or `not ok`, with a number of its own. */
void check(bool holds, const char *what);
int plan(void); /* prints the number of checks. A program's exit status */
void run_cases(void);
void run_jobs(void); /* the cases that start and stop nothing; 2 workers run */

#endif
