/* An Emscripten application whose main() runs on the main thread, with pthreads or Wasm Workers: it posts, looks, and goes back to its
 * event loop. With Wasm Workers one of the program's own then calls what waits. */
#include <emscripten/em_asm.h>
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#ifndef __EMSCRIPTEN_PTHREADS__
#include <emscripten/wasm_worker.h>
#endif

#include "cases.h"
#include "filch_embed.h"

#define DOT_ARGS(F) F(array, f64, a) F(array, f64, b)
FILCH_KERNEL_DECLARE(dot, DOT_ARGS)
#define SPIN_ARGS(F) F(option, u32, costs) F(value, u32, cost) F(option, u8, owners) F(state, u64, sum)
FILCH_KERNEL_DECLARE(spin, SPIN_ARGS)

enum { LENGTH = 1000 };
static double numbers[LENGTH], sum;
static filch_job job, spins;
static bool in_a_page;

static void nothing(void *context, uint32_t from, uint32_t to) { (void)context, (void)from, (void)to; }

static void stop(void *context)
{
    filch_status status = filch_stop();
    if (status == FILCH_PENDING) {
        emscripten_set_timeout(stop, 1, context);
        return;
    }
    check(status == FILCH_OK && !filch_workers(), "it stops");
#ifndef __EMSCRIPTEN_PTHREADS__
    emscripten_terminate_all_wasm_workers(); /* its own would keep Node's process */
#endif
    emscripten_force_exit(plan());
}

static void stop_running(void *context)
{
    spin_args args = {{0, 0}, 1000, {0, 0}, 0};
    filch_post(&filch_kernel_spin, 0, 1000000000, &args, 0);
    stop(context);
}

#ifndef __EMSCRIPTEN_PTHREADS__
/* Printed by the main thread alone, for a page sees that only. */
static void wait_in_a_worker(void)
{
    double result = 0;
    dot_args args = {{numbers, LENGTH}, {numbers, LENGTH}};
    filch_status status = filch_wait(filch_post(&filch_kernel_dot, 0, LENGTH, &args, &(filch_post_options){.total = &result}), FILCH_FOREVER);
    run_jobs();
    check(status == FILCH_OK && result == LENGTH, "the program's own worker waits");
    emscripten_wasm_worker_post_function_vi(EMSCRIPTEN_WASM_WORKER_ID_PARENT, (void (*)(int))(void *)stop_running, 0);
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
    check(filch_wait(spins, 0) == FILCH_PENDING && filch_cancel(spins) == FILCH_OK && filch_forget(spins) == FILCH_OK, "it cancels another");
#ifdef __EMSCRIPTEN_PTHREADS__
    stop_running(0);
#else
    emscripten_wasm_worker_post_function_v(emscripten_malloc_wasm_worker(1 << 16), wait_in_a_worker);
#endif
}

int main(void)
{
    in_a_page = EM_ASM_INT({ return typeof window == 'object' });
    for (int i = 0; i < LENGTH; i++) numbers[i] = 1;
    dot_args args = {{numbers, LENGTH}, {numbers, LENGTH}};
    spin_args spin = {{0, 0}, 1000, {0, 0}, 0};
    check(filch_start(2) == FILCH_OK, "the main thread starts workers");
    job = filch_post(&filch_kernel_dot, 0, LENGTH, &args, &(filch_post_options){.total = &sum});
    spins = filch_post(&filch_kernel_spin, 0, 1000000000, &spin, 0);
    check(filch_wait(job, 0) == FILCH_PENDING, "and posts, before any of them has begun");
    if (in_a_page) {
        check(filch_wait(job, 1) == FILCH_WOULD_BLOCK && filch_wait(job, FILCH_FOREVER) == FILCH_WOULD_BLOCK,
              "a wait on a browser's main thread is refused");
        check(filch_parallel_for(0, 100, nothing, 0) == FILCH_WOULD_BLOCK, "and so is a loop");
    }
    look(0);
    emscripten_exit_with_live_runtime();
}
