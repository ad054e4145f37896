/* The host ABI: what the JavaScript host calls. The host never knows an offset in shared memory: it asks here.
 *
 * Threads. "Owner" functions are called by one thread only, the one that called filch_init() (the page's main thread, or
 * Node's); none of them waits. "Worker" functions are called on the thread of the worker that they name.
 * Numbers. A handle is a double that holds an integer: generation * 2^16 + slot, > 0. Ranges are doubles that hold integers.
 * A function that returns a handle returns -status (a filch_status > 0, negated) where it fails. An address is a u32.
 *
 * Imports (module "filch"): now() -> f64, milliseconds of a monotonic clock; ring(), called on a worker's thread when the
 * owner has asked for messages in place of the doorbell's futex. Import env.memory: shared. */
#ifndef FILCH_HOST_H
#define FILCH_HOST_H

#include "filch.h"

#define FILCH_ABI 4

#ifdef __wasm__
#define FILCH_EXPORT(name) __attribute__((export_name(#name))) name
#else
#define FILCH_EXPORT(name) name
#endif

/* -- start (owner) -- */
uint32_t FILCH_EXPORT(filch_abi)(void);                   /* FILCH_ABI of the module */
uint32_t FILCH_EXPORT(filch_region_base)(void);           /* address of the first byte after the module's own data, 64-aligned */
/* Bytes that the runtime's region takes: descriptors, deques, frames, worker stacks; 0 where an option is out of its range. */
uint32_t FILCH_EXPORT(filch_region_bytes)(uint32_t workers, uint32_t slots, uint32_t stack_bytes);
/* Lays the region out at filch_region_base(). Once. The host's heap may begin at filch_region_base() + filch_region_bytes().
 * OK, BAD_OPTIONS, or OUT_OF_MEMORY where the region does not end before memory_bytes. */
int32_t FILCH_EXPORT(filch_init)(uint32_t workers, uint32_t slots, uint32_t stack_bytes, double memory_bytes);

/* -- what there is (any thread) -- */
uint32_t FILCH_EXPORT(filch_kernel_count)(void);
uint32_t FILCH_EXPORT(filch_kernel_name)(uint32_t kernel); /* address of a NUL-terminated string; 0 where there is none */
uint32_t FILCH_EXPORT(filch_kernel_kind)(uint32_t kernel); /* filch_kind: 0 parallel, 1 sequential, 2 fork */
uint32_t FILCH_EXPORT(filch_args_size)(uint32_t kernel);   /* bytes of its arguments and state, up to a multiple of 8 */
uint32_t FILCH_EXPORT(filch_field_count)(uint32_t kernel);
uint32_t FILCH_EXPORT(filch_field_name)(uint32_t kernel, uint32_t field);
uint32_t FILCH_EXPORT(filch_field_role)(uint32_t kernel, uint32_t field);   /* filch_role: 0 value, 1 array, 2 option, 3 state */
uint32_t FILCH_EXPORT(filch_field_type)(uint32_t kernel, uint32_t field);   /* index for filch_type_name() */
uint32_t FILCH_EXPORT(filch_field_offset)(uint32_t kernel, uint32_t field); /* bytes from the start of the arguments; an array is
                                                                               {u32 address, u32 length in elements} */
uint32_t FILCH_EXPORT(filch_type_name)(uint32_t type);     /* "u8" ... "f64"; 0 past the last */
uint32_t FILCH_EXPORT(filch_status_name)(uint32_t status); /* "OK", "CANCELLED" ...; 0 past the last */
uint32_t FILCH_EXPORT(filch_status_text)(uint32_t status);
uint32_t FILCH_EXPORT(filch_counter_name)(uint32_t counter); /* of a worker's counters; 0 past the last */
double FILCH_EXPORT(filch_counter)(uint32_t worker, uint32_t counter);
/* Notes what workers do into the memory at `address`, 8-aligned: `events` records for each worker, a power of two, 32 bytes each:
 * {f64 begin, f64 end: nanoseconds; f64 what; u32 kind; u32 iterations}, see trace.h. 0 events: stops. The memory must stay until a
 * worker that is in the middle of a record has ended it. */
