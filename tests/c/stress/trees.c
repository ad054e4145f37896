/* A fork kernel: halves its range, spawns and calls the halves in turns, runs some parts as loops,
 * and marks each iteration. */
#include "stress.h"

#define PART_ARGS(F) F(value, u64, common)
FILCH_KERNEL(parallel, part, PART_ARGS)
{
    (void)task;
    return mark_chunk((const loop_args *)(uintptr_t)args->common, begin, end);
}

/* The number of iterations that the call has run. */
FILCH_FORK(halve, uint64_t, (const loop_args *common; uint32_t begin, end;), (uint64_t a, b, c;))
{
    FILCH_BEGIN;
    if (f->end - f->begin <= f->common->cost) {
        int32_t code = f->begin < f->end ? mark_chunk(f->common, f->begin, f->end) : FILCH_OK;
        if (code) FILCH_FAIL(code);
        FILCH_RETURN(f->end - f->begin);
    }
    if (f->end % 16 == 7) {
        FILCH_LOOP(part, f->begin, f->end, (uint64_t)(uintptr_t)f->common);
        FILCH_RETURN(f->end - f->begin);
    }
    if (f->end % 16 == 9) { /* no call waits for this loop, but the whole tree does */
        const part_args args = {.common = (uint64_t)(uintptr_t)f->common};
        int32_t code = filch_post_loop(task, &filch_kernel_part, f->begin, f->end, &args);
        if (code) FILCH_FAIL(code);
        FILCH_RETURN(f->end - f->begin);
    }
    FILCH_SPAWN(halve, f->common, f->begin, f->begin + (f->end - f->begin) / 3);
    FILCH_SPAWN(halve, f->common, f->begin + (f->end - f->begin) / 3,
                f->begin + (f->end - f->begin) / 2);
    FILCH_CALL(f->c, halve, f->common, f->begin + (f->end - f->begin) / 2, f->end);
    FILCH_JOIN(f->b, halve);
    FILCH_JOIN(f->a, halve);
    FILCH_RETURN(f->a + f->b + f->c);
    FILCH_END;
}

#undef filch_fields_of
#define filch_fields_of filch_fields_of_tree
#define TREE_ARGS(F) \
    F(value, u64, common) F(state, u64, got) F(state, u64, ran) F(state, u64, loops)
static const loop_args *common_of(uint64_t address)
{
    return (const loop_args *)(uintptr_t)address;
}
FILCH_FORK_KERNEL(tree, TREE_ARGS)
{
    FILCH_BEGIN;
    FILCH_SPAWN(halve, common_of(f->common), 0, (uint32_t)common_of(f->common)->total / 2);
    for (; f->loops < 2; f->loops++) {
        FILCH_LOOP(part, 0, 0, f->common); /* an empty loop ends at once */
    }
    FILCH_CALL(f->got, halve, common_of(f->common), (uint32_t)common_of(f->common)->total / 2,
               (uint32_t)common_of(f->common)->total);
    f->ran += f->got;
    FILCH_JOIN(f->got, halve);
    f->ran += f->got;
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
