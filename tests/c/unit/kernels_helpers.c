/* The kernels of tests/fixtures/kernels/. */
#include "kernels_test.h"

void spin_sums_the_same_in_any_order(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    static uint32_t costs[3] = {5, 0, 2};
    uint8_t owners[COUNT] = {0};
    uint64_t sums[2];
    for (int i = 0; i < 2; i++) {
        call c = call_of(&filch_kernel_spin);
        give(&c, "costs", costs, 3), give(&c, "owners", owners, COUNT);
        run(&c, COUNT);
        sums[i] = get(&c, "sum");
    }
    assert_int_equal(sums[0], sums[1]);
    for (int i = 0; i < COUNT; i++) assert_int_equal(owners[i], STUB_WORKER + 1);
    call c = call_of(&filch_kernel_spin); /* no table, no steps: the sum of i + 1 */
    run(&c, 1000);
    assert_int_equal(get(&c, "sum"), 500500);
    give(&c, "owners", owners, COUNT);
    assert_int_equal(chunk(&c, COUNT, COUNT + 1), 1);
}

static uint64_t walked(uint64_t x, uint64_t steps)
{
    while (steps--) x = x * 6364136223846793005u + 1442695040888963407u;
    return x;
}

void shaped_walks_as_its_table_says(void **state)
{
    (void)state;
    enum { COUNT = 500, SHIFT = 3, GIANT = 77, MORE = 1000 };
    uint32_t costs[(COUNT >> SHIFT) + 1];
    uint64_t sum = walked(GIANT, MORE);
    for (uint64_t i = 0; i < COUNT; i++) {
        costs[i >> SHIFT] = (uint32_t)(i >> SHIFT) % 5;
        sum += walked(i + 1, costs[i >> SHIFT]);
    }
    call c = call_of(&filch_kernel_shaped);
    give(&c, "costs", costs, (COUNT >> SHIFT) + 1);
    set(&c, "shift", SHIFT), set(&c, "giant", GIANT), set(&c, "more", MORE);
    run(&c, COUNT);
    assert_true(get(&c, "sum") == sum);
    give(&c, "costs", costs, COUNT >> SHIFT);
    assert_int_equal(chunk(&c, COUNT - 1, COUNT), 1);
    assert_int_equal(chunk(&c, COUNT, COUNT), 0);
}

void visit_counts_each_iteration(void **state)
{
    (void)state;
    uint32_t visits[100] = {0};
    call c = call_of(&filch_kernel_visit);
    give(&c, "visits", visits, 100);
    run(&c, 100);
    for (int i = 0; i < 100; i++) assert_int_equal(visits[i], 1);
    assert_int_equal(chunk(&c, 99, 101), 1);
}

void ticket_numbers_the_starts(void **state)
{
    (void)state;
    uint32_t counter = 0, order[10] = {0};
    call c = call_of(&filch_kernel_ticket);
    assert_int_equal(chunk(&c, 0, 1), 1);
    give(&c, "counter", &counter, 1), give(&c, "order", order, 10);
    set(&c, "slot", 7), assert_int_equal(chunk(&c, 0, 1), FILCH_OK);
    set(&c, "slot", 2), assert_int_equal(chunk(&c, 0, 3), FILCH_OK);
    assert_int_equal(order[7], 1);
    assert_int_equal(order[2], 2);
    assert_int_equal(order[4], 4);
    set(&c, "slot", 10), assert_int_equal(chunk(&c, 0, 1), 2);
    set(&c, "slot", UINT32_MAX), assert_int_equal(chunk(&c, 0, 1), 2);
}

void fail_and_trap_count_the_others(void **state)
{
    (void)state;
    call c = call_of(&filch_kernel_fail);
    set(&c, "at", 5), set(&c, "code", 77);
    assert_int_equal(chunk(&c, 6, 9), FILCH_OK);
    assert_int_equal(chunk(&c, 3, 6), 77);
    assert_int_equal(get(&c, "count"), 5);
    c = call_of(&filch_kernel_trap);
    set(&c, "at", 5);
    assert_int_equal(chunk(&c, 0, 5) | chunk(&c, 6, 9), FILCH_OK);
    assert_int_equal(get(&c, "count"), 8);
}

void iterate_keeps_order(void **state)
{
    (void)state;
    uint64_t x = 9;
    for (uint64_t k = 0; k < 1000; k++) {
        for (int step = 0; step < 3; step++) x = x * 6364136223846793005u + k;
    }
    call c = call_of(&filch_kernel_iterate);
    set(&c, "x", 9), set(&c, "cost", 3);
    run(&c, 1000);
    assert_int_equal(get(&c, "x"), x);
    assert_int_equal(get(&c, "next"), 1000);
    assert_int_equal(chunk(&c, 999, 1000), 1);
    assert_int_equal(chunk(&c, 1001, 1002), 1);
}

void the_other_test_kernels_run(void **state)
{
    (void)state;
    call c = call_of(&filch_kernel_empty);
    run(&c, 1000);
    c = call_of(&filch_kernel_forever);
    run(&c, 1000000);
    assert_int_equal(get(&c, "count"), 1000000);
    uint32_t gate[2] = {1, 0};
    c = call_of(&filch_kernel_gate);
    assert_int_equal(chunk(&c, 0, 1), 1);
    give(&c, "gate", gate, 2);
    run(&c, 10);
    assert_int_equal(gate[1], 10);
    c = call_of(&filch_kernel_overflow);
    set(&c, "bytes", 20000);
    run(&c, 10);
    assert_int_equal(get(&c, "count"), 10);
}