void FILCH_EXPORT(filch_trace)(uint32_t address, uint32_t events);
uint32_t FILCH_EXPORT(filch_traced)(uint32_t worker); /* records that it has written since the module started; the newest over the oldest */
/* A reduction's accumulator: bytes, 0 = the kernel is no reduction; a multiple of 8. Its fields, numbers or fixed arrays of them. */
uint32_t FILCH_EXPORT(filch_total_bytes)(uint32_t kernel);
uint32_t FILCH_EXPORT(filch_total_count)(uint32_t kernel);                  /* fields */
uint32_t FILCH_EXPORT(filch_total_name)(uint32_t kernel, uint32_t field);
uint32_t FILCH_EXPORT(filch_total_type)(uint32_t kernel, uint32_t field);   /* index for filch_type_name() */
uint32_t FILCH_EXPORT(filch_total_offset)(uint32_t kernel, uint32_t field); /* bytes from the accumulator's start */
uint32_t FILCH_EXPORT(filch_total_length)(uint32_t kernel, uint32_t field); /* elements of an array; 0: a number */
/* How many accumulators a reduction over `total` iterations needs: as many as workers, or, deterministic, as its range says. */
uint32_t FILCH_EXPORT(filch_total_parts)(double total, uint32_t deterministic);

/* -- kernels that come later (owner) -- */
/* The kernel that the filch_kernel at this address describes; its chunk function stands at that index of each instance's function
 * table, before the first post. Its number; -1: there are too many. */
int32_t FILCH_EXPORT(filch_define)(uint32_t kernel);
void FILCH_EXPORT(filch_undefine)(uint32_t kernel); /* no task of it is there any more; its number may be given again */
/* A description for what was not compiled with filch.h: of filch_kernel_bytes(fields) at `at`, 8-aligned; `name` and `chunk`: an
 * address, an index of the function table. Then its fields, 0, 1, ...: 0 where the arguments take more than FILCH_ARGS_BYTES. */
uint32_t FILCH_EXPORT(filch_kernel_bytes)(uint32_t fields);
void FILCH_EXPORT(filch_build_kernel)(uint32_t at, uint32_t name, uint32_t kind, uint32_t chunk, uint32_t fields);
uint32_t FILCH_EXPORT(filch_build_field)(uint32_t at, uint32_t field, uint32_t name, uint32_t role, uint32_t type);

/* -- tasks (owner) -- */
uint32_t FILCH_EXPORT(filch_args)(void);       /* address where the host writes a post's arguments, zeroed by filch_post() */
uint32_t FILCH_EXPORT(filch_args_bytes)(void); /* its size: FILCH_ARGS_BYTES */
/* Posts a loop over [begin, end) with the arguments at filch_args(). priority: 0 high, 1 normal, 2 low. grain: iterations per
 * chunk, 0 = tunes itself. Returns a handle, or -POOL_FULL (filch_reap() first; the doorbell rings when there is room),
 * -UNKNOWN_KERNEL, -BAD_RANGE, -BAD_ARGUMENT (priority), -STOPPED. */
double FILCH_EXPORT(filch_post)(uint32_t kernel, double begin, double end, uint32_t priority, uint32_t grain);
/* What the next filch_post() takes besides; forgotten after it, whether it succeeds or not.
 * A reduction's accumulators: parts * total_bytes bytes at `address`, 64-aligned. The result stands in the first. */
void FILCH_EXPORT(filch_post_totals)(uint32_t address, uint32_t deterministic);
/* It begins only when this task has settled as done; if that ends otherwise, it fails with DEPENDENCY_FAILED. At most 16 calls.
 * OK (also where that task is done already), STALE_HANDLE, BAD_ARGUMENT (too many). Priority: that task becomes at least as urgent. */
int32_t FILCH_EXPORT(filch_post_after)(double handle);
/* A restored task: of the range posted only these pieces, ascending and apart, are left to run. `pieces` is the address of
 * `count` pairs {f64 begin, f64 end}, 8-aligned, that stays until the task has settled. A deterministic reduction's accumulators
 * must be what they were. */
void FILCH_EXPORT(filch_post_pieces)(uint32_t pieces, uint32_t count);
int32_t FILCH_EXPORT(filch_cancel)(double handle); /* OK (also when it has settled already), STALE_HANDLE */
/* Brings a task, with all that it spawned, to its next boundaries, and keeps it there; the slot stays its own. OK, STALE_HANDLE */
int32_t FILCH_EXPORT(filch_pause)(double handle);
int32_t FILCH_EXPORT(filch_resume)(double handle);
uint32_t FILCH_EXPORT(filch_paused)(double handle); /* 0: it is not to pause; 1: some worker is still in a chunk; 2: nobody works on it */
/* Of a queued or running task; what it spawned and what it waits for follows. OK, STALE_HANDLE, BAD_ARGUMENT */
int32_t FILCH_EXPORT(filch_set_priority)(double handle, uint32_t priority);
uint32_t FILCH_EXPORT(filch_task_priority)(double handle); /* as it is now: at least as urgent as what waits for it */
/* What is left of a paused loop (filch_paused() == 2), to be saved: writes pairs {f64 begin, f64 end}, ascending, to `pieces`, at
 * most `most` of them; answers how many there are, or 0 where it cannot be saved: not paused, or of kind fork. */
