/* One execution of a program: a random walk of the explorer. */
#ifndef PROGRAM_RUN_H
#define PROGRAM_RUN_H

#include "platform/explore.h"
#include "program.h"

explore_result program_walk(const program *p, uint64_t walk);

#endif
