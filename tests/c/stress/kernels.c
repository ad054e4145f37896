/* The kernels. Each writes its work where the owner can check it. But for KERNEL_LENGTHS none uses
 * atomics: that the runtime orders their accesses is tested too. */
#include <sched.h>

#include "stress.h"

__thread sigjmp_buf *escape;

uint64_t chain_of(uint64_t state, uint64_t iteration)
{
    return (state ^ iteration) * 6364136223846793005u + 1442695040888963407u;
}

static void burn(uint32_t steps)
{
    for (uint32_t i = 0; i < steps; i++) __asm__ volatile("" : : "r"(i));
}

/* KERNEL_FAILED's code, or 0; a trap or a death does not return. */
static int32_t happen(const loop_args *a, uint64_t begin, uint64_t end)
{
    if (a->event == EVENT_NONE || a->event_at < begin || a->event_at >= end) return FILCH_OK;
    if (a->event == EVENT_FAIL) return EVENT_CODE;
    siglongjmp(*escape, (int)a->event);
}

static uint32_t cost_of(const loop_args *a, uint64_t i)
{
    if (!a->skewed) return a->cost;
    return i % 64 ? (uint32_t)((i - a->begin) * a->cost / a->total / 16)
                  : a->cost; /* dearer towards the end, and some peaks */
}

/* All dependencies are done: plain reads, so that TSan sees whether the runtime orders them. */
static void check_dependencies_done(const loop_args *a)
{
    if (!a->self) return;
    for (uint32_t d = 0; d < a->self->dependency_count; d++) {
        const outcome *o = a->self->dependencies[d];
        if (o->kernel == KERNEL_CHAIN || o->piece_count) continue;
        for (uint64_t i = 0; i < o->posted.total; i += 1 + o->posted.total / 64) {
            CHECK(o->posted.marks[i] == 1, "begun before iteration %llu of a dependency",
                  (unsigned long long)i);
        }
    }
}

int32_t mark_chunk(const loop_args *a, uint64_t begin, uint64_t end)
{
    check_dependencies_done(a);
    int32_t code = happen(a, begin, end);
    if (code) return code;
    for (uint64_t i = begin; i < end; i++) {
        burn(cost_of(a, i));
        a->marks[i - a->begin]++;
    }
    return FILCH_OK;
}

static int32_t mark(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task;
    return mark_chunk(args, begin, end);
}

float sum_term(uint64_t iteration) { return 1.0f / (float)(1 + iteration % 977); }

static int32_t add(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    sum_total *total = task->total;
    int32_t code = mark_chunk(args, begin, end);
    if (code) return code;
    for (uint64_t i = begin; i < end; i++) total->sum += sum_term(i);
    total->count += end - begin;
    return FILCH_OK;
}
static void add_identity(void *total) { *(sum_total *)total = (sum_total){0}; }
static void add_combine(void *into, const void *from)
{
    ((sum_total *)into)->sum += ((const sum_total *)from)->sum;
    ((sum_total *)into)->count += ((const sum_total *)from)->count;
}

static int32_t chain(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task;
    loop_args *a = args;
    check_dependencies_done(a);
    int32_t code = happen(a, begin, end);
    if (code) return code;
    CHECK(a->next == begin, "a sequential loop's chunk begins at %llu, not at %llu",
          (unsigned long long)begin, (unsigned long long)a->next);
    for (uint64_t i = begin; i < end; i++) {
        burn(cost_of(a, i));
        a->state = chain_of(a->state, i);
    }
    a->next = end;
    return FILCH_OK;
}

static uint64_t sum_of(uint64_t begin, uint64_t end)
{
    return (uint64_t)(((unsigned __int128)begin + end - 1) * (end - begin) / 2);
}

static int32_t lengths(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task;
    lengths_args *a = args;
    burn(2000); /* so that a thief has time to split the range */
    __atomic_fetch_add(&a->length, end - begin, __ATOMIC_RELAXED);
    __atomic_fetch_add(&a->sum, sum_of(begin, end), __ATOMIC_RELAXED);
    return FILCH_OK;
}

static int32_t long_chain(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task;
    lengths_args *a = args;
    a->broken += a->next != begin;
    a->next = end;
    a->length += end - begin;
    a->sum += sum_of(begin, end);
    return FILCH_OK;
}

static int32_t ticket(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)begin, (void)end;
    const ticket_args *a = args;
    a->order[(*a->drawn)++] = a->ticket; /* one worker */
    return FILCH_OK;
}

/* Blocks, as no real kernel may: the loop ends only if all workers come. */
static int32_t gather(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task;
    const gather_args *a = args;
    for (uint64_t i = begin; i < end; i++) {
        __atomic_fetch_add(a->arrived, 1, __ATOMIC_SEQ_CST);
        while (__atomic_load_n(a->arrived, __ATOMIC_SEQ_CST) < a->target) sched_yield();
    }
    return FILCH_OK;
}

static int32_t slow(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)begin, (void)end;
    slow_args *a = args;
    __atomic_fetch_add(&a->begun, 1, __ATOMIC_SEQ_CST);
    burn(20000);
    return FILCH_OK;
}

#define KERNEL(name_, type, kind_) \
    &(const filch_kernel){.name = #name_, .chunk = name_, .args_bytes = sizeof(type), .kind = kind_}
const filch_kernel *const stress_kernels[KERNEL_COUNT] = {
    [KERNEL_MARK] = KERNEL(mark, loop_args, FILCH_PARALLEL),
    [KERNEL_CHAIN] = KERNEL(chain, loop_args, FILCH_SEQUENTIAL),
    [KERNEL_SUM] = &(const filch_kernel){.name = "sum",
                                         .chunk = add,
                                         .args_bytes = sizeof(loop_args),
                                         .kind = FILCH_PARALLEL,
                                         .total_bytes = sizeof(sum_total),
                                         .identity = add_identity,
                                         .combine = add_combine},
    [KERNEL_TREE] = &filch_kernel_tree,
    [KERNEL_PART] = &filch_kernel_part,
    [KERNEL_LENGTHS] = KERNEL(lengths, lengths_args, FILCH_PARALLEL),
    [KERNEL_LONG_CHAIN] = KERNEL(long_chain, lengths_args, FILCH_SEQUENTIAL),
    [KERNEL_GATHER] = KERNEL(gather, gather_args, FILCH_PARALLEL),
    [KERNEL_SLOW] = KERNEL(slow, slow_args, FILCH_PARALLEL),
    [KERNEL_TICKET] = KERNEL(ticket, ticket_args, FILCH_PARALLEL),
};