uint32_t FILCH_EXPORT(filch_task_pieces)(double handle, uint32_t pieces, uint32_t most);
double FILCH_EXPORT(filch_reap)(void);             /* handle of the next task that has settled, 0 = none; each comes once */
int32_t FILCH_EXPORT(filch_release)(double handle); /* gives a reaped task's slot back; OK, STALE_HANDLE, BAD_ARGUMENT (not reaped) */
/* Read a task's record. With a stale handle: STALE_HANDLE, or 0 for numbers. */
int32_t FILCH_EXPORT(filch_task_status)(double handle);
double FILCH_EXPORT(filch_task_done)(double handle);    /* iterations finished so far */
double FILCH_EXPORT(filch_task_began)(double handle);   /* milliseconds, as now() counts: when the first worker began; 0: not yet */
double FILCH_EXPORT(filch_task_ended)(double handle);   /* the same: when it had settled */
uint32_t FILCH_EXPORT(filch_task_helpers)(double handle); /* bit w: worker w ran a part of it */
uint32_t FILCH_EXPORT(filch_task_code)(double handle);  /* KERNEL_FAILED: what the kernel returned */
double FILCH_EXPORT(filch_task_failed_begin)(double handle); /* the chunk that failed: [failed_begin, failed_end) */
double FILCH_EXPORT(filch_task_failed_end)(double handle);
uint32_t FILCH_EXPORT(filch_task_args)(double handle);  /* address of its arguments and state; 0 for a stale handle */

/* -- the doorbell (owner) -- */
uint32_t FILCH_EXPORT(filch_awake)(void);    /* 1: some worker runs or searches, so a short task may end in a few microseconds */
uint32_t FILCH_EXPORT(filch_doorbell)(void); /* address of the word that the owner waits on (Atomics.waitAsync, expected value 1) */
/* Before each wait. 1: nothing to reap, and the bell will ring (word set to 0 and notified) for the next thing; 0: reap and post
 * what waits, now. */
uint32_t FILCH_EXPORT(filch_arm)(void);
void FILCH_EXPORT(filch_ring_by_message)(uint32_t on); /* 1: workers call the import ring() in place of notifying */

/* -- workers (owner) -- */
void FILCH_EXPORT(filch_stop)(void); /* workers return from filch_worker_run() at their next boundary; running tasks are cancelled */
/* The worker returns from filch_worker_run() at its next boundary, and works on nothing. It may run again; or its thread may end, and
 * then it is lost like any other. */
void FILCH_EXPORT(filch_worker_recall)(uint32_t worker);
/* After worker w's thread has ended for good: tasks that it took part in fail with WORKER_LOST (or settle as they had), what it
 * had queued is offered to the others, and its number may be given to a new thread. */
void FILCH_EXPORT(filch_worker_lost)(uint32_t worker);

/* -- in a worker (its own thread) -- */
void FILCH_EXPORT(filch_worker_enter)(uint32_t worker);   /* gives the instance its stack and thread-local block; call first, once,
                                                             and again after a trap */
/* A module built with binaryen's stack check traps where a chunk would leave its stack, once the host has called its export
 * __set_stack_limits(top, end): with (2^32 - 1, 0) after instantiation, with these after filch_worker_enter(). Without the check,
 * a guard below the stack tells at the next boundary. */
uint32_t FILCH_EXPORT(filch_stack_top)(uint32_t worker);
uint32_t FILCH_EXPORT(filch_stack_end)(uint32_t worker);
/* Works until filch_stop() or filch_worker_recall(): 1; or until filch_worker_leave(): 0. After a trap: enter, trapped, run again. */
uint32_t FILCH_EXPORT(filch_worker_run)(uint32_t worker);
void FILCH_EXPORT(filch_worker_leave)(uint32_t worker); /* from within a chunk: it returns from filch_worker_run() at its boundary */
void FILCH_EXPORT(filch_worker_trapped)(uint32_t worker); /* fails the task whose chunk trapped */
/* Cooperative mode, on the owner's thread: works for about budget_ms; never waits. 1: there is more to do, 0: nothing to do. */
uint32_t FILCH_EXPORT(filch_worker_slice)(uint32_t worker, double budget_ms);

#endif
