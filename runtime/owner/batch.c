#include "owner/batch.h"

#include "core/region.h"

#define BATCH_ARGS(F) F(array, u8, records) F(value, u32, stride) F(value, u32, kernel)

/* The kernel whose loops the batch has. NULL: a kernel that cannot be run so, or records that do
 * not fit. */
static const filch_kernel *kernel_of(const filch_runtime *rt, const void *batch, uint64_t end);

FILCH_KERNEL(parallel, filch_batch, BATCH_ARGS)
{
    filch_batch_args batch = *args; /* copied once: the page may write to the task meanwhile */
    const filch_runtime *rt = runtime_of(task);
    uint32_t worker = worker_index(rt, worker_of(task));
    const filch_kernel *kernel = kernel_of(rt, &batch, end);
    if (!kernel) return FILCH_BAD_ARGUMENT;
    worker_of(task)->wait.is_allowed = 0; /* a record has no slot to wait in */
    for (uint64_t i = begin; i < end; i++) {
        filch_batch_record *record = (filch_batch_record *)(batch.records.at + i * batch.stride);
        if (record->ran) continue; /* in an earlier submission of the batch */
        double from = record->begin, to = record->end;
        if (!(from >= 0 && from <= to && to <= (double)RANGE_MAX)) return FILCH_BAD_RANGE;
        record->ran = BATCH_BEGUN + worker;
        if (from < to) record->code = kernel->chunk(task, record + 1, (uint64_t)from, (uint64_t)to);
        region_check_stack(rt, worker);
        record->ran = 1;
    }
    return FILCH_OK;
}

static const filch_kernel *kernel_of(const filch_runtime *rt, const void *batch_at, uint64_t end)
{
    const filch_batch_args *batch = batch_at;
    const filch_kernel *kernel = plan_kernel(rt, batch->kernel);
    bool is_loop = kernel && kernel->kind <= FILCH_SEQUENTIAL && !kernel->total_bytes;
    if (!is_loop || kernel->chunk == filch_batch_called) return 0;
    uint64_t stride = batch->stride;
    bool fits = !(stride & 7) && stride >= sizeof(filch_batch_record) + kernel->args_bytes;
    return fits && end <= batch->records.length / stride ? kernel : 0;
}

const filch_kernel filch_kernel_filch_batch_in_order = {
    .name = "filch_batch_in_order",
    .chunk = filch_batch_called,
    .fields = filch_batch_fields,
    .field_count = sizeof filch_batch_fields / sizeof *filch_batch_fields,
    .args_bytes = sizeof(filch_batch_args),
    .kind = FILCH_SEQUENTIAL,
};
