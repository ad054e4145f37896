/* The host ABI: every function of the module that the JavaScript host calls, and the records
 * that they share.
 *
 * The host knows no offset in shared memory by heart: tools/abi.mjs generates web/wasm/abi.js
 * from the headers.
 *
 * Threads. One thread, the owner, calls the functions marked (owner): the page's main thread, or
 * Node's. None of them waits. A worker's own thread calls the functions marked (worker).
 * Numbers. A handle is a double that holds an integer > 0. Ranges are doubles that hold
 * integers. A function that returns a handle returns -status where it fails: a filch_status,
 * negated. An address is a u32, in a result a filch_address.
 * Trust. The page can write to this memory. A record is copied once, and then each field is
 * checked.
 *
 * Imports of the module, from "filch": now() -> f64, milliseconds of a monotonic clock;
 * notify(), called on a worker's thread when the owner has asked for messages in place of the
 * doorbell's futex; call(), see platform.h. From "env": memory, shared. */
#ifndef FILCH_WASM_H
#define FILCH_WASM_H

#include "core/plan.h"

#define FILCH_HOST_ABI 8

/* What the host takes for a signed number: it passes unsigned() of web/wasm/address.js, which
 * `node tools/tidy.mjs addresses` checks. */
typedef uint32_t filch_address;

#ifdef __wasm__
#define FILCH_EXPORT(name) __attribute__((export_name(#name))) name
#else
#define FILCH_EXPORT(name) name
#endif

/* -- start (owner) -- */
uint32_t FILCH_EXPORT(filch_host_abi)(void); /* FILCH_HOST_ABI of the module */
/* Address of the first byte after the module's own data, 64-aligned. */
filch_address FILCH_EXPORT(filch_host_region_base)(void);
/* Bytes of the runtime's region: slots, deques, ranges, worker stacks; 0 where an option is out
 * of its range. */
uint32_t FILCH_EXPORT(filch_host_region_bytes)(uint32_t workers, uint32_t slots,
                                               uint32_t stack_bytes);
/* First of all calls but those above: tells this instance of the region, which begins at
 * filch_host_region_base(). Each instance of a memory gets the same numbers. OK, BAD_OPTIONS, or
 * OUT_OF_MEMORY where the region does not end before memory_bytes. Any thread. */
int32_t FILCH_EXPORT(filch_host_attach)(uint32_t workers, uint32_t slots, uint32_t stack_bytes,
                                        double memory_bytes);
/* Lays the region out, once. The host's heap may begin after it. OK, or BAD_OPTIONS. */
int32_t FILCH_EXPORT(filch_host_init)(void);

/* -- what there is (any thread); describe.c -- */
uint32_t FILCH_EXPORT(filch_host_kernel_count)(void);
/* address of a text that ends with NUL; 0: none */
filch_address FILCH_EXPORT(filch_host_kernel_name)(uint32_t kernel);
uint32_t FILCH_EXPORT(filch_host_kernel_kind)(uint32_t kernel); /* filch_kind */
/* bytes of its arguments and state, 8-aligned */
uint32_t FILCH_EXPORT(filch_host_args_size)(uint32_t kernel);
uint32_t FILCH_EXPORT(filch_host_field_count)(uint32_t kernel);
filch_address FILCH_EXPORT(filch_host_field_name)(uint32_t kernel, uint32_t field);
uint32_t FILCH_EXPORT(filch_host_field_role)(uint32_t kernel, uint32_t field); /* filch_role */
uint32_t FILCH_EXPORT(filch_host_field_type)(uint32_t kernel, uint32_t field); /* filch_type */
/* from the start of the arguments */
uint32_t FILCH_EXPORT(filch_host_field_offset)(uint32_t kernel, uint32_t field);
/* A reduction's accumulator: bytes, a multiple of 8; 0: the kernel is no reduction. Then its
 * fields. */
