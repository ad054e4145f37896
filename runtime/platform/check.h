/* Two kinds of check.
 *
 * FILCH_CORRUPT_IF(condition): shared memory is not trusted. A page's script can write any word
 * of the region at any time. So a word of a task or a queue that indexes, counts, or ends a loop
 * is copied once, and checked before its use: the condition holds for a value that no code of
 * the runtime has written. The caller then fails the task with CORRUPT, or gives its action up,
 * and does not use the word. In every build.
 *
 * FILCH_INVARIANT(condition): the runtime's own code guarantees the condition at a transition;
 * for instance, a range is empty when a worker fills it. Live where FILCH_INVARIANTS is defined:
 * in the explorer, in stress and unit tests, and under sanitizers. Nothing in wasm. The
 * condition has no side effect and no scheduling point: it reads words by FILCH_PEEK(). */
#ifndef FILCH_CHECK_H
#define FILCH_CHECK_H

#define FILCH_CORRUPT_IF(condition) __builtin_expect(!!(condition), 0)

#ifdef FILCH_INVARIANTS
/* Fails the test that runs. Does not return. */
void filch_invariant_failed(const char *condition, const char *file, int line);
#define FILCH_INVARIANT(condition) \
    ((condition) ? (void)0 : filch_invariant_failed(#condition, __FILE__, __LINE__))
#else
#define FILCH_INVARIANT(condition) ((void)0)
#endif
#define FILCH_PEEK(atom) __atomic_load_n(&(atom)->word, __ATOMIC_RELAXED)

#endif
