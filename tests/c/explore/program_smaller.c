#include "program_random.h"

/* Takes operation `at` away; with a post or a save all operations on its task. */
static void take_away(const program *p, uint32_t at, program *smaller)
{
    const program_operation *gone = &p->operations[at];
    bool adds = gone->verb == PROGRAM_POST || gone->verb == PROGRAM_SAVE;
    uint8_t task = gone->number, low = (uint8_t)((1 << task) - 1);
    *smaller = *p;
    smaller->count = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        program_operation o = p->operations[i];
        bool on_task = program_subject_of(o.verb) == ON_TASK;
        bool is_save = o.verb == PROGRAM_SAVE;
        if (i == at) continue;
        if (adds && on_task) {
            if (o.number == task || (is_save && o.saved == task)) continue;
            if (o.number > task) o.number--;
            if (is_save && o.saved > task) o.saved--;
            o.after = (uint8_t)((o.after & low) | (o.after >> 1 & ~low));
        }
        smaller->operations[smaller->count++] = o;
    }
}

/* The number is smaller by half, then by one. */
static bool try_less(uint8_t *number, uint8_t least, bool by_half)
{
    if (*number <= least) return false;
    *number = by_half ? (uint8_t)(least + (*number - least) / 2) : (uint8_t)(*number - 1);
    return true;
}

static bool try_fewer_workers(program *p)
{
    if (p->workers < 2) return false;
    p->workers--;
    for (uint32_t i = 0; i < p->count; i++) {
        program_operation *o = &p->operations[i];
        if (program_subject_of(o->verb) == ON_WORKER && o->number >= p->workers) o->number--;
    }
    return true;
}

static bool try_on_program(program *p, uint32_t how)
{
    switch (how) {
    case 0: return try_fewer_workers(p);
    case 1: return try_less(&p->members, 0, true);
    case 2: return try_less(&p->members, 0, false);
    case 3: return try_less(&p->slots, 1, false);
    default:
        if (!p->slices) return false;
        p->slices = false;
        return true;
    }
}
enum { ON_PROGRAM = 5, ON_OPERATION = 10 };

static bool try_count(program_operation *o, uint16_t count)
{
    if (o->count <= count || o->verb == PROGRAM_POST) return false;
    o->count = count;
    return true;
}

static bool try_simpler(program_operation *o, uint32_t how)
{
    bool is_post = o->verb == PROGRAM_POST;
    switch (how) {
    case 0: return is_post && try_less(&o->length, 0, true);
    case 1: return is_post && try_less(&o->length, 0, false);
    case 2:
        if (!is_post || !o->end) return false;
        o->end = PROGRAM_WHOLE;
        return true;
    case 3:
        if (!is_post || !o->after) return false;
        o->after &= (uint8_t)(o->after - 1);
        return true;
    case 4:
        if (!is_post || o->kernel == PROGRAM_PARALLEL || program_is_tree(o->kernel)) return false;
        o->kernel = PROGRAM_PARALLEL;
        return true;
    case 5: return try_less(&o->priority, 0, true);
    case 6: return try_less(&o->at, 0, true);
    case 7: return try_count(o, o->count / 2);
    case 8: return o->count && try_count(o, o->count - 1);
    default:
        if (o->verb != PROGRAM_REST && o->verb != PROGRAM_SAVE) return false;
        if (o->verb == PROGRAM_SAVE) return false;
        o->verb = PROGRAM_PAUSE;
        return true;
    }
}

bool program_next_smaller(const program *p, uint32_t *step, program *smaller)
{
    uint32_t of_operations = p->count * ON_OPERATION;
    for (; *step < p->count + ON_PROGRAM + of_operations; ++*step) {
        uint32_t at = *step;
        *smaller = *p;
        bool is_smaller = true;
        if (at < p->count) {
            take_away(p, p->count - 1 - at, smaller); /* the last ones first */
        } else if (at < p->count + ON_PROGRAM) {
            is_smaller = try_on_program(smaller, at - p->count);
        } else {
            at -= p->count + ON_PROGRAM;
            is_smaller = try_simpler(&smaller->operations[at / ON_OPERATION], at % ON_OPERATION);
        }
        if (!is_smaller) continue;
        ++*step;
        return true;
    }
    return false;
}
