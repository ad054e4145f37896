/* The cases of random mixes, each with its profile. */
#include "mix.h"

#define LONGEST (stress.hostile ? 3000 : 1000000)
#define PROFILE(name, ...) \
    static void name(void) { mix(&(profile){__VA_ARGS__}); }
PROFILE(parallel, .skewed = 50, .slots = 64, .longest = LONGEST, .posts = 40)
PROFILE(sequential, .sequential = 100, .skewed = 30, .slots = 64, .longest = LONGEST / 10,
        .posts = 60)
PROFILE(small_tasks, .sequential = 20, .slots = 256, .longest = 40, .posts = 2000)
PROFILE(cancels, .sequential = 30, .skewed = 50, .cancel = 50, .cancel_at_once = 10, .slots = 64,
        .longest = LONGEST, .posts = 80)
PROFILE(cancel_storm, .sequential = 30, .cancel = 30, .cancel_at_once = 95, .slots = 8,
        .longest = 1000, .posts = 2000)
PROFILE(failures, .sequential = 30, .fail = 25, .trap = 25, .cancel = 10, .slots = 64,
        .longest = LONGEST / 10, .posts = 80)
PROFILE(deaths, .sequential = 30, .fail = 5, .trap = 5, .die = 10, .cancel = 10, .slots = 16,
        .longest = LONGEST / 100, .posts = 60)
PROFILE(back_pressure, .sequential = 40, .cancel = 10, .slots = 3, .longest = 2000, .posts = 300)
PROFILE(changes, .sequential = 20, .sums = 20, .restored = 30, .skewed = 30, .change = 60,
        .slots = 64, .longest = LONGEST / 10, .posts = 100)
PROFILE(graphs, .sequential = 20, .sums = 10, .trees = 10, .fail = 2, .trap = 2, .depend = 70,
        .change = 10, .cancel = 2, .slots = 64, .longest = LONGEST / 100, .posts = 300)
PROFILE(sums, .sums = 100, .skewed = 50, .change = 20, .cancel = 2, .slots = 16,
        .longest = LONGEST / 10, .posts = 60)
PROFILE(trees, .trees = 100, .change = 20, .slots = 64, .members = 200, .longest = LONGEST / 100,
        .posts = 60)
PROFILE(few_slots, .trees = 80, .change = 20, .cancel = 5, .slots = 12, .members = 30,
        .longest = 3000, .posts = 100)
PROFILE(trees_fail, .sequential = 10, .trees = 60, .fail = 10, .trap = 10, .die = 5, .change = 20,
        .cancel = 10, .slots = 64, .members = 60, .longest = LONGEST / 100, .posts = 80)
PROFILE(storms, .sequential = 20, .sums = 10, .trees = 40, .depend = 20, .change = 10, .storm = 30,
        .cancel = 3, .slots = 24, .members = 60, .longest = LONGEST / 10, .posts = 100)
PROFILE(everything, .sequential = 20, .sums = 20, .trees = 20, .restored = 20, .skewed = 30,
        .fail = 5, .trap = 5, .die = 5, .depend = 40, .change = 30, .storm = 2, .cancel = 10,
        .cancel_at_once = 2, .stop = 10, .slots = 40, .members = 60, .longest = LONGEST / 10,
        .posts = 100)
PROFILE(thirty, .sequential = 20, .sums = 10, .trees = 30, .skewed = 30, .fail = 3, .trap = 3,
        .die = 10, .depend = 10, .change = 10, .storm = 5, .cancel = 5, .stop = 10, .workers = 30,
        .slots = 64, .members = 200, .longest = LONGEST / 100, .posts = 80)
PROFILE(stops, .sequential = 30, .trees = 30, .fail = 3, .trap = 3, .die = 3, .change = 20,
        .cancel = 5, .stop = 100, .slots = 64, .members = 60, .longest = LONGEST, .posts = 40)

const stress_case_of mix_cases[] = {
    {.name = "parallel loops: each iteration runs once", .round = parallel, .timed = true},
    {.name = "sequential loops: each state comes from the one before",
     .round = sequential,
     .timed = true},
    {.name = "many small tasks", .round = small_tasks, .timed = true},
    {.name = "a cancelled task has run whole chunks, as many as its slot says",
     .round = cancels,
     .timed = true},
    {.name = "a cancel right after the post", .round = cancel_storm, .timed = true},
    {.name = "a failing or trapping kernel costs its task alone", .round = failures, .timed = true},
    {.name = "a worker's death costs the task it ran, and hangs nothing",
     .round = deaths,
     .timed = true},
    {.name = "one to three slots: posts wait for a free one",
     .round = back_pressure,
     .timed = true},
    {.name = "pauses, resumes, and other priorities: nothing is lost",
     .round = changes,
     .timed = true},
    {.name = "a task begins when its dependencies are done", .round = graphs, .timed = true},
    {.name = "sums: each iteration is in the sum once, deterministic sums have their bits",
     .round = sums,
     .timed = true},
    {.name = "fork-join: each iteration of a tree runs once", .round = trees, .timed = true},
    {.name = "fork-join with few slots: other children run in place",
     .round = few_slots,
     .timed = true},
    {.name = "a tree that fails or loses a worker ends, and hangs nothing",
     .round = trees_fail,
     .timed = true},
    {.name = "storms of priorities: nothing is lost", .round = storms, .timed = true},
    {.name = "everything at once", .round = everything, .timed = true},
    {.name = "thirty workers, and deaths: nothing waits for ever", .round = thirty, .timed = true},
    {.name = "a stop in the middle: all tasks complete, all workers return",
     .round = stops,
     .timed = true},
    {.name = 0},
};
