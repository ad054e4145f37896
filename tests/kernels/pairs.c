/* pairs: loops of pair one after the other, timed on the worker: what a loop costs in which two workers take part and that does
 * nothing.
 *
 *   loops   how many
 *   batch   loops between two looks at the clock, 1 or more
 *   rest    nanoseconds to be busy before each batch, so that the other worker finds nothing to do and sleeps
 *   meet    see pair.c
 *   words   see pair.c; words[0] is 0 to begin with
 *   times   nanoseconds of each batch that was whole
 *   loop    loops that ran
 *   both    those in which two workers took part
 *   begin   of the batch, by the clock
 *
 * Code 1: words has fewer than 3 elements, times fewer than there are batches, or a batch no loop. */
#include "pair.h"
#include "platform/platform.h"

FILCH_KERNEL_DECLARE(pair, PAIR_ARGS)

#define PAIRS_ARGS(F) \
    F(value, u32, loops) F(value, u32, batch) F(value, u32, rest) F(value, u32, meet) F(array, u32, words) F(array, f64, times) \
    F(state, u32, loop) F(state, u32, both) F(state, u64, begin)
FILCH_FORK_KERNEL(pairs, PAIRS_ARGS)
{
    FILCH_BEGIN;
    if (f->words.length < 3 || !f->batch || f->times.length < f->loops / f->batch) FILCH_FAIL(1);
    for (f->loop = 0; f->loop < f->loops; f->loop++) {
        if (f->loop % f->batch == 0) {
            f->begin = clock_ns() + f->rest;
            while (f->rest && clock_ns() < f->begin) {}
            if (f->rest) f->begin = clock_ns();
        }
        FILCH_LOOP(pair, 0, 2, {f->words.at, f->words.length}, 2 * f->loop, f->meet);
        if (f->words.at[1] != f->words.at[2]) f->both++;
        if ((f->loop + 1) % f->batch == 0) f->times.at[f->loop / f->batch] = (double)(clock_ns() - f->begin);
    }
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