uint32_t FILCH_EXPORT(filch_host_total_bytes)(uint32_t kernel);
uint32_t FILCH_EXPORT(filch_host_total_count)(uint32_t kernel);
filch_address FILCH_EXPORT(filch_host_total_name)(uint32_t kernel, uint32_t field);
uint32_t FILCH_EXPORT(filch_host_total_type)(uint32_t kernel, uint32_t field); /* filch_type */
/* from its start */
uint32_t FILCH_EXPORT(filch_host_total_offset)(uint32_t kernel, uint32_t field);
/* elements; 0: a number */
uint32_t FILCH_EXPORT(filch_host_total_length)(uint32_t kernel, uint32_t field);
filch_address FILCH_EXPORT(filch_host_status_name)(uint32_t status); /* 0 past the last */
filch_address FILCH_EXPORT(filch_host_status_text)(uint32_t status);
/* 0 past the last */
filch_address FILCH_EXPORT(filch_host_counter_name)(uint32_t counter);

/* -- kernels that come later (owner); kernel_table.c -- */
/* The kernel that the filch_kernel at this address describes. Its chunk function stands at that
 * index of each instance's function table before the first submission. Its number; -1: there are
 * too many; -2: that is no description of a kernel. */
int32_t FILCH_EXPORT(filch_host_define)(uint32_t kernel);
/* No task of the kernel is left; its number may be given again. */
void FILCH_EXPORT(filch_host_undefine)(uint32_t kernel);
/* A description for a kernel that was not compiled with filch.h: filch_host_kernel_bytes(fields)
 * at `at`, 8-aligned. name: an address; chunk: an index of the function table. */
uint32_t FILCH_EXPORT(filch_host_kernel_bytes)(uint32_t fields);
void FILCH_EXPORT(filch_host_build_kernel)(uint32_t at, uint32_t name, uint32_t kind,
                                           uint32_t chunk, uint32_t fields);
/* Then its fields 0, 1, ... 0: the arguments take more than FILCH_ARGS_BYTES. */
uint32_t FILCH_EXPORT(filch_host_build_field)(uint32_t at, uint32_t field, uint32_t name,
                                              uint32_t role, uint32_t type);

/* -- calls of JavaScript functions -- */
/* The arguments of the kernel filch_call, which hands a call to the host: its encoded block, and
 * the number of the module that has the function. */
typedef struct filch_call_args {
    FILCH_MEMBER_array(u8, block) FILCH_MEMBER_value(u32, module)
} filch_call_args;

/* -- observing (any thread; filch_host_trace(): owner) -- */
/* How many accumulators a reduction over `total` iterations has. */
uint32_t FILCH_EXPORT(filch_host_total_parts)(double total, uint32_t deterministic);
double FILCH_EXPORT(filch_host_counter)(uint32_t worker, uint32_t counter);
/* Workers write filch_event records at `address`, 32-aligned, `events` for each worker, a power
 * of two. 0 events: stop. The memory must stay until each worker has ended the record that it is
 * in the middle of. */
void FILCH_EXPORT(filch_host_trace)(uint32_t address, uint32_t events);
/* Records that the worker has written since the module started; the newest stand over the
 * oldest. */
uint32_t FILCH_EXPORT(filch_host_traced)(uint32_t worker);

/* -- tasks (owner) -- */
/* What the host asks for. The host writes every field before each filch_host_submit(). */
typedef struct filch_submission_record {
    double begin, end; /* [begin, end), 0 <= begin <= end <= 2^53 - 1 */
    uint32_t kernel;
    uint32_t priority;
    uint32_t grain; /* iterations per chunk; 0: it tunes itself */
    /* 1: the bits of a reduction's total do not depend on the schedule */
    uint32_t deterministic;
    uint32_t totals; /* address of a reduction's accumulators, 8-aligned; else 0 */
    /* address of pairs {f64 begin, f64 end}, ascending and apart, of a restored task: what is left
     * of its range; they stay until it has completed. 0: all of it */
    uint32_t pieces;
    uint32_t piece_count;
    uint32_t dependency_count; /* at most DEPENDENCIES_MAX */
    /* handles; a task whose slot was given back counts as done */
    double dependencies[DEPENDENCIES_MAX];
    unsigned char args[FILCH_ARGS_BYTES]; /* the kernel's argument struct */
} filch_submission_record;
filch_address FILCH_EXPORT(filch_host_submission)(void); /* address of the record */
/* Submits what the record says. A handle, or -POOL_FULL (reap first; the doorbell notifies when
 * there is space), -UNKNOWN_KERNEL, -BAD_RANGE, -BAD_ARGUMENT (priority, dependencies),
 * -STOPPED, -CORRUPT. */
