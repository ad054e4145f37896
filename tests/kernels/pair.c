/* pair: a loop of two iterations with nothing in them, each of which may wait until the other has begun: then two workers take
 * part, if there are two. It blocks that long, as no real kernel may.
 *
 *   words   words[0]: iterations that have begun, of this loop and those before it; words[1 + i]: the worker of iteration i
 *   begun   what words[0] was before this loop
 *   meet    how often an iteration looks for the other before it gives up; 0: none begins by counting, nor waits
 *
 * Code 1: words has fewer than 3 elements, or the loop more than 2 iterations. */
#include "pair.h"

enum { OUT_OF_BOUNDS = 1 };

FILCH_KERNEL(parallel, pair, PAIR_ARGS)
{
    uint32_t *words = args->words.at;
    if (args->words.length < 3 || end > 2) return OUT_OF_BOUNDS;
    for (uint64_t i = begin; i < end; i++) {
        words[1 + i] = filch_worker_of(task);
        if (!args->meet) continue;
        __atomic_fetch_add(&words[0], 1, __ATOMIC_SEQ_CST);
        for (uint32_t looks = args->meet; looks && __atomic_load_n(&words[0], __ATOMIC_SEQ_CST) - args->begun < 2; looks--) {}
    }
    return FILCH_OK;
}
