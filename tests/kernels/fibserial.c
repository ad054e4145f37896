/* The Fibonacci number n by plain recursion: what tasks/fib.c costs without a scheduler. */
#include "filch.h"

__attribute__((noinline)) static uint64_t recurse(uint32_t n)
{
    return n < 2 ? n : recurse(n - 1) + recurse(n - 2);
}

#define FIBSERIAL_ARGS(F) F(value, u32, n) F(state, u64, result)
FILCH_KERNEL(sequential, fibserial, FIBSERIAL_ARGS)
{
    (void)task;
    for (uint64_t i = begin; i < end; i++) args->result += recurse(args->n);
    return FILCH_OK;
}
