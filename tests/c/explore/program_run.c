#include "program_run.h"
#include "program_urgent.h"

#include <string.h>

#include "core/state.h"
#include "owner/control.h"
#include "owner/reap.h"
#include "program_kernels.h"
#include "program_threads.h"
#include "scene.h"

static const program *running;
static double pieces[PROGRAM_TASKS][2 * PROGRAM_UNITS];

/* -- the owner waits -- */
static bool (*awaited)(void);
static uint32_t subject, target; /* a task; units */

static bool is_awaited_or_parked(void) { return awaited() || threads_are_parked(); }

/* Until the condition holds, or nothing else can happen. */
static void await(bool (*condition)(void))
{
    awaited = condition;
    explore_await(is_awaited_or_parked);
    if (!condition() && threads_are_parked()) oracle_parked();
}

static bool are_units_begun(void) { return oracle.units >= target; }
static bool is_notified(void) { return scene->doorbell.word == 0; }
static bool is_notified_or_lost(void) { return is_notified() || threads_have_lost(); }
static bool has_left_or_lost(void) { return !threads_is_leaving(subject) || threads_have_lost(); }

/* No worker runs in the task or a member, or the task has completed. */
static bool is_at_rest(void)
{
    const filch_slot *root = oracle_slot(&oracle.tasks[subject]);
    if (root->status.word != FILCH_PENDING) return true;
    if (root->kind != FILCH_FORKING && root->state.word & STATE_QUEUED) return false;
    for (uint32_t i = 0; i < plan_slot_count(scene); i++) {
        const filch_slot *slot = &plan_slots(scene)[i];
        uint64_t state = slot->state.word;
        if (slot->tree.root.word != slot_index(scene, root) || state & STATE_CLOSED) continue;
        if (state & STATE_WORKERS) return false;
    }
    return true;
}

/* -- the owner acts -- */
static void reap_all(void)
{
    for (uint64_t handle; (handle = reap_next(scene)) != 0;) {
        uint32_t task = 0;
        while (task < PROGRAM_TASKS && oracle.tasks[task].handle != handle) task++;
        EXPLORE_CHECK(task < PROGRAM_TASKS && "a handle that no post has returned");
        oracle_completes(task);
        EXPLORE_CHECK(reap_release(scene, handle) == FILCH_OK);
        EXPLORE_CHECK(reap_release(scene, handle) == FILCH_STALE_HANDLE);
    }
}

/* Reaps once more, after a wait if there is nothing to reap. False: nothing can come. */
static bool try_wait_for_more(void)
{
    uint32_t before = oracle.reaped;
    reap_all();
    if (oracle.reaped != before || !reap_try_arm(scene)) return true;
    await(is_notified);
    bool any = is_notified();
    reap_all();
    return any;
}

static void reap(uint32_t number)
{
    while (!oracle.tasks[number].is_reaped && try_wait_for_more()) {}
}

static bool try_submit(uint32_t number, const filch_submission *submission)
{
    filch_status why;
    oracle_task *task = &oracle.tasks[number];
    oracle.in_call = true; /* what it depends on becomes as urgent */
    uint64_t handle = submit_task(scene, submission, &why);
    urgent_call_ends();
    if (!handle) EXPLORE_CHECK(why == FILCH_POOL_FULL);
    if (!handle) return false;
    EXPLORE_CHECK(!task->handle || task->handle == handle);
    task->handle = handle;
    oracle.posted++;
    oracle_tell("posts %u in slot %u", number, (unsigned)handle_slot(handle));
    return true;
}

/* The handles of what the task depends on. Those that are stale count as done. */
static uint32_t depend(uint32_t number, uint64_t *handles)
{
    oracle_task *task = &oracle.tasks[number];
    uint32_t count = 0;
    task->after = 0;
    for (uint32_t other = 0; task->family == number && other < number; other++) {
        const oracle_task *dependency = &oracle.tasks[other];
        if (!(task->post->after >> other & 1) || !dependency->handle) continue;
        handles[count++] = dependency->handle;
        if (!dependency->is_reaped) task->after |= (uint8_t)(1 << other);
    }
    return count;
}

