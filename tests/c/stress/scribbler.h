/* A thread that writes random numbers over any word of a runtime's region, as a page's script
 * could, but for what runtime/platform/check.h trusts. */
#ifndef FILCH_SCRIBBLER_H
#define FILCH_SCRIBBLER_H

#include <pthread.h>

#include "core/plan.h"

typedef struct scribbler {
    pthread_t thread;
    filch_runtime *rt;
    uint32_t *region;
    uint8_t *is_trusted; /* of each word */
    uint32_t words;
    uint32_t wait;    /* at most so long between two words */
    uint64_t random;  /* xorshift64 */
    uint32_t is_over; /* atomic */
} scribbler;

/* `bytes`: of the region, which begins at rt. The region is not in use yet. */
void scribbler_begin(scribbler *s, filch_runtime *rt, uint64_t bytes);
void scribbler_end(scribbler *s);

#endif