double FILCH_EXPORT(filch_host_submit)(void);

/* Each OK or STALE_HANDLE. A pause brings the task, with its members, to safepoints and keeps it
 * there. */
int32_t FILCH_EXPORT(filch_host_cancel)(double handle);
int32_t FILCH_EXPORT(filch_host_pause)(double handle);
int32_t FILCH_EXPORT(filch_host_resume)(double handle);
uint32_t FILCH_EXPORT(filch_host_pause_state)(double handle); /* filch_pause_state */
/* also BAD_ARGUMENT */
int32_t FILCH_EXPORT(filch_host_set_priority)(double handle, uint32_t priority);

/* Of a task that has not been released; 0 for a stale handle. */
/* now: at least as urgent as its dependents */
uint32_t FILCH_EXPORT(filch_host_task_priority)(double handle);
double FILCH_EXPORT(filch_host_task_done)(double handle); /* iterations finished */
uint32_t FILCH_EXPORT(filch_host_task_has_begun)(double handle);
/* Bit w: worker w runs in it, or was the last to. */
uint32_t FILCH_EXPORT(filch_host_task_workers)(double handle);
filch_address
    FILCH_EXPORT(filch_host_task_args)(double handle); /* address of its arguments and state */
/* What is left of a loop in PAUSE_DONE: writes pairs {f64 begin, f64 end}, ascending, to
 * `pieces`, at most `most`. How many there are; 0: the task is not paused, or no loop. */
uint32_t FILCH_EXPORT(filch_host_task_pieces)(double handle, uint32_t pieces, uint32_t most);

/* All that the host reads of a task that has completed. */
typedef struct filch_completion_record {
    double handle;
    double done;                     /* iterations finished */
    double began_ms, ended_ms;       /* as now() counts; began_ms 0: no worker has begun */
    double failed_begin, failed_end; /* the chunk that failed */
    uint32_t status;                 /* filch_status */
    uint32_t code;                   /* KERNEL_FAILED: the kernel's own */
    uint32_t helpers;                /* bit w: worker w ran a part */
    _Alignas(8) unsigned char args[FILCH_ARGS_BYTES]; /* arguments and state at the end */
} filch_completion_record;
filch_address FILCH_EXPORT(filch_host_completion)(void); /* address of the record */
/* The handle of the next completed task, which the record is about; each task comes once. 0: there
 * is none. */
double FILCH_EXPORT(filch_host_reap)(void);
/* Gives the slot of a reaped task back. OK, STALE_HANDLE, BAD_ARGUMENT (not reaped). */
int32_t FILCH_EXPORT(filch_host_release)(double handle);

/* -- tasks that wait (owner); waits.c -- */
/* From now on tasks may wait; before, they fail with NO_WAIT. The owner calls filch_host_alarm()
 * whenever it has reaped all. */
void FILCH_EXPORT(filch_host_tell_time)(void);
/* What the owner asks of an event, by its number, and the answer. 0, but for PERMITS: the number is
 * of no event. Tasks become ready; workers hear of them by filch_host_wake(), once for all of a
 * turn. */
typedef enum filch_event_request {
    EVENT_OPEN,    /* the number of a new event, as tasks take it; 0: there are too many */
    EVENT_CLOSE,   /* 1 */
    EVENT_TO_SET,  /* 1 */
    EVENT_RESET,   /* 1 */
    EVENT_PULSE,   /* so many permits; 1 */
    EVENT_PERMITS, /* permits that are left; -1: it is set; -2: the number is of no event */
    EVENT_WAITING, /* tasks that wait for it */
} filch_event_request;
double FILCH_EXPORT(filch_host_event)(uint32_t request, uint32_t event, uint32_t permits);
void FILCH_EXPORT(filch_host_wake)(void);
/* Milliseconds until the owner is to call filch_host_ring(), more than 0. 0: no task waits for a
 * time. */
double FILCH_EXPORT(filch_host_alarm)(void);
/* Ends the waits whose time is over; then filch_host_wake(). */
void FILCH_EXPORT(filch_host_ring)(void);
/* 1: the task waits, or a part of its tree; or it goes on in a moment after a wait. */
uint32_t FILCH_EXPORT(filch_host_task_waits)(double handle);

