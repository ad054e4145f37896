/* An Emscripten application whose main() runs on the main thread, with pthreads or Wasm Workers.
 * The main thread posts, looks, and goes back to its event loop. With Wasm Workers one of the
 * program's own then calls the functions that wait. */
#include <emscripten/em_asm.h>
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#ifndef __EMSCRIPTEN_PTHREADS__
#include <emscripten/wasm_worker.h>
#endif

#include "cases.h"
#include "kernels.h"

enum { LENGTH = 1000 };
static double numbers[LENGTH], sum;
static filch_job job, spins;
static bool in_a_page;

static void nothing(void *context, uint32_t from, uint32_t to)
{
    (void)context, (void)from, (void)to;
}

static void stop(void *context)
{
    filch_status status = filch_stop();
    if (status == FILCH_PENDING) {
        emscripten_set_timeout(stop, 1, context);
        return;
    }
    check(status == FILCH_OK && !filch_workers(), "it stops");
#ifndef __EMSCRIPTEN_PTHREADS__
    emscripten_terminate_all_wasm_workers(); /* the own worker would keep Node's process */
#endif
    emscripten_force_exit(plan());
}

static void stop_running(void *context)
{
    spin_args args = {.cost = 1000};
    filch_post(&filch_kernel_spin, 0, 1000000000, &args, 0);
    stop(context);
}

#ifndef __EMSCRIPTEN_PTHREADS__
/* Only the main thread's output reaches a page. */
static void wait_in_a_worker(void)
{
    double result = 0;
    dot_args args = {.a = {.at = numbers, .length = LENGTH},
                     .b = {.at = numbers, .length = LENGTH}};
    filch_post_options options = {.total = &result};
    filch_job dot = filch_post(&filch_kernel_dot, 0, LENGTH, &args, &options);
    filch_status status = filch_wait(dot, FILCH_FOREVER);
    run_jobs();
    check(status == FILCH_OK && result == LENGTH, "the program's own worker waits");
    emscripten_wasm_worker_post_function_vi(EMSCRIPTEN_WASM_WORKER_ID_PARENT,
                                            (void (*)(int))(void *)stop_running, 0);
}
#endif

static void look(void *context)
{
    filch_status status = filch_wait(job, 0);
    if (status == FILCH_PENDING) {
        emscripten_set_timeout(look, 1, context);
        return;
    }
    check(status == FILCH_OK && sum == LENGTH, "a later turn of its event loop finds the job done");
    check(filch_wait(spins, 0) == FILCH_PENDING && filch_cancel(spins) == FILCH_OK &&
              filch_forget(spins) == FILCH_OK,
          "it cancels another");
#ifdef __EMSCRIPTEN_PTHREADS__
    stop_running(0);
#else
    emscripten_wasm_worker_post_function_v(emscripten_malloc_wasm_worker(1 << 16),
                                           wait_in_a_worker);
#endif
}

int main(void)
{
    in_a_page = EM_ASM_INT({return typeof window == 'object'});
    for (int i = 0; i < LENGTH; i++) numbers[i] = 1;
    dot_args args = {.a = {.at = numbers, .length = LENGTH},
                     .b = {.at = numbers, .length = LENGTH}};
    spin_args spin = {.cost = 1000};
    check(filch_start(2) == FILCH_OK, "the main thread starts workers");
    job = filch_post(&filch_kernel_dot, 0, LENGTH, &args, &(filch_post_options){.total = &sum});
    spins = filch_post(&filch_kernel_spin, 0, 1000000000, &spin, 0);
    check(filch_wait(job, 0) == FILCH_PENDING, "and posts, before any of them has begun");
    if (in_a_page) {
        check(filch_wait(job, 1) == FILCH_WOULD_BLOCK &&
                  filch_wait(job, FILCH_FOREVER) == FILCH_WOULD_BLOCK,
              "a wait on a browser's main thread is refused");
        check(filch_parallel_for(0, 100, nothing, 0) == FILCH_WOULD_BLOCK, "and so is a loop");
    }
    look(0);
    emscripten_exit_with_live_runtime();
}
