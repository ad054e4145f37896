/* The host ABI on top of the runtime: see host.h. One runtime per module instance's memory. */
#include "host.h"

#include "done.h"
#include "idle.h"
#include "life.h"
#include "post.h"
#include "reduce.h"
#include "sched.h"
#include "trace.h"

#include "kernels.h"

#ifdef FILCH_WITH_TEST_KERNELS
#include "../tests/fixtures/kernels/kernels.h"
#else
#define FILCH_TEST_KERNELS(X)
#endif

#define DECLARE(name) extern const filch_kernel filch_kernel_##name;
FILCH_KERNELS(DECLARE)
FILCH_TEST_KERNELS(DECLARE)

/* A function of a module of the host's, as a task; it runs whole. */
typedef struct call_args {
    FILCH_MEMBER_array(u8, block)
    FILCH_MEMBER_value(u32, module)
} call_args;
static int32_t call_function(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)begin, (void)end;
    const call_args *a = args;
    return host_call(a->module, a->block.at, a->block.length);
}
static const filch_field call_fields[] = {
    {"block", FILCH_ROLE_array, FILCH_TYPE_u8, offsetof(call_args, block)},
    {"module", FILCH_ROLE_value, FILCH_TYPE_u32, offsetof(call_args, module)},
};
static const filch_kernel filch_kernel_filch_call = {"filch_call", call_function, call_fields, 2, sizeof(call_args), FILCH_SEQUENTIAL, 0, 0, 0, 0, 0};

#define ADDRESS(name) &filch_kernel_##name,
/* Those of the runtime itself come last: the host posts them, and does not tell of them. */
static const filch_kernel *const kernels[] = {
    FILCH_KERNELS(ADDRESS) FILCH_TEST_KERNELS(ADDRESS) &filch_kernel_filch_many, &filch_kernel_filch_in_order, &filch_kernel_filch_call,
};
#define KERNEL_COUNT (sizeof kernels / sizeof *kernels)
_Static_assert(KERNEL_COUNT <= KERNELS_MAX, "more kernels than KERNELS_MAX");
/* With those that came later. Written by the owner; a worker reads what a post has published. */
static const filch_kernel *table[KERNELS_MAX];

static filch_runtime *runtime; /* in the shared data: every instance sees it */

extern unsigned char __heap_base;

/* The text's address, for the host to read. */
static uint32_t text(const char *s) { return (uint32_t)(uintptr_t)s; }

static const filch_kernel *kernel_of(uint32_t kernel) { return runtime && kernel < runtime->kernel_count ? table[kernel] : kernel < KERNEL_COUNT ? kernels[kernel] : 0; }

static const filch_field *field_of(uint32_t kernel, uint32_t field)
{
    return kernel_of(kernel) && field < kernel_of(kernel)->field_count ? &kernel_of(kernel)->fields[field] : 0;
}

static uint64_t handle_from(double handle)
{
    return handle > 0 && handle < 70368744177664.0 ? (uint64_t)handle : 0;
}

static filch_slot *slot_from(double handle) { return post_find(runtime, handle_from(handle)); }

/* -- start -- */
uint32_t filch_abi(void) { return FILCH_ABI; }

