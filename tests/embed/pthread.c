/* An Emscripten application of pthreads whose main() is one of them (-sPROXY_TO_PTHREAD), so that
 * main() may wait. Beside the cases: the answers to the browser's main thread. */
#include <emscripten/em_asm.h>
#include <emscripten/proxying.h>
#include <emscripten/threading.h>

#include "callers.h"
#include "cases.h"
#include "kernels.h"

static bool in_a_page;

static void nothing(void *context, uint32_t from, uint32_t to)
{
    (void)context, (void)from, (void)to;
}

/* On the main thread. */
static void ask(void *at)
{
    filch_job *job = at;
    filch_status expected = in_a_page ? FILCH_WOULD_BLOCK : FILCH_PENDING;
    check(filch_wait(*job, 0) == FILCH_PENDING, "the main thread looks");
    check(filch_wait(*job, 5) == expected,
          in_a_page ? "a wait on a browser's main thread is refused" : "Node's main thread waits");
    expected = in_a_page ? FILCH_WOULD_BLOCK : FILCH_OK;
    check(filch_parallel_for(0, 100, nothing, 0) == expected,
          in_a_page ? "and so is a loop" : "and runs a loop");
    check(filch_cancel(*job) == FILCH_OK, "it cancels");
}

int main(void)
{
    in_a_page = MAIN_THREAD_EM_ASM_INT({return typeof window == 'object'});
    run_cases();
    run_callers();

    spin_args args = {.cost = 1000};
    filch_start(2);
    filch_job job = filch_post(&filch_kernel_spin, 0, 1000000000, &args, 0);
    emscripten_proxy_sync(emscripten_proxy_get_system_queue(), emscripten_main_runtime_thread_id(),
                          ask, &job);
    check(filch_wait(job, FILCH_FOREVER) == FILCH_CANCELLED,
          "and the job that it cancelled has ended");
    check(filch_stop() == FILCH_OK, "stopped");
    return plan();
}
