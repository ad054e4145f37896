/* The workers of a program: threads that work, that a recall has sent away, that die, and spare
 * ones that take the place of the dead. Thread 0 is the owner, thread t at first worker t - 1. */
#ifndef PROGRAM_THREADS_H
#define PROGRAM_THREADS_H

#include "program_oracle.h"

void threads_begin(const program *p);
int threads_count(const program *p);
void threads_run(int thread); /* the body of a thread but the owner's */
/* No thread but the owner can go on. */
bool threads_are_parked(void);
/* A worker has died, and the owner has not recovered it. */
bool threads_have_lost(void);

/* -- the owner; each does nothing where it makes no sense -- */
void threads_recall(uint32_t w);
void threads_back(uint32_t w);
void threads_replace(uint32_t w);
void threads_kill(uint32_t w, uint32_t points);
void threads_recover(uint32_t w);
bool threads_is_leaving(uint32_t w); /* recalled, and not away yet */
/* Recovers and replaces each worker that has died, as far as there are threads for that. */
void threads_mend(void);

#endif
