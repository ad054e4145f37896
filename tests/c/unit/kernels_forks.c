/* The kernels that fork: alone, as the plain recursion that they then are, and run by threads. */
#include <math.h>

#include "kernels_test.h"
#include "core/types.h"
#include "reference/reference.h"

static uint32_t failed_with(uint32_t code) { return FILCH_KERNEL_FAILED | code << 16; }

static double get_f64(const call *c, const char *name)
{
    double value;
    assert_int_equal(field_of(c->kernel, name)->type, FILCH_TYPE_f64);
    memcpy(&value, c->args + field_of(c->kernel, name)->offset, sizeof value);
    return value;
}

/* queens */

static call queens(uint32_t n)
{
    call c = call_of(&filch_kernel_queens);
    set(&c, "n", n);
    return c;
}

void queens_equals_reference(void **state)
{
    (void)state;
    for (int n = 1; n <= 9; n++) {
        call c = queens((uint32_t)n);
        run_alone(&c);
        assert_int_equal(get(&c, "solutions"), reference_queens(n));
    }
}

static const uint64_t solutions[] = {0, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2680, 14200}; /* OEIS A000170 */

void queens_knows_the_sequence(void **state)
{
    (void)state;
    for (uint32_t n = 1; n < sizeof solutions / sizeof solutions[0]; n++) {
        call c = queens(n);
        run_alone(&c);
        assert_int_equal(get(&c, "solutions"), solutions[n]);
    }
}

static void check_queens(team *t)
{
    for (uint32_t n = 1; n <= 11; n++) {
        call c = queens(n);
        must_run(t, &c);
        assert_int_equal(get(&c, "solutions"), solutions[n]);
    }
}

void queens_run_by_many(void **state) { (void)state, with_teams(check_queens); }

/* sort */

static int ascending(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Sorts a copy of data[0 .. n), by the team or alone, and with more scratch memory than needed where `more`. */
static void check_sort(team *t, const uint32_t *data, uint32_t n, uint32_t more)
{
    const size_t bytes = n * sizeof *data;
    uint32_t *sorted = malloc(bytes + 1), *scratch = some(bytes + more * sizeof *data), *expected = malloc(bytes + 1);
    memcpy(sorted, data, bytes), memcpy(expected, data, bytes);
    qsort(expected, n, sizeof *expected, ascending);
    call c = call_of(&filch_kernel_sort);
    give(&c, "data", sorted, n), give(&c, "scratch", scratch, n + more);
    if (t) must_run(t, &c);
    else run_alone(&c);
    assert_memory_equal(sorted, expected, bytes);
    free(sorted), free(scratch), free(expected);
}

void sort_sorts_any_length(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {2047, 2048, 2049, 2050, 2051, 4095, 4096, 4097, 8191, 8192, 8195, 40000, 65536, 131073};
    uint32_t *data = some(131073 * sizeof *data);
    for (uint32_t n = 0; n < 200; n++) check_sort(NULL, data + n, n, n % 3);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) check_sort(NULL, data, lengths[i], 0);
    for (int i = 0; i < 30; i++) check_sort(NULL, data, (uint32_t)random_below(20000), 0);
    free(data);
}

enum { ORDERS = 9 };
static uint32_t in_order(uint32_t order, uint32_t i, uint32_t n)
{
    switch (order) {
    case 0: return i;
    case 1: return n - i;
    case 2: return 7;
    case 3: return i % 2 ? UINT32_MAX : 0;
    case 4: return (uint32_t)random_below(10);
    case 5: return i % 1000;
    case 6: return i < n / 2 ? 2 * i : 2 * (i - n / 2) + 1; /* two runs that interleave */
    case 7: return i < n / 2 ? UINT32_MAX - n + i : i;      /* all of the second half before the first */
    default: return (uint32_t)random_below(UINT32_MAX);
    }
}

static void sort_orders(team *t, uint32_t n)
{
    uint32_t *data = malloc(n * sizeof *data);
    for (uint32_t order = 0; order < ORDERS; order++) {
        for (uint32_t i = 0; i < n; i++) data[i] = in_order(order, i, n);
        check_sort(t, data, n, 0);
    }
    free(data);
}