uint32_t filch_region_base(void) { return ((uint32_t)(uintptr_t)&__heap_base + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE; }

static filch_options options_of(uint32_t workers, uint32_t slots, uint32_t stack_bytes)
{
    uint32_t members = MEMBERS(workers <= WORKERS_MAX ? workers : 0), left = slots <= SLOTS_MAX ? SLOTS_MAX - slots : 0;
    return (filch_options){workers, slots, stack_bytes, members < left ? members : left};
}

uint32_t filch_region_bytes(uint32_t workers, uint32_t slots, uint32_t stack_bytes)
{
    filch_options options = options_of(workers, slots, stack_bytes);
    uint64_t bytes = layout_bytes(&options);
    return stack_bytes && bytes <= UINT32_MAX ? (uint32_t)bytes : 0;
}

int32_t filch_init(uint32_t workers, uint32_t slots, uint32_t stack_bytes, double memory_bytes)
{
    uint32_t bytes = filch_region_bytes(workers, slots, stack_bytes);
    if (!bytes || runtime) return FILCH_BAD_OPTIONS;
    if ((double)filch_region_base() + bytes > memory_bytes) return FILCH_OUT_OF_MEMORY;
    filch_options options = options_of(workers, slots, stack_bytes);
    for (uint32_t k = 0; k < KERNEL_COUNT; k++) table[k] = kernels[k];
    runtime = layout_init((void *)(uintptr_t)filch_region_base(), &options, table, KERNEL_COUNT);
    return FILCH_OK;
}

/* -- what there is -- */
static const char *const type_names[] = {
#define NAME(name, ctype) #name,
    FILCH_TYPES(NAME)
#undef NAME
};
static const char *const status_names[] = {
#define NAME(code, name, sentence) [code] = #name,
    FILCH_STATUSES(NAME)
#undef NAME
};
static const char *const status_texts[] = {
#define TEXT(code, name, sentence) [code] = sentence,
    FILCH_STATUSES(TEXT)
#undef TEXT
};
static const char *const counter_names[] = {
#define NAME(name) #name,
    COUNTERS(NAME)
#undef NAME
};
#define TEXT_AT(table, i) ((i) < sizeof table / sizeof *table ? text(table[i]) : 0)

uint32_t filch_kernel_count(void) { return KERNEL_COUNT; }
uint32_t filch_kernel_name(uint32_t kernel) { return kernel_of(kernel) ? text(kernel_of(kernel)->name) : 0; }
uint32_t filch_kernel_kind(uint32_t kernel) { return kernel_of(kernel) ? kernel_of(kernel)->kind : 0; }
uint32_t filch_args_size(uint32_t kernel) { return kernel_of(kernel) ? (kernel_of(kernel)->args_bytes + 7u) / 8 * 8 : 0; }
uint32_t filch_field_count(uint32_t kernel) { return kernel_of(kernel) ? kernel_of(kernel)->field_count : 0; }
uint32_t filch_field_name(uint32_t k, uint32_t f) { return field_of(k, f) ? text(field_of(k, f)->name) : 0; }
uint32_t filch_field_role(uint32_t k, uint32_t f) { return field_of(k, f) ? field_of(k, f)->role : 0; }
uint32_t filch_field_type(uint32_t k, uint32_t f) { return field_of(k, f) ? field_of(k, f)->type : 0; }
uint32_t filch_field_offset(uint32_t k, uint32_t f) { return field_of(k, f) ? field_of(k, f)->offset : 0; }
uint32_t filch_type_name(uint32_t type) { return TEXT_AT(type_names, type); }
uint32_t filch_status_name(uint32_t status) { return TEXT_AT(status_names, status); }
uint32_t filch_status_text(uint32_t status) { return TEXT_AT(status_texts, status); }
uint32_t filch_counter_name(uint32_t counter) { return TEXT_AT(counter_names, counter); }

/* -- kernels that come later -- */
int32_t filch_define(uint32_t kernel)
{
    uint32_t k = KERNEL_COUNT;
    while (k < runtime->kernel_count && table[k]) k++;
    if (k == KERNELS_MAX) return -1;
    for (uint32_t w = 0; w < runtime->worker_count; w++) runtime->workers[w].chunk[k] = 1; /* nobody runs it yet */
    table[k] = (const filch_kernel *)(uintptr_t)kernel;
    if (k == runtime->kernel_count) runtime->kernel_count++;
    return (int32_t)k;
}

void filch_undefine(uint32_t kernel)
{
    if (kernel >= KERNEL_COUNT && kernel < runtime->kernel_count) table[kernel] = 0;
}

uint32_t filch_kernel_bytes(uint32_t fields) { return sizeof(filch_kernel) + fields * sizeof(filch_field); }

void filch_build_kernel(uint32_t at, uint32_t name, uint32_t kind, uint32_t chunk, uint32_t fields)
{
    filch_kernel kernel = {(const char *)(uintptr_t)name, (filch_chunk *)(uintptr_t)chunk, (const filch_field *)(uintptr_t)(at + sizeof kernel),
                           (uint16_t)fields, 0, (uint8_t)kind, 0, 0, 0, 0, 0};
    __builtin_memcpy((void *)(uintptr_t)at, &kernel, sizeof kernel);
}

uint32_t filch_build_field(uint32_t at, uint32_t field, uint32_t name, uint32_t role, uint32_t type)
{
    static const uint8_t bytes[] = {
#define BYTES(name, ctype) sizeof(ctype),
        FILCH_TYPES(BYTES)
#undef BYTES
    };
    filch_kernel *kernel = (filch_kernel *)(uintptr_t)at;
    if (type >= FILCH_TYPE_COUNT) return 0;
    bool array = role == FILCH_ARRAY || role == FILCH_OPTION;
    uint32_t size = array ? sizeof(filch_u8_array) : bytes[type], align = array ? _Alignof(filch_u8_array) : size;
    uint32_t offset = (kernel->args_bytes + align - 1) / align * align;
    if (offset + size > FILCH_ARGS_BYTES) return 0;
    ((filch_field *)(uintptr_t)kernel->fields)[field] = (filch_field){(const char *)(uintptr_t)name, (uint8_t)role, (uint8_t)type, (uint16_t)offset};
    kernel->args_bytes = (uint16_t)(offset + size);
    return 1;
}

static const filch_total *total_of(uint32_t kernel, uint32_t field)
{
    return kernel_of(kernel) && field < kernel_of(kernel)->total_count ? &kernel_of(kernel)->totals[field] : 0;
}
uint32_t filch_total_bytes(uint32_t kernel) { return kernel_of(kernel) ? kernel_of(kernel)->total_bytes : 0; }
uint32_t filch_total_count(uint32_t kernel) { return kernel_of(kernel) ? kernel_of(kernel)->total_count : 0; }
uint32_t filch_total_name(uint32_t k, uint32_t f) { return total_of(k, f) ? text(total_of(k, f)->name) : 0; }
uint32_t filch_total_type(uint32_t k, uint32_t f) { return total_of(k, f) ? total_of(k, f)->type : 0; }
uint32_t filch_total_offset(uint32_t k, uint32_t f) { return total_of(k, f) ? total_of(k, f)->offset : 0; }
uint32_t filch_total_length(uint32_t k, uint32_t f) { return total_of(k, f) ? total_of(k, f)->length : 0; }
uint32_t filch_total_parts(double total, uint32_t deterministic)
{
    return reduce_parts(runtime, total >= 0 && total <= (double)RANGE_MAX ? (uint64_t)total : 0, deterministic);
}

void filch_trace(uint32_t address, uint32_t events)
{
    if (events & (events - 1)) return;
    if (events) runtime->trace = (filch_event *)(uintptr_t)address;
    atom32_store(&runtime->tracing, events);
}

uint32_t filch_traced(uint32_t worker) { return worker < runtime->worker_count ? atom32_load(&runtime->workers[worker].traced) : 0; }

double filch_counter(uint32_t worker, uint32_t counter)
{
    if (worker >= runtime->worker_count || counter >= COUNTER_COUNT) return 0;
    const filch_worker *w = &runtime->workers[worker];
    double value = (double)atom64_load(&w->counters[counter]);
    bool going_on = w->since && counter == (uint32_t)(w->doing == DOING_RUN ? COUNT_running_ns : w->doing == DOING_SEARCH ? COUNT_searching_ns : COUNT_sleeping_ns);
    double since = going_on ? (double)clock_ns() - (double)w->since : 0;
    return value + (since > 0 ? since : 0);
}

/* -- tasks -- */
uint32_t filch_args(void) { return (uint32_t)(uintptr_t)runtime->args; }
uint32_t filch_args_bytes(void) { return FILCH_ARGS_BYTES; }

/* What the next post takes besides: the owner's alone. */
static struct { filch_posting posting; uint64_t after[AFTER_MAX]; } next;

void filch_post_totals(uint32_t address, uint32_t deterministic)
{
    next.posting.totals = (void *)(uintptr_t)address;
    next.posting.deterministic = deterministic;
}

int32_t filch_post_after(double handle)
{
    filch_slot *slot = slot_from(handle);
    if (!slot) return FILCH_STALE_HANDLE;
    if (next.posting.after_count >= AFTER_MAX) return FILCH_BAD_ARGUMENT;
    next.after[next.posting.after_count++] = handle_from(handle);
    return FILCH_OK;
}

void filch_post_pieces(uint32_t pieces, uint32_t count)
{
    next.posting.pieces = (const double *)(uintptr_t)pieces;
    next.posting.piece_count = count;
}

double filch_post(uint32_t kernel, double begin, double end, uint32_t priority, uint32_t grain)
{
    bool fits = begin >= 0 && end >= begin && end <= (double)RANGE_MAX && begin == __builtin_trunc(begin) && end == __builtin_trunc(end);
    if (!fits) {
        next.posting = (filch_posting){0};
        return -FILCH_BAD_RANGE;
    }
    filch_status why;
    filch_posting posting = next.posting;
    posting.kernel = kernel;
    posting.begin = (uint64_t)begin;
    posting.end = (uint64_t)end;
    posting.priority = priority;
    posting.grain = grain;
    posting.args = runtime->args;
    posting.after = next.after;
    uint64_t handle = post_loop(runtime, &posting, &why);
    next.posting = (filch_posting){0};
    if (!handle) return -(double)why;
    __builtin_memset(runtime->args, 0, FILCH_ARGS_BYTES);
    return (double)handle;
}

int32_t filch_cancel(double handle) { return post_cancel(runtime, handle_from(handle)) ? FILCH_OK : FILCH_STALE_HANDLE; }
int32_t filch_pause(double handle) { return post_pause(runtime, handle_from(handle)) ? FILCH_OK : FILCH_STALE_HANDLE; }
int32_t filch_resume(double handle) { return post_resume(runtime, handle_from(handle)) ? FILCH_OK : FILCH_STALE_HANDLE; }
uint32_t filch_paused(double handle) { return (uint32_t)post_paused(runtime, handle_from(handle)); }
int32_t filch_set_priority(double handle, uint32_t priority)
{
    if (priority >= LEVELS) return FILCH_BAD_ARGUMENT;
    return post_set_level(runtime, handle_from(handle), priority) ? FILCH_OK : FILCH_STALE_HANDLE;
}
uint32_t filch_task_priority(double handle)
{
    filch_slot *slot = slot_from(handle);
    return slot ? atom32_load(&slot->level) : 0;
}
uint32_t filch_task_pieces(double handle, uint32_t pieces, uint32_t most)
{
    return post_pieces(runtime, handle_from(handle), (double *)(uintptr_t)pieces, most);
}
double filch_reap(void) { return (double)post_reap(runtime); }
int32_t filch_release(double handle) { return post_release(runtime, handle_from(handle)); }

int32_t filch_task_status(double handle)
{
    filch_slot *slot = slot_from(handle);
    if (!slot) return FILCH_STALE_HANDLE;
    /* Decided is not settled: while workers are engaged, the task is still pending to the owner. */
    return slot->listed ? (int32_t)(atom32_load(&slot->status) & 0xffff) : FILCH_PENDING;
}

double filch_task_began(double handle)
{
    filch_slot *slot = slot_from(handle);
    return slot ? (double)atom64_load(&slot->began) / 1e6 : 0;
}

double filch_task_ended(double handle)
{
    filch_slot *slot = slot_from(handle);
    return slot ? (double)atom64_load(&slot->ended) / 1e6 : 0;
}

double filch_task_done(double handle)
{
    filch_slot *slot = slot_from(handle);
    return slot ? (double)atom64_load(&slot->done) : 0;
}

uint32_t filch_task_helpers(double handle)
{
    filch_slot *slot = slot_from(handle);
    return slot ? atom32_load(&slot->helpers) : 0;
}

uint32_t filch_task_code(double handle)
{
    filch_slot *slot = slot_from(handle);
    return slot ? atom32_load(&slot->status) >> 16 : 0;
}

double filch_task_failed_begin(double handle)
{
    filch_slot *slot = slot_from(handle);
    return slot ? (double)slot->failed_begin : 0;
}

double filch_task_failed_end(double handle)
{
    filch_slot *slot = slot_from(handle);
    return slot ? (double)slot->failed_end : 0;
}

uint32_t filch_task_args(double handle) { return (uint32_t)(uintptr_t)(slot_from(handle) ? slot_from(handle)->args : 0); }

/* -- the doorbell -- */
uint32_t filch_awake(void) { return idle_awake(runtime); }
uint32_t filch_doorbell(void) { return (uint32_t)(uintptr_t)&runtime->doorbell.word; }
uint32_t filch_arm(void) { return post_arm(runtime); }
void filch_ring_by_message(uint32_t on) { racy32_store(&runtime->ring_by_message, on); }

/* -- workers -- */
void filch_stop(void) { post_stop(runtime); }

void filch_worker_lost(uint32_t worker)
{
    if (worker < runtime->worker_count) sched_bury(runtime, worker);
}

uint32_t filch_worker_of(const filch_task *task) { return task->worker; }

/* Gives this instance worker's stack. A leaf without a frame: the stack pointer must not come back when it returns. */
__attribute__((noinline)) static void use_stack(unsigned char *top)
{
    __asm__ volatile(".globaltype __stack_pointer, i32\n"
                     "local.get %0\n"
                     "global.set __stack_pointer" : : "r"(top));
}

uint32_t filch_stack_top(uint32_t worker) { return (uint32_t)(uintptr_t)layout_stack_top(runtime, worker); }
uint32_t filch_stack_end(uint32_t worker) { return (uint32_t)(uintptr_t)layout_stack_end(runtime, worker); }

void filch_worker_enter(uint32_t worker) { use_stack(layout_stack_top(runtime, worker)); }

void filch_worker_recall(uint32_t worker)
{
    if (worker < runtime->worker_count) sched_recall(runtime, worker);
}

uint32_t filch_worker_run(uint32_t worker) { return sched_run(runtime, worker); }

void filch_worker_leave(uint32_t worker) { sched_leave(runtime, worker); }

void filch_worker_trapped(uint32_t worker) { sched_trapped(runtime, worker); }

uint32_t filch_worker_slice(uint32_t worker, double budget_ms)
{
    return budget_ms >= 0 ? sched_slice(runtime, worker, (uint64_t)(budget_ms * 1e6)) : 0;
}
