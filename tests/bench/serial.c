/* The serial contender, in the benchmarks' module alone: a kernel's chunk function, called once for
 * the whole range. Nothing of the scheduler runs, so the difference to a post is the cost of
 * scheduling. Any thread may call it whose instance has a memory of its own. */
#include "host/wasm.h"
#include "core/types.h"
#include "kernels.h"
#include "../fixtures/kernels/kernels.h"

#define DECLARE(name) extern const filch_kernel filch_kernel_##name;
FILCH_KERNELS(DECLARE)
FILCH_TEST_KERNELS(DECLARE)

/* As in runtime/host.c: so an index means the same kernel there and here. */
#define ADDRESS(name) &filch_kernel_##name,
static const filch_kernel *const kernels[] = {FILCH_KERNELS(ADDRESS) FILCH_TEST_KERNELS(ADDRESS)};

/* What the kernel returns; args: address of its arguments, 8-aligned. */
int32_t FILCH_EXPORT(bench_serial)(uint32_t kernel, void *args, double begin, double end);
int32_t bench_serial(uint32_t kernel, void *args, double begin, double end)
{
    filch_task task = {0};
    return kernels[kernel]->chunk(&task, args, (uint64_t)begin, (uint64_t)end);
}
