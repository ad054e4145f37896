/* The kernels of tests/fixtures/kernels/ that fork, or post loops: they try the limits of
 * fork-join. */
#include "kernels_forks.h"

#include "core/plan.h"

static void check_chain(team *t)
{
    static const uint32_t links[] = {0, 1, 2, 1001, 100000};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        call c = call_of(&filch_kernel_chain);
        set(&c, "links", links[i]);
        must_run(t, &c);
        assert_int_equal(get(&c, "done"), links[i]);
    }
}

void chain_leaves_no_slot_behind(void **state)
{
    (void)state;
    with_teams(check_chain);
    team *t = team_start(2, 2, 6);
    call c = call_of(&filch_kernel_chain);
    set(&c, "links", 1000000);
    must_run(t, &c);
    assert_int_equal(get(&c, "done"), 1000000);
    team_end(t);
}

static void check_nest(team *t)
{
    static const uint32_t shapes[][2] = {{1, 1}, {100, 100}, {300, 1}, {1, 3000},
                                         {5, 0}, {0, 5},     {40, 777}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const uint32_t outer = shapes[i][0], inner = shapes[i][1];
        uint32_t *visits = calloc(inner + 1, sizeof *visits);
        call c = call_of(&filch_kernel_nest);
        set(&c, "inner", inner), give(&c, "visits", visits, inner);
        assert_int_equal(team_run(t, &c, 7, 7 + outer), FILCH_OK);
        for (uint32_t k = 0; k < inner; k++) assert_int_equal(visits[k], outer);
        free(visits);
    }
}

void nest_visits_all(void **state) { (void)state, with_teams(check_nest); }

/* An inner loop may fail before or after the task's own last iteration, and before or after its
 * chunk has ended. */
static void check_failing_nest(team *t)
{
    uint32_t visits[10] = {0};
    for (uint32_t i = 0; i < 200; i++) {
        call c = call_of(&filch_kernel_nest);
        set(&c, "inner", 11), give(&c, "visits", visits, 10);
        assert_int_equal(team_run(t, &c, 0, 1 + i % 3), failed_with(1));
    }
}

void nest_fails_with_its_loops(void **state) { (void)state, with_teams(check_failing_nest); }

static call call_reenter(uint32_t sections, uint32_t seed, uint32_t *words, uint32_t length)
{
    call c = call_of(&filch_kernel_reenter);
    set(&c, "sections", sections), set(&c, "seed", seed), give(&c, "words", words, length);
    return c;
}

static void check_reenter(team *t)
{
    uint32_t words[1 + WORKERS_MAX] = {0}, lone[2 + STUB_WORKER] = {0};
    enum { TASKS = 8 }; /* at the same time, as far as there are slots */
    uint32_t posted = 0, done = 0;
    while (done < TASKS) {
        call c = call_reenter(100, posted, words, 1 + WORKERS_MAX);
        if (posted < TASKS && team_post(t, &c, 0, 1)) {
            posted++;
            continue;
        }
        uint64_t handle;
        assert_int_equal(team_reap(t, &handle, &c), FILCH_OK);
        done++;
        uint32_t seed;
        memcpy(&seed, c.args + field_of(c.kernel, "seed")->offset, sizeof seed);
        call alone = call_reenter(100, seed, lone, 2 + STUB_WORKER);
        run_alone(&alone);
        assert_int_equal(get(&c, "calls"), get(&alone, "calls"));
    }
    for (uint32_t w = 0; w < WORKERS_MAX; w++) assert_int_equal(words[1 + w], 0);
}

void reenter_finds_no_unrelated_call_below(void **state) { (void)state, with_teams(check_reenter); }

void reenter_sees_an_unrelated_call(void **state)
{
    (void)state;
    team *t = team_start(1, 16, 0);
    uint32_t words[] = {1, 1}; /* number 1 stands on worker 0's stack */
    must_fail(t, call_reenter(1, 0, words, 2), 2);
    must_fail(t, call_reenter(1, 0, words, 1), 1);
    team_end(t);
}

