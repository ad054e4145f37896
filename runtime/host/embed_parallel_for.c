/* filch_parallel_for(): a loop over a function of the program. The calling thread helps. */
#include "host/embed_state.h"
#include "sched/worker.h"

typedef struct each_args {
    filch_body *body;
    void *context;
} each_args;

static int32_t each_chunk(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    const each_args *a = args;
    (void)task;
    a->body(a->context, (uint32_t)begin, (uint32_t)end);
    return FILCH_OK;
}

static const filch_kernel each = {
    .name = "filch_each",
    .chunk = each_chunk,
    .args_bytes = sizeof(each_args),
    .kind = FILCH_PARALLEL,
};

/* The calling thread runs a part of its own job, unless no number of a worker is free. */
static void help_with(filch_job job)
{
    uint32_t expected = 0, w = embed.workers.count;
    if (w == plan_worker_count(embed.rt)) return;
    if (!atom32_cas(&embed.workers.has_helper, &expected, 1)) return;
    embed_is_inside = true;
    worker_help_with(embed.rt, w, (uint64_t)job);
    embed_is_inside = false;
    atom32_store(&embed.workers.has_helper, 0);
}

filch_status filch_parallel_for(uint32_t first, uint32_t last, filch_body *body, void *context)
{
    filch_job job = -FILCH_POOL_FULL;
    if (first >= last) return FILCH_OK;
    if (!embed_is_inside && !thread_may_wait()) return FILCH_WOULD_BLOCK;
    if (!embed_is_inside) {
        each_args args = {.body = body, .context = context};
        job = filch_post(&each, first, last, &args, NULL);
    }
    if (job == -FILCH_POOL_FULL) {
        body(context, first, last);
        return FILCH_OK;
    }
    if (job > 0) help_with(job);
    filch_status status = filch_wait(job, FILCH_FOREVER);
    return status == FILCH_CANCELLED ? FILCH_STOPPED : status;
}