void sort_sorts_any_order(void **state) { (void)state, sort_orders(NULL, 30011); }

static void sort_by_team(team *t)
{
    sort_orders(t, 30011);
    uint32_t *data = some(200000 * sizeof *data);
    check_sort(t, data, 200000, 5);
    check_sort(t, data, 0, 0);
    free(data);
}

void sort_run_by_many(void **state) { (void)state, with_teams(sort_by_team); }

/* quadrature */

/* An antiderivative of each function. */
static double antiderivative(uint32_t function, double x)
{
    switch (function) {
    case 0: return x > 0 ? 2.0 / 3 * x * sqrt(x) : 0;
    case 1: return 100 * atan(100 * x);
    case 2: return x < 1.0 / 3 ? -(x - 1.0 / 3) * (x - 1.0 / 3) / 2 : (x - 1.0 / 3) * (x - 1.0 / 3) / 2;
    default: return 4 * atan(x);
    }
}
enum { FUNCTIONS = 4 };

static call quadrature(uint32_t function, double from, double to, double tolerance)
{
    call c = call_of(&filch_kernel_quadrature);
    set(&c, "function", function);
    set_f64(&c, "from", from), set_f64(&c, "to", to), set_f64(&c, "tolerance", tolerance);
    return c;
}

void quadrature_is_as_near_as_asked(void **state)
{
    (void)state;
    static const double bounds[][2] = {{0, 1}, {0.25, 3}, {0, 0.5}, {-1, 2}, {2, -1}, {0.5, 0.5}, {0, 1.0 / 3}, {-3, -2}};
    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++) {
        for (uint32_t function = 0; function < FUNCTIONS; function++) {
            for (double tolerance = 1e-2; tolerance > 1e-12; tolerance /= 10) {
                const double from = bounds[b][0], to = bounds[b][1];
                const double integral = antiderivative(function, to) - antiderivative(function, from);
                call c = quadrature(function, from, to, tolerance);
                run_alone(&c);
                /* The estimate of what is left is no bound: where few halvings do, it is up to 3 times too low. */
                assert_true(fabs(get_f64(&c, "integral") - integral) <= 4 * tolerance + 1e-13 * fabs(integral));
            }
        }
    }
}

void quadrature_ends_whatever_is_asked(void **state)
{
    (void)state;
    static const double bounds[][2] = {{0, 1}, {-1, 1}, {-1e30, 1e30}, {0, 1e-300}, {0, 1e308}, {-8e307, 8e307},
                                       {1e308, 1.1e308}};
    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++) {
        for (uint32_t function = 0; function < FUNCTIONS; function++) {
            call c = quadrature(function, bounds[b][0], bounds[b][1], 5e-324);
            run_alone(&c);
            const double integral = antiderivative(function, bounds[b][1]) - antiderivative(function, bounds[b][0]);
            if (b < 2) assert_true(fabs(get_f64(&c, "integral") - integral) <= 1e-12 * fabs(integral));
        }
    }
}

static void check_quadrature(team *t)
{
    for (uint32_t function = 0; function < FUNCTIONS; function++) {
        call alone = quadrature(function, -0.5, 2, 1e-11), c = alone;
        run_alone(&alone);
        must_run(t, &c);
        assert_memory_equal(c.args, alone.args, c.kernel->args_bytes); /* the same bits, whoever ran which half */
    }
}

void quadrature_run_by_many(void **state) { (void)state, with_teams(check_quadrature); }

/* heat and stencil */

static call plate_of(const filch_kernel *kernel, double *grid, uint32_t width, uint32_t height)
{
    call c = call_of(kernel);
    give(&c, "grid", grid, 2 * width * height);
    set(&c, "width", width), set(&c, "height", height);
    return c;
}

static double *some_plates(uint32_t width, uint32_t height)
{
    double *grid = malloc(2 * (size_t)width * height * sizeof *grid + 1);
    for (size_t i = 0; i < 2 * (size_t)width * height; i++) grid[i] = (double)random_below(1000000) / 7;
    return grid;
}

