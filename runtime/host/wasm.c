/* The host ABI on top of the runtime. One runtime per module instance's memory. */
#include "host/wasm.h"

#include "core/plan.h"
#include "core/reduce.h"
#include "core/region.h"
#include "core/state.h"
#include "core/trace.h"
#include "host/kernel_table.h"
#include "owner/control.h"
#include "owner/reap.h"
#include "owner/recover.h"
#include "owner/submit.h"
#include "sched/sleep.h"
#include "sched/worker.h"

/* The one of this instance. */
#define runtime plan_runtime(0)
static uint8_t is_laid; /* in the shared data: every instance sees it */
static filch_submission_record submission;
static filch_completion_record completion;

extern unsigned char __heap_base;

/* The owner calls with this first: no other code may have overwritten the region as a whole. */
static void check_seal(void)
{
    if (FILCH_CORRUPT_IF(racy32_load(&runtime->seal) != REGION_SEAL)) __builtin_trap();
}

/* The handle whose number this is: the rest of its era is the slot's. */
__attribute__((noinline)) static uint64_t handle_from(double number)
{
    check_seal();
    uint64_t handle = number > 0 && number <= (double)RANGE_MAX ? (uint64_t)number : 0;
    if (handle_slot(handle) >= plan_slot_count(runtime)) return 0;
    uint64_t era = state_era(&plan_slots(runtime)[handle_slot(handle)]);
    return handle | (era << HANDLE_ERA_SHIFT & ~RANGE_MAX);
}

static filch_slot *slot_from(double handle) { return state_find(runtime, handle_from(handle)); }

/* -- start -- */
uint32_t filch_host_abi(void) { return FILCH_HOST_ABI; }

