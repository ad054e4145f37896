/* A fork kernel: it halves its range, spawns and calls the halves in turns, runs some parts as loops, and marks each iteration. */
#include "stress.h"

#define PART_ARGS(F) F(value, u64, common)
FILCH_KERNEL(parallel, part, PART_ARGS)
{
    (void)task;
    return mark_chunk((const loop_args *)(uintptr_t)args->common, begin, end);
}

/* How many iterations it has run. */
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
    if (f->end % 16 == 9) { /* nobody waits for this one, but the whole tree */
        int32_t code = filch_post_loop(task, &filch_kernel_part, f->begin, f->end, &(part_args){(uint64_t)(uintptr_t)f->common});
        if (code) FILCH_FAIL(code);
        FILCH_RETURN(f->end - f->begin);
    }
    FILCH_SPAWN(halve, f->common, f->begin, f->begin + (f->end - f->begin) / 3);
    FILCH_SPAWN(halve, f->common, f->begin + (f->end - f->begin) / 3, f->begin + (f->end - f->begin) / 2);
    FILCH_CALL(f->c, halve, f->common, f->begin + (f->end - f->begin) / 2, f->end);
    FILCH_JOIN(f->b, halve);
    FILCH_JOIN(f->a, halve);
    FILCH_RETURN(f->a + f->b + f->c);
    FILCH_END;
}

#undef filch_fields_of
#define filch_fields_of filch_fields_of_tree
#define TREE_ARGS(F) F(value, u64, common) F(state, u64, got) F(state, u64, ran) F(state, u64, loops)
FILCH_FORK_KERNEL(tree, TREE_ARGS)
{
    FILCH_BEGIN;
    FILCH_SPAWN(halve, (const loop_args *)(uintptr_t)f->common, 0, (uint32_t)((const loop_args *)(uintptr_t)f->common)->total / 2);
    for (; f->loops < 2; f->loops++) {
        FILCH_LOOP(part, 0, 0, f->common); /* empty ones are over at once */
    }
    FILCH_CALL(f->got, halve, (const loop_args *)(uintptr_t)f->common, (uint32_t)((const loop_args *)(uintptr_t)f->common)->total / 2,
               (uint32_t)((const loop_args *)(uintptr_t)f->common)->total);
    f->ran += f->got;
    FILCH_JOIN(f->got, halve);
    f->ran += f->got;
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