/* Posts the task, whose post, family, and pieces are set, when there is a slot. */
static void submit(uint32_t number)
{
    oracle_task *task = &oracle.tasks[number];
    const program_operation *o = task->post;
    unsigned char args[FILCH_ARGS_BYTES];
    uint64_t dependencies[PROGRAM_TASKS];
    program_args(number, args);
    bool is_batch = o->kernel == PROGRAM_BATCH || o->kernel == PROGRAM_BATCH_IN_ORDER;
    uint32_t begin = is_batch ? 0 : PROGRAM_BEGIN;
    uint32_t length = o->kernel >= PROGRAM_TREE ? 1 : o->length;
    filch_submission submission = {
        .kernel = o->kernel,
        .begin = begin,
        .end = begin + length,
        .priority = o->priority < PRIORITIES ? o->priority : PRIORITIES - 1,
        .grain = o->grain,
        .args = args,
        .totals = task->totals,
        .deterministic = o->kernel == PROGRAM_ORDERED,
        .pieces = task->pieces ? pieces[number] : 0,
        .piece_count = task->pieces,
        .dependencies = dependencies,
    };
    do {
        submission.dependency_count = depend(number, dependencies);
        if (try_submit(number, &submission)) return;
    } while (try_wait_for_more());
    oracle_tell("has no slot for %u", number);
    /* Members leave slots to posts, where there are slots for both. */
    bool is_alone = oracle.reaped == oracle.posted && plan_spare(scene) && !oracle_deaths();
    EXPLORE_CHECK(!is_alone && "a post waits for ever");
    *task = (oracle_task){0};
}

static void post(const program_operation *o)
{
    oracle_task *task = &oracle.tasks[o->number];
    task->post = o;
    task->family = o->number;
    memset(task->totals, 0xa5, sizeof task->totals);
    submit(o->number);
}

static void pause(uint32_t number)
{
    oracle.tasks[number].is_paused = true;
    EXPLORE_CHECK(control_try_pause(scene, oracle.tasks[number].handle));
    oracle_asks(number);
}

static void resume(uint32_t number)
{
    oracle_lets_go(number);
    oracle.in_call = true;
    EXPLORE_CHECK(control_try_resume(scene, oracle.tasks[number].handle));
    urgent_call_ends();
}

static void cancel(uint32_t number)
{
    oracle_lets_go(number);
    oracle.tasks[number].is_cancelled = true;
    oracle.in_call = true;
    EXPLORE_CHECK(control_try_cancel(scene, oracle.tasks[number].handle));
    oracle_asks(number);
    urgent_call_ends();
}

static void rest(uint32_t number)
{
    oracle_task *task = &oracle.tasks[number];
    pause(number);
    for (;;) {
        subject = number;
        await(is_at_rest);
        if (oracle_slot(task)->status.word != FILCH_PENDING) return;
        bool is_late = threads_are_parked() && !threads_have_lost();
        if (control_pause_state(scene, task->handle) == PAUSE_DONE) break;
        EXPLORE_CHECK(!is_late && "a paused task does not come to rest");
        if (threads_have_lost()) return;
    }
    if (oracle_slot(task)->status.word == FILCH_PENDING) task->is_resting = true;
    oracle_tell("%u rests", number);
}

/* As the host saves and restores: what is left becomes another task. */
static void save(uint32_t number, uint32_t other)
{
    oracle_task *task = &oracle.tasks[number], *restored = &oracle.tasks[other];
    if (!program_can_save(task->post->kernel)) return;
    rest(number);
    if (!task->is_resting) return;
    uint32_t count = control_pieces(scene, task->handle, pieces[other], PROGRAM_UNITS);
    /* Its dependencies may have completed since it came to rest. Then a worker may have it for a
     * moment. The host does not save a task whose dependencies it has not reaped. */
    if (!count && task->after) return;
    oracle_check_pieces(number, pieces[other], count);
    cancel(number);
    reap(number);
    if (!task->is_reaped || task->status != FILCH_CANCELLED || !count) return;
    restored->post = task->post;
    restored->family = task->family;
    restored->pieces = count;
    restored->before = task->before + task->counted;
    memcpy(restored->totals, task->totals, sizeof task->totals);
    submit(other);
}

