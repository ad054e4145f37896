/* The kernels of tasks/ that fork: alone, as plain recursion, and run by threads. */
#include <math.h>

#include "kernels_forks.h"
#include "reference/reference.h"

static double get_f64(const call *c, const char *name)
{
    double value;
    assert_int_equal(field_of(c->kernel, name)->type, FILCH_TYPE_f64);
    memcpy(&value, c->args + field_of(c->kernel, name)->offset, sizeof value);
    return value;
}

/* queens */

call call_queens(uint32_t n)
{
    call c = call_of(&filch_kernel_queens);
    set(&c, "n", n);
    return c;
}

void queens_equals_reference(void **state)
{
    (void)state;
    for (int n = 1; n <= 9; n++) {
        call c = call_queens((uint32_t)n);
        run_alone(&c);
        assert_int_equal(get(&c, "solutions"), reference_queens(n));
    }
}

/* OEIS A000170. */
static const uint64_t solutions[] = {0, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2680, 14200};

void queens_knows_the_sequence(void **state)
{
    (void)state;
    for (uint32_t n = 1; n < sizeof solutions / sizeof solutions[0]; n++) {
        call c = call_queens(n);
        run_alone(&c);
        assert_int_equal(get(&c, "solutions"), solutions[n]);
    }
}

static void check_queens(team *t)
{
    for (uint32_t n = 1; n <= 11; n++) {
        call c = call_queens(n);
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

/* Sorts a copy of data[0 .. n), by the team or alone, and with more scratch memory than needed
 * where `more`. */
static void check_sort(team *t, const uint32_t *data, uint32_t n, uint32_t more)
{
    const size_t bytes = n * sizeof *data;
    uint32_t *sorted = malloc(bytes + 1), *expected = malloc(bytes + 1);
    uint32_t *scratch = some(bytes + more * sizeof *data);
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
    static const uint32_t lengths[] = {2047, 2048, 2049, 2050, 2051,  4095,  4096,
                                       4097, 8191, 8192, 8195, 40000, 65536, 131073};
    uint32_t *data = some(131073 * sizeof *data);
    for (uint32_t n = 0; n < 200; n++) check_sort(NULL, data + n, n, n % 3);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        check_sort(NULL, data, lengths[i], 0);
    }
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
    case 7: return i < n / 2 ? UINT32_MAX - n + i : i; /* all of the second half before the first */
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
    case 2: x -= 1.0 / 3; return x < 0 ? -x * x / 2 : x * x / 2;
    default: return 4 * atan(x);
    }
}
enum { FUNCTIONS = 4 };

call call_quadrature(uint32_t function, double from, double to, double tolerance)
{
    call c = call_of(&filch_kernel_quadrature);
    set(&c, "function", function);
    set_f64(&c, "from", from), set_f64(&c, "to", to), set_f64(&c, "tolerance", tolerance);
    return c;
}

void quadrature_is_as_near_as_asked(void **state)
{
    (void)state;
    static const double bounds[][2] = {{0, 1},  {0.25, 3},  {0, 0.5},     {-1, 2},
                                       {2, -1}, {0.5, 0.5}, {0, 1.0 / 3}, {-3, -2}};
    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++) {
        for (uint32_t function = 0; function < FUNCTIONS; function++) {
            for (double tolerance = 1e-2; tolerance > 1e-12; tolerance /= 10) {
                const double from = bounds[b][0], to = bounds[b][1];
                const double integral =
                    antiderivative(function, to) - antiderivative(function, from);
                call c = call_quadrature(function, from, to, tolerance);
                run_alone(&c);
                /* The estimate of the error is no bound: after few halvings the estimate is up to 3
                 * times too low. */
                const double error = fabs(get_f64(&c, "integral") - integral);
                assert_true(error <= 4 * tolerance + 1e-13 * fabs(integral));
            }
        }
    }
}