void deep_recursion_succeeds_or_says_so(void **state)
{
    (void)state;
    static const uint32_t depths[] = {0, 1, 900, 5000};
    static const struct {
        uint32_t workers, slots, members;
    } sizes[] = {
        {.workers = 1, .slots = 1},
        {.workers = 1, .slots = 256},
        {.workers = 2, .slots = 16},
        {.workers = 8, .slots = 16},
        {.workers = 8, .slots = 2, .members = 2000},
    };
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        team *t = team_start(sizes[s].workers, sizes[s].slots, sizes[s].members);
        for (size_t d = 0; d < sizeof depths / sizeof depths[0]; d++) {
            call c = call_of(&filch_kernel_deep);
            set(&c, "depth", depths[d]);
            const uint32_t status = team_run(t, &c, 0, 1);
            assert_int_equal(status, depths[d] == 5000 ? FILCH_TOO_DEEP : FILCH_OK);
            if (status == FILCH_OK) assert_int_equal(get(&c, "leaves"), depths[d]);
        }
        team_end(t);
    }
    /* With enough slots for its frames a recursion of any depth goes on. */
    team *t = team_start(2, 16, 10000);
    call c = call_of(&filch_kernel_deep);
    set(&c, "depth", 3000);
    must_run(t, &c);
    assert_int_equal(get(&c, "leaves"), 3000);
    team_end(t);
}

static void check_crowd(team *t)
{
    static const uint32_t counts[] = {0, 1, 2, 16, 127, 128, 129, 130, 100000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        call c = call_of(&filch_kernel_crowd);
        set(&c, "count", counts[i]);
        const bool fits = counts[i] <= FILCH_CHILDREN_MAX;
        assert_int_equal(team_run(t, &c, 0, 1), fits ? FILCH_OK : FILCH_TOO_MANY_CHILDREN);
        if (fits) assert_int_equal(get(&c, "left"), 0);
    }
}

void crowd_may_be_128(void **state) { (void)state, with_teams(check_crowd); }

static void check_unjoined(team *t)
{
    for (int i = 0; i < 20; i++) {
        call c = call_of(&filch_kernel_unjoined);
        assert_int_equal(team_run(t, &c, 0, 1), FILCH_NOT_JOINED);
    }
}

void unjoined_is_reported(void **state) { (void)state, with_teams(check_unjoined); }

/* One leaf fails, in the given way; in every fifth round none does. */
static void check_forkfail(team *t, uint32_t how, uint32_t status)
{
    for (uint32_t round = 0; round < 25; round++) {
        const uint32_t n = 1 + (uint32_t)random_below(2000);
        const uint32_t at = round % 5 ? (uint32_t)random_below(n) : n;
        call c = call_of(&filch_kernel_forkfail);
        set(&c, "n", n), set(&c, "at", at), set(&c, "how", how);
        assert_int_equal(team_run(t, &c, 0, 1), at < n ? status : FILCH_OK);
        if (at == n) assert_int_equal(get(&c, "leaves"), n);
    }
}

static void check_failing_leaf(team *t) { check_forkfail(t, 0, failed_with(7)); }
static void check_trapping_leaf(team *t) { check_forkfail(t, 1, FILCH_KERNEL_TRAPPED); }

void forkfail_fails_with_its_leaf(void **state) { (void)state, with_teams(check_failing_leaf); }
void forkfail_traps_with_its_leaf(void **state) { (void)state, with_teams(check_trapping_leaf); }

/* All of them in one runtime, whose slots are often all taken: each has the result that it has
 * alone. */
void all_forks_at_once(void **state)
{
    (void)state;
    enum { KINDS = 6, ROUNDS = 120, SIZE = 20000 };
    static const uint32_t teams[][3] = {{2, 8, 8}, {8, 16, 0}, {3, 16, 240}};
    call alone[KINDS] = {call_queens(8),
                         call_quadrature(1, -1, 1, 1e-9),
                         call_of(&filch_kernel_fib),
                         call_of(&filch_kernel_chain),
                         call_of(&filch_kernel_deep),
                         call_of(&filch_kernel_forkfail)};
    set(&alone[2], "n", 15), set(&alone[3], "links", 500), set(&alone[4], "depth", 100);
    set(&alone[5], "n", 100), set(&alone[5], "at", 100);
    for (int p = 0; p < 3; p++) {
        team *t = team_start(teams[p][0], teams[p][1], teams[p][2]);
        uint64_t handle;
        call c;
        uint32_t posted = 0, done = 0;
        while (done < ROUNDS) {
            c = alone[posted % KINDS];
            if (posted % 13 == 12) c = alone[5], set(&c, "at", posted % 100);
            if (posted < ROUNDS && team_post(t, &c, 0, 1)) {
                posted++;
                continue;
            }
            const uint32_t status = team_reap(t, &handle, &c);
            done++;
            const bool fails =
                c.kernel == alone[5].kernel && memcmp(c.args, alone[5].args, 12) != 0;
            assert_int_equal(status, fails ? failed_with(7) : FILCH_OK);
            for (int k = 0; k < KINDS && !fails; k++) {
                call result = alone[k];
                if (c.kernel != result.kernel) continue;
                run_alone(&result);
                assert_memory_equal(c.args, result.args, c.kernel->args_bytes);
            }
        }
        team_end(t);
    }
}
