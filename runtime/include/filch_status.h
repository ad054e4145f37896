/* Every status that the runtime returns: code, name, sentence. The codes are part of the host ABI:
 * append only. JavaScript reads names and sentences by filch_host_status_name() and
 * filch_host_status_text(). */
#ifndef FILCH_STATUS_H
#define FILCH_STATUS_H

#define FILCH_STATUSES(X)                                                                          \
    X(0, OK, "done")                                                                               \
    X(1, PENDING, "the task is queued or running")                                                 \
    X(2, CANCELLED, "the task was cancelled; it ran whole chunks only")                            \
    X(3, KERNEL_FAILED, "the kernel returned a code other than 0")                                 \
    X(4, KERNEL_TRAPPED, "the kernel trapped")                                                     \
    X(5, WORKER_LOST, "a worker that ran a part of the task died")                                 \
    X(6, POOL_FULL, "every task slot is in use")                                                   \
    X(7, UNKNOWN_KERNEL, "no kernel has this number")                                              \
    X(8, BAD_RANGE, "a range needs 0 <= begin <= end <= 2^53 - 1, both whole numbers")             \
    X(9, BAD_ARGUMENT, "an argument is out of its range")                                          \
    X(10, STALE_HANDLE, "this handle's task was released")                                         \
    X(11, BAD_OPTIONS, "workers must be 1 to 30, task slots 1 to 65535, stack bytes 16384 to 16777216") \
    X(12, OUT_OF_MEMORY, "the memory is too small for the runtime's region")                       \
    X(13, STACK_OVERFLOW, "a kernel overran its worker's stack")                                   \
    X(14, STOPPED, "the runtime is stopped")                                                       \
    X(15, CORRUPT, "shared memory was overwritten: a word of the task names nothing that exists")  \
    X(16, DEPENDENCY_FAILED, "a task that it depends on was not done")                             \
    X(17, NOT_JOINED, "a fork function returned before it had joined all its children")            \
    X(18, TOO_MANY_CHILDREN, "a fork function has more than 128 children that it has not joined")  \
    X(19, TOO_DEEP, "a recursion is deeper than the worker's records and the task slots allow")    \
    X(20, WOULD_BLOCK, "a thread that must not wait would have to: a browser's main thread, or one that is in a kernel") \
    X(21, NO_THREADS, "no thread could be started")                                                \
    X(22, BAD_CODE, "the kernel returned a code that is not from 0 to 65535")                      \
    X(23, NO_WAIT, "a task waits that cannot: a parallel loop, a loop inside another task's chunk, or one of a runtime without events")

typedef enum filch_status {
#define FILCH_STATUS_ENUM(code, name, text) FILCH_##name = code,
    FILCH_STATUSES(FILCH_STATUS_ENUM)
#undef FILCH_STATUS_ENUM
} filch_status;

/* The greatest code of a kernel's own. */
#define FILCH_CODE_MAX 65535

/* The status word of a task whose kernel returned this code, which is not FILCH_OK. */
#define FILCH_STATUS_OF(code)                                                             \
    ((uint32_t)(code) - 1 < FILCH_CODE_MAX ? FILCH_KERNEL_FAILED | (uint32_t)(code) << 16 \
                                           : (uint32_t)FILCH_BAD_CODE)

#endif