void quadrature_ends_at_any_bounds(void **state)
{
    (void)state;
    static const double bounds[][2] = {{0, 1},     {-1, 1},         {-1e30, 1e30},   {0, 1e-300},
                                       {0, 1e308}, {-8e307, 8e307}, {1e308, 1.1e308}};
    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++) {
        for (uint32_t function = 0; function < FUNCTIONS; function++) {
            const double from = bounds[b][0], to = bounds[b][1];
            call c = call_quadrature(function, from, to, 5e-324);
            run_alone(&c);
            const double integral = antiderivative(function, to) - antiderivative(function, from);
            const double error = fabs(get_f64(&c, "integral") - integral);
            if (b < 2) assert_true(error <= 1e-12 * fabs(integral));
        }
    }
}

static void check_quadrature(team *t)
{
    for (uint32_t function = 0; function < FUNCTIONS; function++) {
        call alone = call_quadrature(function, -0.5, 2, 1e-11), c = alone;
        run_alone(&alone);
        must_run(t, &c);
        /* The same bits under any schedule. */
        assert_memory_equal(c.args, alone.args, c.kernel->args_bytes);
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
    for (size_t i = 0; i < 2 * (size_t)width * height; i++)
        grid[i] = (double)random_below(1000000) / 7;
    return grid;
}

void heat_equals_reference(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 60; round++) {
        const uint32_t width = (uint32_t)(round < 25 ? round % 5 : random_below(50));
        const uint32_t height = (uint32_t)(round < 25 ? round / 5 : random_below(50));
        const uint32_t plate = width * height, step = round % 3;
        double *grid = some_plates(width, height), *from = grid + step % 2 * plate;
        double *expected = some(8 * plate);
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
    static const uint32_t sides[][2] = {{3037000500, 3037000500},
                                        {UINT32_MAX, UINT32_MAX},
                                        {1u << 31, 1u << 31},
                                        {1u << 16, 1u << 16}};
    for (size_t i = 0; i < 4; i++) { /* the two plates' length is little, modulo 2^64 or 2^32 */
        set(&c, "width", sides[i][0]), set(&c, "height", sides[i][1]);
        give(&c, "grid", grid, 300000000), assert_int_equal(chunk(&c, 0, 1), 1);
    }
    free(grid);
}

static void check_stencil(team *t)
{
    static const uint32_t shapes[][3] = {{40, 30, 1000}, {3, 100, 77}, {1, 1, 9},    {0, 0, 5},
                                         {5, 0, 5},      {9, 9, 0},    {64, 200, 20}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const uint32_t width = shapes[i][0], height = shapes[i][1], steps = shapes[i][2];
        const uint32_t plate = width * height;
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

void forks_refuse_bad_arguments(void **state)
{
    (void)state;
    team *t = team_start(2, 16, 0);
    static const uint32_t not_boards[] = {0, 17, 32, UINT32_MAX};
    for (size_t i = 0; i < 4; i++) must_fail(t, call_queens(not_boards[i]), 1);
    uint32_t *numbers = some(4 * 20);
    call c = call_of(&filch_kernel_sort);
    give(&c, "data", numbers, 10), give(&c, "scratch", numbers + 10, 9);
    must_fail(t, c, 1);
    static const double bad[][3] = {
        {NAN, 1, 1},      {0, NAN, 1}, {0, 1, NAN},   {0, INFINITY, 1},   {-INFINITY, 0, 1},
        {0, 1, INFINITY}, {0, 1, 0},   {0, 1, -1e-9}, {-1e308, 1e308, 1}, {INFINITY, INFINITY, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        must_fail(t, call_quadrature(0, bad[i][0], bad[i][1], bad[i][2]), 1);
    }
    must_fail(t, call_quadrature(FUNCTIONS, 0, 1, 1), 2);
    must_fail(t, call_quadrature(65536, 0, 1, 1), 2);
    double *grid = some_plates(3, 4);
    c = plate_of(&filch_kernel_stencil, grid, 3, 4);
    set(&c, "steps", 5), give(&c, "grid", grid, 23), must_fail(t, c, 1);
    set(&c, "width", 3037000500), set(&c, "height", 3037000500);
    give(&c, "grid", grid, 300000000), must_fail(t, c, 1);
    team_end(t);
    free(numbers), free(grid);
}
