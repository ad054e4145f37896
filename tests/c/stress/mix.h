/* Random mixes: an owner does anything that an owner may do, in any order. Each task that completes
 * is checked. */
#ifndef FILCH_STRESS_MIX_H
#define FILCH_STRESS_MIX_H

#include "stress.h"

typedef struct profile {
    /* Percent of the posts; the rest are parallel loops. */
    uint32_t sequential, sums, trees, restored;
    uint32_t skewed, fail, trap, die; /* percent of the posts */
    uint32_t depend;                  /* percent of the posts: they depend on others */
    uint32_t change; /* percent of the owner's steps: a pause, a resume, another priority */
    uint32_t storm;  /* percent of the owner's steps: all tasks get other priorities, repeatedly */
    uint32_t cancel, cancel_at_once; /* percent of the owner's steps; of the posts */
    uint32_t stop;                   /* percent of the rounds: stops in the middle */
    uint32_t workers;                /* 0: 1 to 8 at random */
    uint32_t slots;                  /* up to this */
    uint32_t members;                /* up to this, or none: further slots, for what tasks spawn */
    uint32_t longest;                /* iterations */
    uint32_t posts;                  /* in a round, up to this */
} profile;

/* One round. */
void mix(const profile *p);

/* A task to be posted, at random; its dependencies are left out. */
outcome *random_outcome(team *t, const profile *p);
void forget_outcome(outcome *o);

#endif
