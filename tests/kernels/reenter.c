/* reenter: does a join ever run, on top of the frames that wait in it, what has nothing to do with them? In a pool whose joins
 * wait on the worker's stack it does: who waits steals any task. If that one wants what a frame below holds (a lock, a
 * thread's one buffer), it waits for a frame that waits for it (https://github.com/rayon-rs/rayon/issues/592). Here a join
 * whose child runs elsewhere leaves the stack first.
 *
 * So each worker has a word, the lock: it names the call whose C code stands topmost on the worker's stack, 0 for none. A call
 * takes the word whenever its code comes onto the stack, at its beginning or when it goes on after a join, and gives it back
 * whenever the code goes, by a return or by a suspension: that is what the attribute cleanup does, outside the body's switch.
 * Who comes must find 0, for it was run from the scheduler, or its own parent, which called it. Anything else is an unrelated
 * call below.
 *
 *   sections   how many calls to run, each of which spawns a tree below it, of an unforeseen shape
 *   seed       of the shapes
 *   words      words[0]: numbers given to calls; words[1 + w]: worker w's lock. All 0 to begin with; tasks may share them
 *   calls      that came back
 *
 * Codes: 1 words is too short; 2 an unrelated call stands below. */
#include "filch.h"

enum { WORDS_TOO_SHORT = 1, UNRELATED = 2 };
enum { BATCH = 20, DEEPEST = 7 };

/* While it lives the lock is taken. */
typedef struct section { uint32_t *lock, before; } section;
static void give_back(const section *s) { *s->lock = s->before; }

static section take(const filch_task *task, uint32_t *words, uint32_t number)
{
    uint32_t *lock = &words[1 + filch_worker_of(task)];
    const section s = {lock, *lock};
    *lock = number;
    return s;
}

static uint32_t next_number(uint32_t *words) { return 1 + __atomic_fetch_add(&words[0], 1, __ATOMIC_RELAXED); }

/* The two rounds of a 32-bit mixer (C. Wellons, hash-prospector, 2018). */
static uint32_t mixed(uint32_t x)
{
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

/* Each child is one to DEEPEST levels less deep, as the seed has it. */
static uint32_t below(uint32_t depth, uint32_t seed)
{
    const uint32_t down = 1 + seed % 3;
    return depth > down ? depth - down : 0;
}

FILCH_FORK(section_of, uint32_t, (uint32_t *words; uint32_t number, parent, seed, depth;), (uint32_t first, second, third;))
{
    const section here __attribute__((cleanup(give_back))) = take(task, f->words, f->number);
    if (here.before && here.before != f->parent) FILCH_FAIL(UNRELATED);
    FILCH_BEGIN;
    for (uint32_t i = 0; i < f->seed % 1024; i++) __asm__ volatile("" : : "r"(i));
    if (f->depth == 0) FILCH_RETURN(1);
    FILCH_SPAWN(section_of, f->words, next_number(f->words), f->number, mixed(f->seed), below(f->depth, f->seed >> 10));
    FILCH_SPAWN(section_of, f->words, next_number(f->words), f->number, mixed(f->seed + 1), below(f->depth, f->seed >> 20));
    FILCH_CALL(f->third, section_of, f->words, next_number(f->words), f->number, mixed(f->seed + 2), 0);
    FILCH_JOIN(f->second, section_of);
    FILCH_JOIN(f->first, section_of);
    FILCH_RETURN(1 + f->first + f->second + f->third);
    FILCH_END;
}

#define REENTER_ARGS(F) F(value, u32, sections) F(value, u32, seed) F(array, u32, words) F(state, u32, calls) \
    F(state, u32, number) F(state, u32, begun) F(state, u32, waiting) F(state, u32, got)
FILCH_FORK_KERNEL(reenter, REENTER_ARGS)
{
    if (f->words.length < 2 + filch_worker_of(task)) FILCH_FAIL(WORDS_TOO_SHORT);
    if (!f->number) f->number = next_number(f->words.at);
    const section here __attribute__((cleanup(give_back))) = take(task, f->words.at, f->number);
    if (here.before) FILCH_FAIL(UNRELATED);
    FILCH_BEGIN;
    while (f->begun < f->sections) {
        for (; f->begun < f->sections && f->waiting < BATCH; f->waiting++, f->begun++) {
            FILCH_SPAWN(section_of, f->words.at, next_number(f->words.at), f->number, mixed(f->seed + 3 * f->begun), DEEPEST);
        }
        for (; f->waiting; f->waiting--) {
            FILCH_JOIN(f->got, section_of);
            f->calls += f->got;
        }
    }
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
