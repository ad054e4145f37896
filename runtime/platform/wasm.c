/* The platform under WebAssembly threads. */
#include "platform.h"

__attribute__((import_module("filch"), import_name("now"))) double filch_import_now(void);
__attribute__((import_module("filch"), import_name("ring"))) void filch_import_ring(void);

/* The wait stands alone in a leaf: V8's baseline compiler (Node 20) has been seen to corrupt locals that live across it. */
__attribute__((noinline)) void futex_wait(atom32 *word, uint32_t expected)
{
    __builtin_wasm_memory_atomic_wait32((int *)&word->word, (int)expected, -1);
}

void futex_wake(atom32 *word, uint32_t count)
{
    __builtin_wasm_memory_atomic_notify((int *)&word->word, count);
}

uint64_t clock_ns(void)
{
    return (uint64_t)(filch_import_now() * 1e6);
}

/* WebAssembly has no pause instruction yet; the loop around this does atomic loads, which is pause enough. */
void spin_hint(void) {}

void host_ring(void)
{
    filch_import_ring();
}

#ifdef __EMSCRIPTEN__
/* Emscripten's own worker support, which is linked whole and not used, names the heap's end. There is no C heap: the memory after
 * the runtime's region is the host's to give out. */
uintptr_t *emscripten_get_sbrk_ptr(void)
{
    static uintptr_t end;
    return &end;
}
#endif