void heat_equals_reference(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 60; round++) {
        const uint32_t width = (uint32_t)(round < 25 ? round % 5 : random_below(50));
        const uint32_t height = (uint32_t)(round < 25 ? round / 5 : random_below(50));
        const uint32_t plate = width * height, step = round % 3;
        double *grid = some_plates(width, height), *from = grid + step % 2 * plate, *expected = some(8 * plate);
        memcpy(expected, from, 8 * plate);
        reference_heat(expected, width, height, 1);
        call c = plate_of(&filch_kernel_heat, grid, width, height);
        set(&c, "step", step);
        run(&c, height);
        assert_memory_equal(grid + (step + 1) % 2 * plate, expected, 8 * plate);
        free(grid), free(expected);
    }
}

void heat_refuses_bad_sizes(void **state)
{
    (void)state;
    double *grid = some_plates(3, 4);
    call c = plate_of(&filch_kernel_heat, grid, 3, 4);
    assert_int_equal(chunk(&c, 3, 5), 1);
    give(&c, "grid", grid, 23), assert_int_equal(chunk(&c, 0, 1), 1);
    static const uint32_t sides[][2] = {{3037000500, 3037000500}, {UINT32_MAX, UINT32_MAX}, {1u << 31, 1u << 31},
                                        {1u << 16, 1u << 16}};
    for (size_t i = 0; i < 4; i++) { /* the two plates' length is little, modulo 2^64 or 2^32 */
        set(&c, "width", sides[i][0]), set(&c, "height", sides[i][1]);
        give(&c, "grid", grid, 300000000), assert_int_equal(chunk(&c, 0, 1), 1);
    }
    free(grid);
}

static void check_stencil(team *t)
{
    static const uint32_t shapes[][3] = {{40, 30, 1000}, {3, 100, 77}, {1, 1, 9}, {0, 0, 5}, {5, 0, 5}, {9, 9, 0}, {64, 200, 20}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const uint32_t width = shapes[i][0], height = shapes[i][1], steps = shapes[i][2], plate = width * height;
        double *grid = some_plates(width, height), *expected = some(8 * plate);
        memcpy(expected, grid, 8 * plate);
        reference_heat(expected, width, height, steps);
        call c = plate_of(&filch_kernel_stencil, grid, width, height);
        set(&c, "steps", steps);
        must_run(t, &c);
        assert_int_equal(get(&c, "step"), steps);
        assert_memory_equal(grid + steps % 2 * plate, expected, 8 * plate);
        free(grid), free(expected);
    }
}

void stencil_run_by_many(void **state) { (void)state, with_teams(check_stencil); }

/* all of them */

static void must_fail(team *t, call c, uint32_t code) { assert_int_equal(team_run(t, &c, 0, 1), failed_with(code)); }

