/* Threads under Emscripten's -sWASM_WORKERS. Emscripten is not told of the end of such a thread, so
 * its stack is never freed. */
#include "platform/threads.h"

#include <emscripten/wasm_worker.h>

bool thread_try_start(filch_thread *thread, void (*work)(uint32_t), uint32_t argument,
                      uint32_t stack_bytes)
{
    emscripten_wasm_worker_t worker = emscripten_malloc_wasm_worker(stack_bytes);
    if (!worker) return false;
    emscripten_wasm_worker_post_function_vi(worker, (void (*)(int))(void *)work, (int)argument);
    *thread = (filch_thread)worker;
    return true;
}

void thread_end(filch_thread thread)
{
    emscripten_terminate_wasm_worker((emscripten_wasm_worker_t)thread);
}

uint32_t thread_cores(void)
{
    int cores = emscripten_navigator_hardware_concurrency();
    return cores > 0 ? (uint32_t)cores : 1;
}