static void act_on_task(const program_operation *o)
{
    uint32_t number = o->verb == PROGRAM_SAVE ? o->saved : o->number;
    const oracle_task *task = &oracle.tasks[number];
    if (!task->handle) return;
    if (task->is_reaped) {
        EXPLORE_CHECK(!control_try_cancel(scene, task->handle) && "a stale handle is accepted");
        return;
    }
    switch (o->verb) {
    case PROGRAM_PAUSE: pause(number); break;
    case PROGRAM_REST: rest(number); break;
    case PROGRAM_RESUME: resume(number); break;
    case PROGRAM_CANCEL: cancel(number); break;
    case PROGRAM_RANK:
        if (o->priority >= PRIORITIES) break;
        oracle.in_call = true;
        EXPLORE_CHECK(control_try_set_priority(scene, task->handle, o->priority));
        urgent_call_ends();
        break;
    case PROGRAM_SAVE: save(number, o->number); break;
    default: reap(number);
    }
}

static void act(const program_operation *o)
{
    switch (o->verb) {
    case PROGRAM_POST: post(o); break;
    case PROGRAM_LOOK: reap_all(); break;
    case PROGRAM_AWAIT:
        target = oracle.units + o->count;
        await(are_units_begun);
        break;
    case PROGRAM_RECALL: threads_recall(o->number); break;
    case PROGRAM_BACK: threads_back(o->number); break;
    case PROGRAM_REPLACE: threads_replace(o->number); break;
    case PROGRAM_DIE: threads_kill(o->number, o->count); break;
    case PROGRAM_RECOVER: threads_recover(o->number); break;
    case PROGRAM_STOP: break;
    default: act_on_task(o);
    }
}

/* -- the end: every task completes -- */
static void let_all_go(void)
{
    for (uint32_t w = 0; w < running->workers; w++) {
        subject = w;
        while (threads_is_leaving(w)) {
            await(has_left_or_lost);
            if (threads_have_lost()) threads_mend(); /* the dead may have been about to wake it */
            else if (threads_is_leaving(w) && threads_are_parked())
                explore_fail("a recalled worker does not leave");
        }
        threads_back(w);
    }
    for (uint32_t t = 0; t < PROGRAM_TASKS; t++) {
        const oracle_task *task = &oracle.tasks[t];
        if (task->handle && !task->is_reaped && task->is_paused) resume(t);
    }
}

static void stop(void)
{
    oracle_tell("stops");
    for (uint32_t t = 0; t < PROGRAM_TASKS; t++) oracle_lets_go(t);
    oracle.is_stopped = true;
    control_stop(scene);
}

static void own(void)
{
    for (uint32_t i = 0; i < running->count; i++) act(&running->operations[i]);
    /* After a stop no worker is left that could drop what a dead one had. */
    bool dies = program_count_of(running, PROGRAM_DIE) != 0;
    if (program_count_of(running, PROGRAM_STOP) && !dies) stop();
    else let_all_go();
    for (;;) {
        threads_mend();
        reap_all();
        if (oracle.reaped == oracle.posted) break;
        if (!reap_try_arm(scene)) continue;
        await(is_notified_or_lost);
        if (is_notified_or_lost()) continue;
        if (threads_are_parked()) oracle_tell_words();
        EXPLORE_CHECK(!threads_are_parked() && "a task never completes");
    }
    stop();
}

/* -- the scenario -- */
static void setup(void)
{
    scene_begin(program_kernel_table, PROGRAM_TABLE_COUNT, running->workers,
                (uint32_t)(running->slots + running->members));
    plan_at(scene)->submit_limit = running->slots;
    /* As region_init() divides the slots. */
    plan_at(scene)->spare =
        running->slots < running->members / 2 ? running->slots : running->members / 2u;
    if (running->members) plan_at(scene)->scarce = plan_spare(scene) + running->members / 2u;
    explore_clock_step = running->slices ? 6000000 : 0;
    oracle_begin(running);
    threads_begin(running);
}

static void run(int thread)
{
    if (thread) threads_run(thread);
    else own();
}

static void check(void)
{
    threads_mend(); /* a worker that died after the last task had completed */
    oracle_check_end(scene_free_slots());
}

explore_result program_walk(const program *p, uint64_t walk)
{
    static const uint32_t stays[] = {4, 2, 8, 24};
    explore_scenario scenario = {.name = "programs: random",
                                 .setup = setup,
                                 .threads = threads_count(p),
                                 .thread = run,
                                 .check = check};
    explore_options options = {
        .preemptions = -1, .random = 1, .seed = walk, .stay = stays[walk % 4]};
    running = p;
    return explore(&scenario, &options);
}
