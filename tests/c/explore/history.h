/* Histories: what each thread did to an object, and when, and whether one thread could have done
 * it.
 *
 * A history is linearizable (Herlihy and Wing, 1990) if each operation can be given a moment
 * between its begin and its end such that a sequential object, asked in that order, would have
 * answered the same. Found by search (Wing and Gong, 1993). An operation whose thread died in it
 * has happened, with any answer, or not; before history_give_up(), if the scenario calls that.
 *
 * A scenario records its operations with history_begin() and history_end(), on the thread that
 * makes them; in its check(), too. */
#ifndef HISTORY_H
#define HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/explore.h"

#define HISTORY_OPERATIONS 16 /* per thread */
#define HISTORY_NEVER UINT32_MAX

typedef struct operation {
    uint32_t begin, end; /* moments of the execution */
    uint32_t what, answer;
    bool died; /* its thread died in the middle: there is no answer */
} operation;

typedef struct history {
    uint32_t now;
    uint32_t count[EXPLORE_THREADS + 1]; /* the last one is the check's */
    operation made[EXPLORE_THREADS + 1][HISTORY_OPERATIONS];
} history;

extern history recorded;

/* The sequential object: does the operation to the state. False: the object would have answered
 * otherwise. An operation whose thread died in it has no answer to compare. */
typedef bool history_object(uint64_t *state, const operation *o);

void history_clear(void);
void history_begin(uint32_t what);
uint32_t history_end(uint32_t answer); /* answers the answer */
void history_give_up(int thread);      /* its last operation will have no effect from here on */
bool history_is_linear(uint64_t state, history_object *object);

#endif
