/* The platform under WebAssembly threads. */
#include "platform/platform.h"

__attribute__((import_module("filch"), import_name("now"))) double filch_import_now(void);
__attribute__((import_module("filch"), import_name("notify"))) void filch_import_notify(void);
__attribute__((import_module("filch"), import_name("call"))) int32_t
filch_import_call(uint32_t module, uint8_t *block, uint32_t bytes);

/* The wait stands alone in a leaf function, because V8's baseline compiler (Node 20) corrupts
 * locals that live across a wait. The caller reaches the leaf through a pointer that no optimiser
 * can know: binaryen inlines a function that has one caller, whatever the source says. */
static void wait_in_a_leaf(atom32 *word, uint32_t expected)
{
    __builtin_wasm_memory_atomic_wait32((int *)&word->word, (int)expected, -1);
}

static void (*volatile leaf)(atom32 *, uint32_t) = wait_in_a_leaf;

void futex_wait(atom32 *word, uint32_t expected) { leaf(word, expected); }

void futex_wake(atom32 *word, uint32_t count)
{
    __builtin_wasm_memory_atomic_notify((int *)&word->word, count);
}

uint64_t clock_ns(void) { return (uint64_t)(filch_import_now() * 1e6); }

/* WebAssembly has no pause instruction yet. The caller's loop does atomic loads, which are pause
 * enough. */
void spin_hint(void) {}

void host_notify(void) { filch_import_notify(); }

int32_t host_call(uint32_t module, uint8_t *block, uint32_t bytes)
{
    return filch_import_call(module, block, bytes);
}

#ifdef __EMSCRIPTEN__
/* The module links Emscripten's worker support whole, and does not use it. That support needs this
 * function. The module has no C heap: the host gives out the memory after the runtime's region. */
uintptr_t *emscripten_get_sbrk_ptr(void)
{
    static uintptr_t end;
    return &end;
}
#endif
