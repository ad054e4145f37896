/* Trees for the scenarios of fork-join. Under every schedule a tree of spawns gives its result,
 * every leaf runs once, no call waits for ever, and no slot is lost. */
#ifndef FORKS_H
#define FORKS_H

#include "scene.h"

enum {
    TREE,    /* a binary tree of depth n, with 2^n leaves */
    WIDE,    /* three children at once, joined in turn, and one more: 6 leaves */
    FAILING, /* a leaf fails with code 7 while its siblings run */
    PHASES,  /* two loops of STEP, one after the other */
    STEP,
    VISIT,  /* a loop whose iterations count as leaves */
    NEST,   /* a loop whose chunks post loops of VISIT */
    GUARD,  /* calls itself until task n has completed; urgent */
    DOOMED, /* a child fails with code 7, and its parent waits for it */
};

extern atom32 forks_leaves[SCENE_TASKS]; /* leaves that have run, of each task */
extern atom32 forks_loops;               /* iterations of STEP that have run */
bool forks_is_guarding(void);            /* a GUARD has begun */

void forks_setup(void);          /* two workers */
void forks_setup_one(void);      /* one worker */
void forks_setup_one_wide(void); /* one worker, and many slots */
/* So many slots as the variant says, from 1: some children run in place. */
void forks_setup_short(void);
void forks_setup_three(void); /* three workers */
/* So few slots that no tree begins where another could go on; with two workers and with one. */
void forks_setup_scarce(void);
void forks_setup_scarce_one(void);

/* Posts the kernel: a tree of depth n, or a loop of n iterations. */
void forks_post(uint32_t kernel, uint32_t n);
/* The task, a TREE or a WIDE of so many leaves, has run each leaf once, or has ended early. */
void forks_check_tree(int task, uint32_t kernel, uint32_t count);

/* A tree with a child that some worker meets before the child has begun: one worker meets such a
 * child only where several have been spawned before. */
void forks_post_whole(void);
void forks_check_whole(void);

#endif