filch_address filch_host_region_base(void)
{
    return ((uint32_t)(uintptr_t)&__heap_base + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

static filch_options options_of(uint32_t workers, uint32_t slots, uint32_t stack_bytes)
{
    uint32_t members = MEMBERS(workers <= WORKERS_MAX ? workers : 0);
    uint32_t left = slots <= SLOTS_MAX ? SLOTS_MAX - slots : 0;
    return (filch_options){
        .workers = workers,
        .slots = slots,
        .stack_bytes = stack_bytes,
        .members = members < left ? members : left,
        .events = EVENTS_MAX,
    };
}

uint32_t filch_host_region_bytes(uint32_t workers, uint32_t slots, uint32_t stack_bytes)
{
    filch_options options = options_of(workers, slots, stack_bytes);
    uint64_t bytes = region_bytes(&options);
    return stack_bytes && bytes <= UINT32_MAX ? (uint32_t)bytes : 0;
}

int32_t filch_host_attach(uint32_t workers, uint32_t slots, uint32_t stack_bytes,
                          double memory_bytes)
{
    uint32_t bytes = filch_host_region_bytes(workers, slots, stack_bytes);
    if (!bytes) return FILCH_BAD_OPTIONS;
    if ((double)filch_host_region_base() + bytes > memory_bytes) return FILCH_OUT_OF_MEMORY;
    filch_options options = options_of(workers, slots, stack_bytes);
    void *region = (void *)(uintptr_t)filch_host_region_base();
    region_attach(region, &options, kernel_table, KERNELS_MAX);
    return FILCH_OK;
}

int32_t filch_host_init(void)
{
    if (!runtime || is_laid) return FILCH_BAD_OPTIONS;
    kernel_table_init();
    region_lay(runtime);
    is_laid = 1;
    return FILCH_OK;
}

/* -- observing -- */
uint32_t filch_host_total_parts(double total, uint32_t deterministic)
{
    bool fits = total >= 0 && total <= (double)RANGE_MAX;
    return reduce_parts(runtime, fits ? (uint64_t)total : 0, deterministic);
}

void filch_host_trace(uint32_t address, uint32_t events)
{
    if (events & (events - 1) || address & (TRACE_ALIGN - 1)) return;
    trace_set(runtime, (filch_event *)(uintptr_t)address, events);
}

uint32_t filch_host_traced(uint32_t worker)
{
    return worker < plan_worker_count(runtime)
               ? atom32_load(&plan_workers(runtime)[worker].trace.written)
               : 0;
}

double filch_host_counter(uint32_t worker, uint32_t counter)
{
    static const uint8_t doing[] = {COUNT_running_ns, COUNT_searching_ns, COUNT_sleeping_ns};
    check_seal();
    if (worker >= plan_worker_count(runtime) || counter >= COUNTER_COUNT) return 0;
    const filch_worker *w = &plan_workers(runtime)[worker];
    double value = (double)atom64_load(&w->trace.counters[counter]);
    /* Each once: the worker may write them meanwhile. */
    uint32_t now = *(const volatile uint32_t *)&w->trace.doing;
    double began = (double)*(const volatile uint64_t *)&w->trace.since;
    bool goes_on = began > 0 && counter == doing[now < DOING_SLEEP ? now : DOING_SLEEP];
    double since = goes_on ? (double)clock_ns() - began : 0;
    return value + (since > 0 ? since : 0);
}

/* -- tasks -- */
filch_address filch_host_submission(void) { return (uint32_t)(uintptr_t)&submission; }

static bool is_whole(double number)
{
    return number >= 0 && number <= (double)RANGE_MAX && number == __builtin_trunc(number);
}

/* The address is 8-aligned, and so many bytes from it on are memory. */
static bool is_in_memory(uint32_t address, uint64_t bytes)
{
    uint64_t end = (uint64_t)__builtin_wasm_memory_size(0) << 16;
    return !(address & 7) && address + bytes <= end;
}

/* Bytes of the accumulators that the kernel needs for this record. */
static uint64_t totals_bytes(const filch_submission_record *r)
{
    const filch_kernel *kernel = kernel_table_find(r->kernel);
    if (!kernel || !kernel->total_bytes) return 0;
    uint64_t total = (uint64_t)r->end - (uint64_t)r->begin;
    return (uint64_t)reduce_parts(runtime, total, r->deterministic) * kernel->total_bytes;
}

double filch_host_submit(void)
{
    filch_submission_record r;
    check_seal();
    __builtin_memcpy(&r, &submission, sizeof r); /* once: the page may write to it meanwhile */
    if (!is_whole(r.begin) || !is_whole(r.end) || r.begin > r.end) return -FILCH_BAD_RANGE;
    if (r.dependency_count > DEPENDENCIES_MAX) return -FILCH_BAD_ARGUMENT;
    if (!r.pieces) r.piece_count = 0;
    if (!is_in_memory(r.pieces, (uint64_t)r.piece_count * 16)) return -FILCH_BAD_ARGUMENT;
    if (!is_in_memory(r.totals, totals_bytes(&r))) return -FILCH_BAD_ARGUMENT;
    uint64_t dependencies[DEPENDENCIES_MAX];
    for (uint32_t i = 0; i < r.dependency_count; i++)
        dependencies[i] = handle_from(r.dependencies[i]);
    filch_submission asked = {
        .kernel = r.kernel,
        .begin = (uint64_t)r.begin,
        .end = (uint64_t)r.end,
        .priority = r.priority,
        .grain = r.grain,
        .args = r.args,
        .totals = (void *)(uintptr_t)r.totals,
        .deterministic = r.deterministic,
        .pieces = (const double *)(uintptr_t)r.pieces,
        .piece_count = r.piece_count,
        .dependencies = dependencies,
        .dependency_count = r.dependency_count,
    };
    filch_status why;
    uint64_t handle = submit_task(runtime, &asked, &why);
    return handle ? handle_number(handle) : -(double)why;
}

static int32_t ok_or_stale(bool known) { return known ? FILCH_OK : FILCH_STALE_HANDLE; }

int32_t filch_host_cancel(double handle)
{
    return ok_or_stale(control_try_cancel(runtime, handle_from(handle)));
}

int32_t filch_host_pause(double handle)
{
    return ok_or_stale(control_try_pause(runtime, handle_from(handle)));
}

int32_t filch_host_resume(double handle)
{
    return ok_or_stale(control_try_resume(runtime, handle_from(handle)));
}

uint32_t filch_host_pause_state(double handle)
{
    return control_pause_state(runtime, handle_from(handle));
}

int32_t filch_host_set_priority(double handle, uint32_t priority)
{
    if (priority >= PRIORITIES) return FILCH_BAD_ARGUMENT;
    return ok_or_stale(control_try_set_priority(runtime, handle_from(handle), priority));
}

uint32_t filch_host_task_priority(double handle)
{
    filch_slot *slot = slot_from(handle);
    return slot ? atom32_load(&slot->priority) : 0;
}

double filch_host_task_done(double handle)
{
    filch_slot *slot = slot_from(handle);
    return slot ? (double)atom64_load(&slot->done) : 0;
}

uint32_t filch_host_task_has_begun(double handle)
{
    filch_slot *slot = slot_from(handle);
    return slot && atom32_load(&slot->helpers);
}

uint32_t filch_host_task_workers(double handle)
{
    filch_slot *slot = slot_from(handle);
    return slot ? (uint32_t)(atom64_load(&slot->state) & STATE_WORKERS) : 0;
}

filch_address filch_host_task_args(double handle)
{
    filch_slot *slot = slot_from(handle);
    return slot ? (uint32_t)(uintptr_t)slot->args : 0;
}

uint32_t filch_host_task_pieces(double handle, uint32_t pieces, uint32_t most)
{
    return control_pieces(runtime, handle_from(handle), (double *)(uintptr_t)pieces, most);
}

filch_address filch_host_completion(void) { return (uint32_t)(uintptr_t)&completion; }

double filch_host_reap(void)
{
    check_seal();
    uint64_t handle = reap_next(runtime);
    if (!handle) return 0;
    const filch_slot *slot = &plan_slots(runtime)[handle_slot(handle)];
    uint32_t status = atom32_load(&slot->status);
    completion = (filch_completion_record){
        .handle = handle_number(handle),
        .done = (double)atom64_load(&slot->done),
        .began_ms = (double)atom64_load(&slot->began_ns) / 1e6,
        .ended_ms = (double)atom64_load(&slot->ended_ns) / 1e6,
        .failed_begin = (double)slot->failed_begin,
        .failed_end = (double)slot->failed_end,
        .status = status & 0xffff,
        .code = status >> 16,
        .helpers = atom32_load(&slot->helpers),
    };
    __builtin_memcpy(completion.args, slot->args, FILCH_ARGS_BYTES);
    return handle_number(handle);
}

int32_t filch_host_release(double handle) { return reap_release(runtime, handle_from(handle)); }

/* -- the doorbell -- */
uint32_t filch_host_awake(void) { return sleep_is_any_awake(runtime); }
filch_address filch_host_doorbell(void) { return (uint32_t)(uintptr_t)&runtime->doorbell.word; }
uint32_t filch_host_arm(void) { return reap_try_arm(runtime); }
void filch_host_notify_by_message(uint32_t on) { racy32_store(&runtime->notify_by_message, on); }

/* -- workers -- */
void filch_host_stop(void) { control_stop(runtime); }

void filch_host_worker_lost(uint32_t worker)
{
    if (worker < plan_worker_count(runtime)) recover_worker(runtime, worker);
}

void filch_host_worker_recall(uint32_t worker)
{
    if (worker < plan_worker_count(runtime)) worker_recall(runtime, worker);
}

uint32_t filch_worker_of(const filch_task *task) { return task->worker; }

/* Gives this instance the worker's stack. A leaf without a frame: the stack pointer must not
 * come back when it returns. */
__attribute__((noinline)) static void use_stack(unsigned char *top)
{
    __asm__ volatile(".globaltype __stack_pointer, i32\n"
                     "local.get %0\n"
                     "global.set __stack_pointer" : : "r"(top));
}

filch_address filch_host_stack_top(uint32_t worker)
{
    return (uint32_t)(uintptr_t)region_stack_top(runtime, worker);
}

filch_address filch_host_stack_end(uint32_t worker)
{
    return (uint32_t)(uintptr_t)region_stack_end(runtime, worker);
}

uint32_t filch_host_stack_overrun(uint32_t worker)
{
    return worker < plan_worker_count(runtime) && region_is_stack_overrun(runtime, worker);
}

void filch_host_worker_enter(uint32_t top) { use_stack((unsigned char *)(uintptr_t)top); }

uint32_t filch_host_worker_run(uint32_t worker)
{
    worker_adopt(runtime, worker); /* this thread may be another than the last one of that number */
    return worker_run(runtime, worker);
}

void filch_host_worker_return_idle(uint32_t worker, uint32_t on)
{
    worker_return_idle(runtime, worker, on);
}

filch_address filch_host_worker_parked(uint32_t worker)
{
    return (uint32_t)(uintptr_t)&plan_workers(runtime)[worker].parked;
}

void filch_host_worker_leave(uint32_t worker) { worker_leave(runtime, worker); }

double filch_host_worker_task(uint32_t worker)
{
    if (worker >= plan_worker_count(runtime)) return 0;
    const filch_worker *w = &plan_workers(runtime)[worker];
    if (!w->slot) return 0;
    const filch_slot *slot = worker_slot(runtime, w);
    return handle_number(state_handle(runtime, slot_index(runtime, tree_root(runtime, slot))));
}

void filch_host_worker_trapped(uint32_t worker, uint32_t overflow)
{
    worker_trapped(runtime, worker, overflow);
}

uint32_t filch_host_worker_slice(uint32_t worker, double budget_ms)
{
    return budget_ms >= 0 ? worker_slice_has_more(runtime, worker, (uint64_t)(budget_ms * 1e6)) : 0;
}
