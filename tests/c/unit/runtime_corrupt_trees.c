/* Corrupt words of trees, dependencies, and pauses: see runtime_corrupt.c. */
#include "runtime_trees.h"

static const uint32_t garbage[] = {
    0,       1,       2,          3,           4,           5,           6,           7,
    8,       9,       16,         17,          100,         0x7fff,      0xffff,      0x10000,
    0x10001, 0x20000, 0x7fffffff, 0x80000000u, 0x80000001u, 0xdeadbeefu, 0xfffffffeu, 0xffffffffu};
enum { GARBAGE = sizeof garbage / sizeof *garbage, SLOTS = 40 };
#define EACH_GARBAGE(g) \
    for (uint32_t g##_ = 0, g = 0; g##_ < GARBAGE && (g = garbage[g##_], true); g##_++)

/* A tree that has begun, with frames that wait and members that are queued or private; a paused
 * loop; and three blocked tasks. */
static uint64_t tree, paused_loop, blocked[3], every[5];

/* Worker 1 takes a part of worker 0's tree; then both workers leave the tree for more urgent
 * tasks. */
static int leaf;
static void part_ways(void)
{
    leaf++;
    if (leaf == 3) worker_slice_has_more(rt, 1, 30000);
    if (leaf != 8 && leaf != 12) return;
    setup s = plain(0, 1);
    s.priority = 0;
    s.args.cost = 1000000; /* longer than any time slice */
    must_post(s);
    request_preempt(rt, leaf == 8);
}

static void start_busy(void)
{
    start(2, SLOTS);
    leaf = 0;
    test_leaf = part_ways;
    sleep_prepare_park(rt, 1); /* so worker 0 publishes children */
    tree = post_tree(9, 1000, 0);
    worker_slice_has_more(rt, 0, 20000);
    test_leaf = 0;
    setup s = plain(0, 40);
    s.priority = 0;
    s.args.cost = 1000000;
    paused_loop = must_post(s);
    worker_slice_has_more(rt, 0, 3000000);
    control_try_pause(rt, paused_loop);
    blocked[0] = post_depending(plain(0, 3), &paused_loop, 1);
    blocked[1] = post_depending(plain(0, 3), (uint64_t[]){tree, blocked[0]}, 2);
    blocked[2] = post_depending(plain(0, 3), blocked, 2);
    uint64_t all[] = {tree, paused_loop, blocked[0], blocked[1], blocked[2]};
    memcpy(every, all, sizeof all);
}

/* Calls all that may be called. A corrupt tree may never end, but no call may crash, hang, or leave
 * the region. */
static void use_all(void)
{
    test_corrupts = true;
    double pieces[8];
    setup s = plain(0, 3);
    filch_status why;
    for (int i = 0; i < 10; i++) {
        if (i == 1) control_try_pause(rt, tree);
        if (i == 2) control_try_resume(rt, tree);
        if (i == 3) control_try_resume(rt, paused_loop);
        control_try_set_priority(rt, every[i % 5], (uint32_t)i % PRIORITIES);
        control_pause_state(rt, every[i % 5]);
        control_pieces(rt, every[i % 5], pieces, 4);
        worker_slice_has_more(rt, (uint32_t)i % 2, 30000);
        try_post(&s, &why);
        reap_release(rt, reap_next(rt));
        reap_try_arm(rt);
        if (i > 5) control_try_cancel(rt, every[i % 5]);
    }
    recover_worker(rt, 1);
    worker_adopt(rt, 1);
    for (uint32_t i = 0; i < 6; i++) {
        worker_slice_has_more(rt, i % 2, 30000);
        reap_release(rt, reap_next(rt));
        reap_try_arm(rt);
    }
    control_stop(rt);
    for (uint32_t i = 0; i < 6; i++) worker_slice_has_more(rt, i % 2, 30000);
    assert_false(test_out_of_range);
}

/* The tree has the words that the other tests corrupt: else those would prove nothing. */
static void the_busy_tree_has_all_kinds_of_words(void **state)
{
    (void)state;
    uint32_t joined = 0, children = 0, awaited = 0, siblings = 0, members = 0;
    start_busy();
    for (uint32_t i = 0; i < SLOTS; i++) {
        const filch_slot *slot = &plan_slots(rt)[i];
        if (!(atom64_load(&slot->state) & STATE_IN_USE) || tree_root(rt, slot) != slot_of(tree))
            continue;
        joined += tree_is_member(rt, slot) && atom32_load(&slot->tree.join) != JOIN_OPEN;
        members += tree_is_member(rt, slot);
        children += slot->tree.child != 0;
        siblings += slot->tree.sibling != 0;
        awaited += slot->tree.awaited != 0;
    }
    assert_true(members > 3 && joined && children && awaited && siblings);
    assert_true(atom32_load(&slot_of(paused_loop)->deps.dependents));
    assert_true(atom32_load(&slot_of(blocked[1])->deps.pending));
    assert_int_equal(control_pause_state(rt, paused_loop), PAUSE_DONE);
    use_all();
}

static atom32 *shared_word(filch_slot *slot, int which)
{
    atom32 *const words[] = {&slot->tree.root,    &slot->tree.members, &slot->tree.join,
                             &slot->deps.pending, &slot->deps.linked,  &slot->deps.dependents,
                             &slot->loop.leaf,    &slot->priority,     &slot->is_paused,
                             &slot->status,       &slot->place};
    return which < (int)(sizeof words / sizeof *words) ? words[which] : 0;
}

static void corrupt_shared_words_of_a_slot(void **state)
{
    (void)state;
    for (int which = 0; start_busy(), shared_word(plan_slots(rt), which); which++) {
        for (uint32_t i = 0; i < SLOTS; i += 1 + i / 12) {
            EACH_GARBAGE(g)
            {
                start_busy();
                atom32_store(shared_word(&plan_slots(rt)[i], which), g);
                use_all();
            }
        }
    }
}

static uint32_t *plain_word(filch_slot *slot, int which)
{
    uint32_t *const words[] = {&slot->tree.awaited, &slot->tree.child, &slot->tree.sibling,
                               &slot->deps.update_next, &slot->loop.grain};
    return which < (int)(sizeof words / sizeof *words) ? words[which] : 0;
}

static void corrupt_plain_words_of_a_slot(void **state)
{
    (void)state;
    for (int which = 0; start_busy(), plain_word(plan_slots(rt), which); which++) {
        for (uint32_t i = 0; i < SLOTS; i += 1 + i / 12) {
            EACH_GARBAGE(g)
            {
                start_busy();
                *plain_word(&plan_slots(rt)[i], which) = g;
                use_all();
            }
        }
    }
}

/* A join of a frame that has fewer children than it joins steps below the worker's records. */
static void a_shortened_list_of_children_fails_the_tree(void **state)
{
    (void)state;
    start_busy();
    test_corrupts = true;
    for (uint32_t i = 0; i < SLOTS; i++) plan_slots(rt)[i].tree.child = 0;
    /* What lies there says that it is a child, and a task. */
    for (uint32_t w = 0; w < 2; w++) plan_workers(rt)[w].view.records[-1].link = handle_slot(tree);
    for (uint32_t i = 0; i < 40 && atom32_load(&slot_of(tree)->status) == FILCH_PENDING; i++)
        worker_slice_has_more(rt, i % 2, 30000);
    assert_int_equal(atom32_load(&slot_of(tree)->status), FILCH_CORRUPT);
    use_all();
}

static void corrupt_lists_that_go_round(void **state)
{
    (void)state;
    for (int which = 0; which < 5; which++) {
        start_busy();
        for (uint32_t i = 0; i < SLOTS; i++) {
            filch_slot *slot = &plan_slots(rt)[i];
            if (which == 0) slot->tree.sibling = slot->tree.child = i + 1;
            if (which == 1) slot->tree.awaited = i + 1;
            if (which == 2) atom32_store(&slot->deps.dependents, i * DEPENDENCIES_MAX + 1);
            for (uint32_t e = 0; e < DEPENDENCIES_MAX; e++) {
                uint32_t edge = i * DEPENDENCIES_MAX + e;
                if (which == 2) atom32_store(&plan_edges(rt)[edge], edge + 1);
                if (which == 3) plan_dependencies(rt)[edge] = every[(i + e) % 5];
            }
            if (which == 4) atom32_store(&slot->tree.join, i + 1);
        }
        use_all();
    }
}

static void corrupt_edges_and_handles(void **state)
{
    (void)state;
    EACH_GARBAGE(g)
    {
        for (uint32_t i = 0; i < SLOTS * DEPENDENCIES_MAX; i += 7) {
            start_busy();
            atom32_store(&plan_edges(rt)[i], g);
            plan_dependencies(rt)[i] = (uint64_t)g << 16 | g;
            use_all();
        }
    }
}

static void a_corrupt_reserve_is_not_used(void **state)
{
    (void)state;
    EACH_GARBAGE(g)
    {
        for (int which = 0; which < 4; which++) {
            start_busy();
            filch_worker *w = &plan_workers(rt)[0];
            if (which == 0) atom64_store(&rt->free_slots, g);
            for (uint32_t i = 0; i < SLOTS && which == 1; i++) atom32_store(&plan_links(rt)[i], g);
            if (which == 2) w->tree.reserve = g, w->tree.reserved = 3;
            if (which == 3) atom64_store(&w->shared.tree, (uint64_t)g << 16 | handle_slot(tree));
            use_all();
        }
    }
}

static void a_corrupt_kind_of_a_root(void **state)
{
    (void)state;
    EACH_GARBAGE(g)
    {
        for (int i = 0; i < 5; i++) {
            start_busy();
            slot_of(every[i])->kind = (uint8_t)g;
            use_all();
            start_busy();
            slot_of(every[i])->kernel = (uint16_t)g;
            use_all();
        }
    }
}

static void a_corrupt_step_or_record(void **state)
{
    (void)state;
    EACH_GARBAGE(g)
    {
        start_busy();
        for (uint32_t i = 0; i < 2 * RECORDS_STRIDE; i++) plan_records(rt)[i].link = g;
        use_all();
        start_busy();
        plan_workers(rt)[0].fork.promoted = plan_workers(rt)[1].fork.promoted = g;
        plan_workers(rt)[0].fork.innermost = plan_workers(rt)[0].fork.outermost =
            plan_workers(rt)[0].fork.awaited = g;
        use_all();
    }
}

static uint32_t *worker_word(filch_worker *w, int which)
{
    uint32_t *const words[] = {&w->fork.promoted,  &w->fork.published, &w->fork.innermost,
                               &w->fork.outermost, &w->fork.awaited,   &w->fork.last_left,
                               &w->tree.reserve,   &w->tree.reserved,  &w->spin_turns,
                               &w->slot,           &w->view.worker};
    return which < (int)(sizeof words / sizeof *words) ? words[which] : 0;
}

/* In a leaf, with calls below it on the stack: the page overwrites a word, and urgent work comes,
 * so that the stack is saved. */
static int overwritten;
static uint32_t garbage_word;
static void overwrite(void)
{
    if (++leaf % 5 != 3) return;
    *worker_word(&plan_workers(rt)[0], overwritten) = garbage_word;
    setup s = plain(0, 1);
    s.priority = 0;
    filch_status why;
    try_post(&s, &why);
    request_preempt(rt, 0);
}

static void corrupt_words_of_a_worker_in_a_tree(void **state)
{
    (void)state;
    for (overwritten = 0; start_busy(), worker_word(plan_workers(rt), overwritten); overwritten++) {
        EACH_GARBAGE(g)
        {
            start_busy();
            garbage_word = g;
            test_corrupts = true;
            test_leaf = overwrite;
            for (uint32_t i = 0; i < 6; i++) worker_slice_has_more(rt, i % 2, 30000);
            test_leaf = 0;
            use_all();
        }
    }
}

const struct CMUnitTest corrupt_tree_tests[] = {
    TEST(the_busy_tree_has_all_kinds_of_words),
    TEST(corrupt_shared_words_of_a_slot),
    TEST(corrupt_plain_words_of_a_slot),
    TEST(a_shortened_list_of_children_fails_the_tree),
    TEST(corrupt_lists_that_go_round),
    TEST(corrupt_edges_and_handles),
    TEST(a_corrupt_reserve_is_not_used),
    TEST(a_corrupt_kind_of_a_root),
    TEST(a_corrupt_step_or_record),
    TEST(corrupt_words_of_a_worker_in_a_tree),
};
END_OF_GROUP(corrupt_tree_tests);
