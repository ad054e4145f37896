/* Scenes of tasks that wait: an owner (thread 0) and workers that run the real worker loop. Under
 * every schedule a task passes no more often than there are permits, none waits for ever, no permit
 * is lost, and no slot. */
#ifndef WAITS_H
#define WAITS_H

#include "scene.h"

/* Kernels. Each of the first three waits for the event once. */
enum {
    LOOP,  /* a loop, before its second iteration */
    CALL,  /* a fork function */
    DEEP,  /* a call of one, while a child of its caller may run elsewhere */
    TORN,  /* a child waits, and its sibling fails with code 7 */
    BUSY,  /* blocks its worker until task 0 has ended */
    PLAIN, /* a parallel loop that asks to wait */
};

typedef struct waits_scene {
    uint32_t event;
    double milliseconds;            /* for which the tasks wait at most */
    int passed, permits;            /* tasks that an event has let pass; permits given */
    filch_waited ends[SCENE_TASKS]; /* of the waits */
    bool resting;                   /* no kernel runs now */
} waits_scene;
extern waits_scene waits;

void waits_setup(void);         /* two workers, two slots */
void waits_setup_one(void);     /* one worker */
void waits_setup_slicing(void); /* each time slice is over after one chunk */
void waits_setup_time(void);    /* the tasks wait for three readings of the clock at most */

void waits_post(uint32_t kernel);
bool waits_try_post(uint32_t kernel); /* false: no slot is free */
uint32_t waits_kernel(void);          /* of the variant: LOOP, CALL, or DEEP */
void waits_pulse(uint32_t count);
bool waits_is_any_armed(void); /* a task waits */
bool waits_is_at_rest(void);   /* no task has a worker, or is queued */
/* After the execution: every task is done, and each permit has let one pass, or is left. */
void waits_check_done(void);
void waits_check_none(void); /* no slot has a wait */

#endif
