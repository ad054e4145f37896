/* What holds of an embedding on every thread that may wait, one line of TAP for each. */
#ifndef FILCH_CASES_H
#define FILCH_CASES_H

#include <stdbool.h>

/* Prints `ok` or `not ok`, with a number of its own. */
void check(bool holds, const char *what);
int plan(void); /* prints how many there were; a program's exit status */
void run_cases(void);
void run_jobs(void);  /* those of them that start and stop nothing: with 2 workers at work */

#endif
