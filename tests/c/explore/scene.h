/* A scene: an owner (thread 0) and workers that run the real worker loop, for scenarios of the
 * whole scheduler. The owner posts tasks, and reaps them as the host does. At the end every task
 * has completed once, and every slot is free again. */
#ifndef SCENE_H
#define SCENE_H

#include "cases.h"
#include "core/region.h"
#include "owner/submit.h"

enum { SCENE_TASKS = 4, SCENE_PENDING = 0xff };

typedef struct scene_task {
    uint64_t handle;
    uint32_t status; /* how the task ended, a filch_status; SCENE_PENDING: it has not been reaped */
    uint64_t done;
    unsigned char args[FILCH_ARGS_BYTES]; /* at the end */
} scene_task;

extern filch_runtime *scene;
extern scene_task scene_tasks[SCENE_TASKS];
extern int scene_posted, scene_completed;
extern bool scene_recovered; /* the owner has recovered the worker that died */

void scene_begin(const filch_kernel *const *kernels, uint32_t count, uint32_t workers,
                 uint32_t slots);
/* The same, with slots for members, and so many events. */
void scene_begin_waits(const filch_kernel *const *kernels, uint32_t count,
                       const filch_options *options);
bool scene_try_post(const filch_submission *submission); /* false: no slot is free */
void scene_post(const filch_submission *submission);
void scene_try_reap(void);   /* what has completed */
void scene_reap(int count);  /* the owner reaps until so many tasks have completed */
void scene_work(int thread); /* thread t is worker t - 1 */
/* False: thread 0, the owner; true: a worker, and the runtime has stopped. */
bool scene_has_worked(int thread);
void scene_end(void); /* the owner: all tasks have completed; stops the runtime */
/* After the execution. */
void scene_check(void);
uint32_t scene_free_slots(void);
/* The same for a scenario with deaths: the owner recovers the worker that dies. */
void scene_reap_and_recover(void);
void scene_replace(void); /* a thread that becomes the worker that died, once that is recovered */

#endif
