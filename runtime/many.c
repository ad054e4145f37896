/* Many short loops of one kernel as the iterations of one: what a batch of tiny tasks costs is then what a loop costs. Iteration i
 * runs the whole loop of record i, in one call; a record that fails does not stop the others. */
#include "filch.h"
#include "layout.h"

/* Then the kernel's arguments and state, `stride` bytes from record to record. */
typedef struct many_record {
    double begin, end;
    int32_t code; /* what the kernel returned */
    uint32_t ran;
} many_record;

#define MANY_ARGS(F) F(array, u8, records) F(value, u32, stride) F(value, u32, kernel)
FILCH_KERNEL(parallel, filch_many, MANY_ARGS)
{
    const filch_runtime *rt = task->runtime;
    uint64_t stride = args->stride;
    if (args->kernel >= rt->kernel_count) return FILCH_BAD_ARGUMENT;
    const filch_kernel *kernel = rt->kernels[args->kernel];
    if (kernel->kind > FILCH_SEQUENTIAL || kernel->total_bytes || kernel->chunk == filch_many_called || stride & 7 ||
        stride < sizeof(many_record) + kernel->args_bytes || end > args->records.length / stride) return FILCH_BAD_ARGUMENT;
    for (uint64_t i = begin; i < end; i++) {
        many_record *record = (many_record *)(args->records.at + i * stride);
        if (!(record->begin >= 0 && record->begin <= record->end && record->end <= (double)RANGE_MAX)) return FILCH_BAD_RANGE;
        if (record->begin < record->end) {
            record->code = kernel->chunk(task, record + 1, (uint64_t)record->begin, (uint64_t)record->end);
        }
        record->ran = 1;
    }
    return FILCH_OK;
}

/* The same, one record after another. */
const filch_kernel filch_kernel_filch_in_order = {
    "filch_in_order", filch_many_called, filch_many_fields, sizeof(filch_many_fields) / sizeof(filch_field), sizeof(filch_many_args),
    FILCH_SEQUENTIAL, 0, 0, 0, 0, 0,
};