/* -- the doorbell (owner) -- */
/* 1: some worker runs or searches, so that a short task may complete within microseconds. */
uint32_t FILCH_EXPORT(filch_host_awake)(void);
/* Address of the word that the owner waits on (Atomics.waitAsync, expected value 1). */
filch_address FILCH_EXPORT(filch_host_doorbell)(void);
/* Before each wait. 1: no completion is there, and the next one makes the word 0 and notifies.
 * 0: reap and submit what waits, now. */
uint32_t FILCH_EXPORT(filch_host_arm)(void);
/* 1: workers call the import notify() instead */
void FILCH_EXPORT(filch_host_notify_by_message)(uint32_t on);

/* -- workers (owner) -- */
/* Cancels all tasks; workers return from filch_host_worker_run() at their next safepoint. */
void FILCH_EXPORT(filch_host_stop)(void);
/* The worker returns from filch_host_worker_run() at its next safepoint, in no task. It may run
 * again, or its thread may end, and is then lost like any other. */
void FILCH_EXPORT(filch_host_worker_recall)(uint32_t worker);
/* The worker's thread has ended for good. Tasks that it ran in fail with WORKER_LOST, or
 * complete if all was done; others get what it had queued; its number may be given to a new
 * thread. */
void FILCH_EXPORT(filch_host_worker_lost)(uint32_t worker);

/* -- in a worker (worker) -- */
/* Gives the instance the worker's stack; top: filch_host_stack_top(worker), from the owner. A
 * thread's first call, ahead of filch_host_attach(): until then its instance has the owner's
 * stack. Again after a trap. */
void FILCH_EXPORT(filch_host_worker_enter)(uint32_t top);
/* A module built with binaryen's stack check calls its import __handle_stack_overflow(), which
 * throws, where a chunk would leave its stack, once the host has called its export
 * __set_stack_limits(top, end): with (2^32 - 1, 0) after instantiation, with these two after
 * filch_host_worker_enter(). Without that check, the red zone below the stack tells after the
 * chunk: it traps, and the host ends the runtime. */
filch_address FILCH_EXPORT(filch_host_stack_top)(uint32_t worker);
filch_address FILCH_EXPORT(filch_host_stack_end)(uint32_t worker);
/* 1: the worker's red zone is damaged, so no word of memory can be relied on. Any thread; after
 * each trap, and when a worker has ended. */
uint32_t FILCH_EXPORT(filch_host_stack_overrun)(uint32_t worker);
/* Works until one of these, and tells which (worker_return in sched/worker.h):
 *   WORKER_LEFT  after filch_host_worker_leave(); the worker comes back soon
 *   WORKER_HOME  after the stop or a recall
 *   WORKER_IDLE  where the worker would park, after filch_host_worker_return_idle(worker, 1). Its
 *                thread waits, as it likes, until the word at filch_host_worker_parked(worker) is
 *                not 1 any more, which is notified, or until anything else; then it calls this
 *                again. This returns WORKER_IDLE at once where no thread has unparked the worker.
 * After a trap: enter, trapped, run. */
uint32_t FILCH_EXPORT(filch_host_worker_run)(uint32_t worker);
void FILCH_EXPORT(filch_host_worker_return_idle)(uint32_t worker, uint32_t on);
/* Address of the worker's futex word, an i32. */
filch_address FILCH_EXPORT(filch_host_worker_parked)(uint32_t worker);
/* In a chunk: the worker returns from filch_host_worker_run() at its next safepoint. */
void FILCH_EXPORT(filch_host_worker_leave)(uint32_t worker);
/* The handle of the task whose chunk has trapped; 0: the trap was outside of any. */
double FILCH_EXPORT(filch_host_worker_task)(uint32_t worker);
/* Fails the task whose chunk has trapped. Called only where the red zone is whole. overflow: the
 * stack check has thrown. */
void FILCH_EXPORT(filch_host_worker_trapped)(uint32_t worker, uint32_t overflow);
/* Cooperative mode, on the owner's thread: works for about budget_ms, and never waits. 1: there
 * is more to do. */
uint32_t FILCH_EXPORT(filch_host_worker_slice)(uint32_t worker, double budget_ms);

#endif
