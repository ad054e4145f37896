/* Whether the slot of a completed task tells the truth. */
#include "core/reduce.h"
#include "stress.h"

uint64_t left_of(const outcome *o)
{
    uint64_t left = o->piece_count ? 0 : o->posted.total;
    for (uint32_t i = 0; i < o->piece_count; i++)
        left += (uint64_t)(o->pieces[2 * i + 1] - o->pieces[2 * i]);
    return left;
}

/* Iteration `begin + i` was to run. */
static bool is_wanted(const outcome *o, uint64_t i)
{
    double at = (double)(o->posted.begin + i);
    for (uint32_t p = 0; p < o->piece_count; p++) {
        if (at >= o->pieces[2 * p] && at < o->pieces[2 * p + 1]) return true;
    }
    return !o->piece_count;
}

static void check_chain(const outcome *o, const loop_args *now)
{
    const loop_args *a = &o->posted;
    uint64_t state = 0;
    for (uint64_t i = 0; i < o->done; i++) state = chain_of(state, a->begin + i);
    CHECK(now->next == a->begin + o->done, "%llu done, the loop came to %llu",
          (unsigned long long)o->done, (unsigned long long)(now->next - a->begin));
    CHECK(now->state == state, "the state after %llu iterations is another",
          (unsigned long long)o->done);
}

static void check_sum(const team *t, const outcome *o)
{
    const loop_args *a = &o->posted;
    if (o->status != FILCH_OK) return;
    CHECK(o->totals->count == a->total, "%llu iterations of %llu are in the sum",
          (unsigned long long)o->totals->count, (unsigned long long)a->total);
    if (!o->deterministic) return;
    uint32_t leaf = reduce_leaf(a->total), parts = reduce_parts(t->rt, a->total, true);
    float *sums = calloc(parts, sizeof *sums);
    for (uint64_t i = 0; i < a->total; i++) sums[i / leaf] += sum_term(a->begin + i);
    for (uint32_t step = 1; step < parts; step *= 2) {
        for (uint32_t i = 0; i + step < parts; i += 2 * step) sums[i] += sums[i + step];
    }
    CHECK(!memcmp(sums, &o->totals->sum, sizeof *sums), "the sum is %.9g, not %.9g",
          (double)o->totals->sum, (double)*sums);
    free(sums);
}

/* Each iteration that counts as done ran once, no other ran, and the chunk that failed ran none. */
static void check_iterations(const outcome *o, const filch_slot *slot)
{
    const loop_args *a = &o->posted;
    uint64_t ran = 0, before = a->total - left_of(o);
    for (uint64_t i = 0; i < a->total; i++) {
        CHECK(a->marks[i] <= is_wanted(o, i), "iteration %llu ran %u times", (unsigned long long)i,
              a->marks[i]);
        ran += a->marks[i];
    }
    if (o->kernel == KERNEL_TREE) {
        CHECK(o->done == (o->status == FILCH_OK), "%llu done", (unsigned long long)o->done);
        if (o->status != FILCH_OK) return;
        const tree_state *state = (const void *)slot->args;
        CHECK(ran == a->total && state->ran == ran, "%llu of %llu ran", (unsigned long long)ran,
              (unsigned long long)a->total);
        return;
    }
    CHECK(before + ran == o->done, "%llu done, %llu iterations ran", (unsigned long long)o->done,
          (unsigned long long)ran);
}

static void check_failed_chunk(const outcome *o, const filch_slot *slot)
{
    const loop_args *a = &o->posted;
    CHECK(a->event != EVENT_NONE && a->event_at - a->begin < a->total &&
          !a->marks[a->event_at - a->begin]);
    if (o->kernel == KERNEL_TREE) return;
    CHECK(slot->failed_begin <= a->event_at && a->event_at < slot->failed_end,
          "the failed chunk is [%llu, %llu), not where %llu is",
          (unsigned long long)slot->failed_begin, (unsigned long long)slot->failed_end,
          (unsigned long long)a->event_at);
}

void check_outcome(team *t, const filch_slot *slot, outcome *o, bool stopped)
{
    static const uint32_t of_event[] = {FILCH_OK, FILCH_KERNEL_FAILED, FILCH_KERNEL_TRAPPED,
                                        FILCH_WORKER_LOST};
    const loop_args *a = &o->posted;
    uint32_t status = atom32_load(&slot->status), code = status >> 16,
             helpers = atom32_load(&slot->helpers);
    o->status = status & 0xffff;
    o->done = atom64_load(&slot->done);
    CHECK(o->done == a->total - left_of(o) || helpers || o->kernel == KERNEL_TREE);
    CHECK(!(helpers >> plan_worker_count(t->rt)));
    bool all = o->kernel == KERNEL_TREE ? o->done == 1 : o->done == a->total;
    if (o->status == FILCH_OK)
        CHECK(all && a->event == EVENT_NONE, "done %llu", (unsigned long long)o->done);
    else if (o->status == FILCH_CANCELLED)
        CHECK((o->cancelled || stopped) && (!all || !a->total), "cancelled by no call");
    else if (o->status == FILCH_DEPENDENCY_FAILED) CHECK(o->dependency_count && !(all && a->total));
    else CHECK(o->status == of_event[a->event], "completed with status %u", o->status);
    CHECK(code == (o->status == FILCH_KERNEL_FAILED ? EVENT_CODE : 0), "code %u", code);
    if (o->status >= FILCH_KERNEL_FAILED && o->status <= FILCH_WORKER_LOST)
        check_failed_chunk(o, slot);
    if (o->kernel == KERNEL_CHAIN) check_chain(o, (const loop_args *)(const void *)slot->args);
    else check_iterations(o, slot);
    if (o->kernel == KERNEL_SUM) check_sum(t, o);
}

void check_dependencies(const outcome *o)
{
    bool spoilt = false;
    for (uint32_t i = 0; i < o->dependency_count; i++) {
        spoilt |= o->dependencies[i]->status != FILCH_OK;
    }
    if (o->status == FILCH_DEPENDENCY_FAILED) CHECK(spoilt, "its dependencies were done");
    if (!spoilt) return;
    CHECK(o->status == FILCH_CANCELLED || o->status == FILCH_DEPENDENCY_FAILED,
          "status %u after a failure", o->status);
    bool has_begun =
        o->kernel == KERNEL_TREE ? o->done != 0 : o->done != o->posted.total - left_of(o);
    CHECK(!has_begun, "the task has begun after a failure");
}
