/* A scene: an owner (thread 0) and workers that run the real worker loop, for scenarios of the whole scheduler. The owner posts, and
 * reaps as the host does; at the end every task has settled once, and every slot is free again. */
#ifndef SCENE_H
#define SCENE_H

#include "cases.h"
#include "owner/submit.h"

enum { SCENE_TASKS = 4, SCENE_PENDING = 0xff };

typedef struct scene_task {
    uint64_t handle;
    uint32_t status; /* how it settled, a filch_status; SCENE_PENDING */
    uint64_t done;
    unsigned char args[FILCH_ARGS_BYTES]; /* at the end */
} scene_task;

extern filch_runtime *scene;
extern scene_task scene_tasks[SCENE_TASKS];
extern int scene_posted, scene_settled;
extern bool scene_buried; /* who died */

void scene_begin(const filch_kernel *const *kernels, uint32_t count, uint32_t workers, uint32_t slots);
bool scene_try(const filch_submission *posting); /* false: the pool is full */
void scene_post(const filch_submission *posting);
void scene_settle(int count);  /* until so many tasks have settled */
void scene_work(int thread);   /* thread t is worker t - 1 */
void scene_end(void);          /* the owner: all settled; stops */
void scene_check(void);        /* after the execution */
/* The same for a scenario with deaths: the owner buries who dies. */
void scene_settle_and_bury(void);
void scene_replace(void); /* a thread that becomes the worker who died, once it is buried */

#endif