void forks_refuse_bad_arguments(void **state)
{
    (void)state;
    team *t = team_start(2, 16, 0);
    static const uint32_t not_boards[] = {0, 17, 32, UINT32_MAX};
    for (size_t i = 0; i < 4; i++) must_fail(t, queens(not_boards[i]), 1);
    uint32_t *numbers = some(4 * 20);
    call c = call_of(&filch_kernel_sort);
    give(&c, "data", numbers, 10), give(&c, "scratch", numbers + 10, 9);
    must_fail(t, c, 1);
    static const double bad[][3] = {{NAN, 1, 1}, {0, NAN, 1}, {0, 1, NAN}, {0, INFINITY, 1}, {-INFINITY, 0, 1}, {0, 1, INFINITY},
                                    {0, 1, 0}, {0, 1, -1e-9}, {-1e308, 1e308, 1}, {INFINITY, INFINITY, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) must_fail(t, quadrature(0, bad[i][0], bad[i][1], bad[i][2]), 1);
    must_fail(t, quadrature(FUNCTIONS, 0, 1, 1), 2);
    must_fail(t, quadrature(65536, 0, 1, 1), 2);
    double *grid = some_plates(3, 4);
    c = plate_of(&filch_kernel_stencil, grid, 3, 4);
    set(&c, "steps", 5), give(&c, "grid", grid, 23), must_fail(t, c, 1);
    set(&c, "width", 3037000500), set(&c, "height", 3037000500), give(&c, "grid", grid, 300000000), must_fail(t, c, 1);
    team_end(t);
    free(numbers), free(grid);
}

/* the test kernels */

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

void chain_leaves_nothing_behind(void **state)
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
    static const uint32_t shapes[][2] = {{1, 1}, {100, 100}, {300, 1}, {1, 3000}, {5, 0}, {0, 5}, {40, 777}};
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

/* A loop within may fail before or after the task's own last iteration, and before or after its chunk has ended. */
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

static call reenter(uint32_t sections, uint32_t seed, uint32_t *words, uint32_t length)
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
        call c = reenter(100, posted, words, 1 + WORKERS_MAX);
        if (posted < TASKS && team_post(t, &c, 0, 1)) {
            posted++;
            continue;
        }
        uint64_t handle;
        assert_int_equal(team_reap(t, &handle, &c), FILCH_OK);
        done++;
        uint32_t seed;
        memcpy(&seed, c.args + field_of(c.kernel, "seed")->offset, sizeof seed);
        call alone = reenter(100, seed, lone, 2 + STUB_WORKER);
        run_alone(&alone);
        assert_int_equal(get(&c, "calls"), get(&alone, "calls"));
    }
    for (uint32_t w = 0; w < WORKERS_MAX; w++) assert_int_equal(words[1 + w], 0);
}

void reenter_finds_nothing_unrelated_below(void **state) { (void)state, with_teams(check_reenter); }

void reenter_sees_what_it_should(void **state)
{
    (void)state;
    team *t = team_start(1, 16, 0);
    uint32_t words[] = {1, 1}; /* number 1 stands on worker 0's stack */
    must_fail(t, reenter(1, 0, words, 2), 2);
    must_fail(t, reenter(1, 0, words, 1), 1);
    team_end(t);
}

void deep_recursion_succeeds_or_says_so(void **state)
{
    (void)state;
    static const uint32_t depths[] = {0, 1, 900, 5000};
    static const struct { uint32_t workers, slots, members; } sizes[] = {
        {1, 1, 0}, {1, 256, 0}, {2, 16, 0}, {8, 16, 0}, {8, 2, 2000},
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
    team *t = team_start(2, 16, 10000); /* where there are slots to save it in, a recursion of any depth goes on */
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
        assert_int_equal(team_run(t, &c, 0, 1), counts[i] > FILCH_CHILDREN_MAX ? FILCH_TOO_MANY_CHILDREN : FILCH_OK);
        if (counts[i] <= FILCH_CHILDREN_MAX) assert_int_equal(get(&c, "left"), 0);
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

void unjoined_is_told(void **state) { (void)state, with_teams(check_unjoined); }

/* Which leaf fails, and how; no leaf in every fifth round. */
static void check_forkfail(team *t, uint32_t how, uint32_t status)
{
    for (uint32_t round = 0; round < 25; round++) {
        const uint32_t n = 1 + (uint32_t)random_below(2000), at = round % 5 ? (uint32_t)random_below(n) : n;
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

/* All of them in one pool, which is often full: each comes to what it comes to alone. */
void all_forks_at_once(void **state)
{
    (void)state;
    enum { KINDS = 6, ROUNDS = 120, SIZE = 20000 };
    static const uint32_t pools[][3] = {{2, 8, 8}, {8, 16, 0}, {3, 16, 240}};
    call alone[KINDS] = {queens(8), quadrature(1, -1, 1, 1e-9), call_of(&filch_kernel_fib), call_of(&filch_kernel_chain),
                         call_of(&filch_kernel_deep), call_of(&filch_kernel_forkfail)};
    set(&alone[2], "n", 15), set(&alone[3], "links", 500), set(&alone[4], "depth", 100);
    set(&alone[5], "n", 100), set(&alone[5], "at", 100);
    for (int p = 0; p < 3; p++) {
        team *t = team_start(pools[p][0], pools[p][1], pools[p][2]);
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
            const bool fails = c.kernel == alone[5].kernel && memcmp(c.args, alone[5].args, 12) != 0;
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
