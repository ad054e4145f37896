/* The mode of the explorer that runs random programs, or one program from its text. */
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>

#define PROGRAMS_NAME "programs: random"

typedef struct programs_request {
    uint64_t count, seed; /* programs of the seeds from this one on */
    uint64_t walks;       /* random walks of each */
    const char *text;     /* instead: this program */
    uint64_t walk;        /* of that program: only this walk; 0: as many as `walks` says */
    bool keeps;           /* print a failure as it is */
    bool tells;           /* print what happens */
} programs_request;

/* Prints TAP: one test. A failure is made smaller, and printed with the command that replays it. */
bool programs_have_passed(const programs_request *request);

#endif
