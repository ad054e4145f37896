/* Random programs, and smaller ones. Each program uses only some of the verbs and kernels: a
 * program of all has little of each (Groce and others, Swarm testing, 2012). */
#ifndef PROGRAM_RANDOM_H
#define PROGRAM_RANDOM_H

#include "program.h"

/* The program of this seed. */
void program_random(program *p, uint64_t seed);

/* The next program, smaller than `p` in one thing, or false: there is none. *step begins at 0. */
bool program_next_smaller(const program *p, uint32_t *step, program *smaller);

#endif
