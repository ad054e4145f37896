#include "program_kernels.h"
#include "scene.h"

/* A leaf of the task's tree. */
static int32_t run_leaf(filch_task *view, uint32_t number, uint32_t leaf)
{
    oracle_enters(number, view);
    return program_run_unit(number, view, leaf);
}

/* A binary tree of depth n; `path`: the leaves to its left. */
FILCH_FORK(grow, uint64_t, (uint32_t task, n, path;), (uint64_t a, b;))
{
    FILCH_BEGIN;
    oracle_enters(f->task, task);
    if (!f->n) {
        int32_t code = run_leaf(task, f->task, f->path);
        if (code) FILCH_FAIL(code);
        FILCH_RETURN(1);
    }
    FILCH_SPAWN(grow, f->task, f->n - 1, f->path);
    FILCH_CALL(f->b, grow, f->task, f->n - 1, f->path + (1u << (f->n - 1)));
    FILCH_JOIN(f->a, grow);
    EXPLORE_CHECK(f->a && f->b); /* a frame that goes on has got its children's results */
    FILCH_RETURN(f->a + f->b);
    FILCH_END;
}

#undef filch_fields_of
#define filch_fields_of filch_fields_of_grown
FILCH_FORK_KERNEL(grown, PROGRAM_TREE_ARGS)
{
    FILCH_BEGIN;
    FILCH_CALL(f->result, grow, f->task, f->n, 0);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

/* Three children at once, joined in turn, and one more. */
#undef filch_fields_of
#define filch_fields_of filch_fields_of_widened
FILCH_FORK_KERNEL(widened, PROGRAM_TREE_ARGS)
{
    FILCH_BEGIN;
    FILCH_SPAWN(grow, f->task, 0, 0);
    FILCH_SPAWN(grow, f->task, 0, 1);
    FILCH_SPAWN(grow, f->task, 0, 2);
    FILCH_CALL(f->a, grow, f->task, 0, 3);
    f->result += f->a;
    for (f->i = 0; f->i < 3; f->i++) {
        FILCH_JOIN(f->a, grow);
        f->result += f->a;
    }
    FILCH_SPAWN(grow, f->task, 0, 4);
    FILCH_CALL(f->a, grow, f->task, 0, 5);
    FILCH_JOIN(f->b, grow);
    f->result += f->a + f->b;
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

/* One loop after the other. */
#undef filch_fields_of
#define filch_fields_of filch_fields_of_phased
FILCH_FORK_KERNEL(phased, PROGRAM_TREE_ARGS)
{
    FILCH_BEGIN;
    oracle_enters(f->task, task);
    for (f->i = 0; f->i < 2; f->i++) FILCH_LOOP(visited, 0, 2, f->task, 2 * f->i, 2 * f->i);
    f->result = 1;
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

/* A tree whose leaves post loops, and do not wait for them. `n`: of the whole tree. */
FILCH_FORK(branch, uint64_t, (uint32_t task, n, path, whole;), (uint64_t a, b;))
{
    FILCH_BEGIN;
    oracle_enters(f->task, task);
    if (!f->n) {
        int32_t code = run_leaf(task, f->task, f->path);
        if (code) FILCH_FAIL(code);
        visited_args args = {.task = f->task, .base = (1u << f->whole) + 2 * f->path};
        code = filch_post_loop(task, &filch_kernel_visited, 0, 2, &args);
        if (code) FILCH_FAIL(code);
        FILCH_RETURN(1);
    }
    FILCH_SPAWN(branch, f->task, f->n - 1, f->path, f->whole);
    FILCH_CALL(f->b, branch, f->task, f->n - 1, f->path + (1u << (f->n - 1)), f->whole);
    FILCH_JOIN(f->a, branch);
    EXPLORE_CHECK(f->a && f->b);
    FILCH_RETURN(f->a + f->b);
    FILCH_END;
}

#undef filch_fields_of
#define filch_fields_of filch_fields_of_branched
FILCH_FORK_KERNEL(branched, PROGRAM_TREE_ARGS)
{
    FILCH_BEGIN;
    FILCH_CALL(f->result, branch, f->task, f->n, 0, f->n);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
