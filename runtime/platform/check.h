/* Two kinds of check.
 *
 * FILCH_CORRUPT_IF(condition): shared memory is not trusted. A page's script can write to any word of the region
 * at any time. So each word that indexes, counts, or ends a loop is checked where it is read, and a word that no
 * code of the runtime can have written is named by this macro. The caller then fails the task with CORRUPT, or
 * gives the action up; it never follows the word. In all builds.
 *
 * FILCH_INVARIANT(condition): what the runtime's own code guarantees at a transition, such as that a range is
 * empty when a worker fills it. Live where FILCH_INVARIANTS is defined: in the explorer, in stress and unit
 * tests, under sanitizers. Nothing in wasm. A condition has no side effect and no scheduling point: it reads
 * words plainly, by FILCH_PEEK(). */
#ifndef FILCH_CHECK_H
#define FILCH_CHECK_H

#define FILCH_CORRUPT_IF(condition) __builtin_expect(!!(condition), 0)

#ifdef FILCH_INVARIANTS
/* Ends the test that runs. */
void filch_invariant_failed(const char *condition, const char *file, int line);
#define FILCH_INVARIANT(condition) \
    ((condition) ? (void)0 : filch_invariant_failed(#condition, __FILE__, __LINE__))
#else
#define FILCH_INVARIANT(condition) ((void)0)
#endif
#define FILCH_PEEK(atom) __atomic_load_n(&(atom)->word, __ATOMIC_RELAXED)

#endif
