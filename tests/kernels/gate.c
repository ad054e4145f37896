/* gate: each iteration holds its worker until the test opens the gate. A gate that never opens is a kernel that never reaches a
 * boundary. It blocks, as no real kernel may: tests use it to have all workers busy at a moment of their choosing.
 *
 *   gate   gate[0]: 0 while the gate is shut; gate[1]: how many iterations have come to it
 *
 * Code 1: gate has fewer than 2 elements. */
#include "../../runtime/filch.h"

enum { GATE_TOO_SHORT = 1 };

#define GATE_ARGS(F) F(array, u32, gate)
FILCH_KERNEL(parallel, gate, GATE_ARGS)
{
    (void)task;
    if (args->gate.length < 2) return GATE_TOO_SHORT;
    for (uint64_t i = begin; i < end; i++) {
        __atomic_fetch_add(&args->gate.at[1], 1, __ATOMIC_SEQ_CST);
        while (__atomic_load_n(&args->gate.at[0], __ATOMIC_SEQ_CST) == 0) {}
    }
    return FILCH_OK;
}
