/* What the files of the program unit-kernels share. */
#ifndef FILCH_KERNELS_TEST_H
#define FILCH_KERNELS_TEST_H

#include "../../tasks/kernels.h"
#include "../kernels/kernels.h"
#include "call.h"

#define DECLARE_KERNEL(name) extern const filch_kernel filch_kernel_##name;
FILCH_KERNELS(DECLARE_KERNEL)
FILCH_TEST_KERNELS(DECLARE_KERNEL)

enum { STUB_WORKER = 3 }; /* the worker that every chunk of this program is told it runs on */

#define KERNEL_TESTS(X)                                                                                      \
    X(schemas_are_sound)                                                                                     \
    X(mandelbrot_equals_reference) X(mandelbrot_refuses_bad_sizes)                                           \
    X(resize_equals_reference) X(resize_keeps_what_it_should) X(resize_refuses_bad_sizes)                    \
    X(blake3_equals_published_vectors) X(blake3_equals_reference)                                            \
    X(blake3_is_hashed_by_four_threads_at_once) X(blake3_refuses_bad_sizes)                                  \
    X(sieve_equals_trial_division) X(sieve_knows_pi)                                                         \
    X(automaton_equals_reference) X(automaton_refuses_bad_arguments)                                         \
    X(spin_sums_the_same_in_any_order) X(visit_counts_each_iteration) X(ticket_numbers_the_starts)           \
    X(fail_and_trap_count_the_others) X(iterate_keeps_order) X(the_other_test_kernels_run)

#define DECLARE_TEST(name) void name(void **state);
KERNEL_TESTS(DECLARE_TEST)

#endif
