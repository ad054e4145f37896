/* The tests and helpers of the files of the program unit-kernels. */
#ifndef FILCH_KERNELS_TEST_H
#define FILCH_KERNELS_TEST_H

#include "../../../tasks/kernels.h"
#include "../../fixtures/kernels/kernels.h"
#include "call.h"

#define DECLARE_KERNEL(name) extern const filch_kernel filch_kernel_##name;
FILCH_KERNELS(DECLARE_KERNEL)
FILCH_TEST_KERNELS(DECLARE_KERNEL)

enum { STUB_WORKER = 3 }; /* without a runtime: the number of each chunk's worker */

#define KERNEL_TESTS(X) \
    X(schemas_are_sound) X(mandelbrot_equals_reference) X(mandelbrot_refuses_bad_sizes) \
    X(resize_equals_reference) X(resize_keeps_flat_colours) X(resize_refuses_bad_sizes) \
    X(blake3_equals_published_vectors) X(blake3_equals_reference) \
    X(blake3_is_hashed_by_four_threads_at_once) X(blake3_refuses_bad_sizes) \
    X(sieve_equals_trial_division) X(sieve_knows_pi) X(automaton_equals_reference) \
    X(automaton_refuses_bad_arguments) X(spin_sums_the_same_in_any_order) \
    X(visit_counts_each_iteration) X(ticket_numbers_the_starts) X(fail_and_trap_count_the_others) \
    X(iterate_keeps_order) X(the_other_test_kernels_run) X(shaped_walks_as_its_table_says) \
    X(philox_equals_published_vectors) X(pi_draws_each_point_from_its_number) X(pi_is_near_pi) \
    X(dot_adds_all_products) X(histogram_counts_each_byte) X(kmeans_assigns_and_sums) \
    X(reductions_refuse_bad_sizes) X(queens_equals_reference) X(queens_knows_the_sequence) \
    X(queens_run_by_many) X(sort_sorts_any_length) X(sort_sorts_any_order) X(sort_run_by_many) \
    X(quadrature_is_as_near_as_asked) X(quadrature_ends_at_any_bounds) X(quadrature_run_by_many) \
    X(heat_equals_reference) X(heat_refuses_bad_sizes) X(stencil_run_by_many) \
    X(forks_refuse_bad_arguments) X(chain_leaves_no_slot_behind) X(nest_visits_all) \
    X(nest_fails_with_its_loops) X(reenter_finds_no_unrelated_call_below) \
    X(reenter_sees_an_unrelated_call) X(deep_recursion_succeeds_or_says_so) X(crowd_may_be_128) \
    X(unjoined_is_reported) X(forkfail_fails_with_its_leaf) X(forkfail_traps_with_its_leaf) \
    X(all_forks_at_once) X(pair_names_its_workers) X(pairs_times_each_batch) \
    X(skynet_adds_all_leaves) X(uts_counts_as_recursion_does) \
    X(uts_draws_four_children_on_average) X(matmul_equals_a_triple_loop) \
    X(matmul_refuses_bad_sizes)

/* -- a runtime with threads, kernels_team.c: for kernels that fork -- */
typedef struct team team;
/* `members`: further slots, see core/region.h. */
team *team_start(uint32_t workers, uint32_t slots, uint32_t members);
/* A handle; 0: no slot is free. */
uint64_t team_post(team *t, const call *c, uint64_t begin, uint64_t end);
/* The task that completed first, or waits for one: *handle; its status, a kernel's own code << 16.
 * c gets its arguments. */
uint32_t team_reap(team *t, uint64_t *handle, call *c);
/* Posts and reaps the only task. */
uint32_t team_run(team *t, call *c, uint64_t begin, uint64_t end);
void team_end(team *t); /* every slot must be free again */
/* Calls `check` with teams of 1, 2, 3, and 8 workers, and 16 or 256 slots. With each team also so
 * that the task posted last is paused and resumed all the time, so that fork functions are
 * suspended anywhere. */
void with_teams(void (*check)(team *t));

/* Of kind fork: without a runtime, and by a team. */
static inline void run_alone(call *c) { assert_int_equal(chunk(c, 0, 0), FILCH_OK); }
static inline void must_run(team *t, call *c) { assert_int_equal(team_run(t, c, 0, 1), FILCH_OK); }

#define DECLARE_TEST(name) void name(void **state);
KERNEL_TESTS(DECLARE_TEST)

#endif
