#include "program.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME(NAME, name) #name,
static const char *const kernels[] = {PROGRAM_KERNELS(NAME)}, *const ends[] = {PROGRAM_ENDS(NAME)},
                         *const verbs[] = {PROGRAM_VERBS(NAME)};

program_subject program_subject_of(uint32_t verb)
{
    switch (verb) {
    case PROGRAM_LOOK:
    case PROGRAM_AWAIT:
    case PROGRAM_STOP: return ON_NONE;
    case PROGRAM_RECALL:
    case PROGRAM_BACK:
    case PROGRAM_REPLACE:
    case PROGRAM_DIE:
    case PROGRAM_RECOVER: return ON_WORKER;
    default: return ON_TASK;
    }
}

bool program_is_tree(uint32_t kernel) { return kernel >= PROGRAM_NEST; }

bool program_can_save(uint32_t kernel)
{
    return kernel == PROGRAM_PARALLEL || kernel == PROGRAM_SEQUENTIAL || kernel == PROGRAM_ORDERED;
}

uint32_t program_units(uint32_t kernel, uint32_t length)
{
    switch (kernel) {
    case PROGRAM_NEST: return 3 * length;
    case PROGRAM_TREE: return 1u << length;
    case PROGRAM_WIDE: return 6;
    case PROGRAM_PHASES: return 4;
    case PROGRAM_BRANCH: return 3u << length;
    default: return length;
    }
}

uint32_t program_count_of(const program *p, uint32_t verb)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->count; i++) count += p->operations[i].verb == verb;
    return count;
}

uint32_t program_tasks(const program *p)
{
    return program_count_of(p, PROGRAM_POST) + program_count_of(p, PROGRAM_SAVE);
}

/* -- to text -- */
typedef struct writer {
    char *text;
    size_t size, used;
} writer;

static __attribute__((format(printf, 2, 3))) void put(writer *w, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int length = vsnprintf(w->text + w->used, w->size - w->used, format, values);
    va_end(values);
    if (length > 0 && w->used + (size_t)length < w->size) w->used += (size_t)length;
}

static void put_post(writer *w, const program_operation *o)
{
    put(w, " %s %u grain %u priority %u", kernels[o->kernel], o->length, o->grain, o->priority);
    if (o->end) put(w, " %s %u", ends[o->end], o->at);
    for (uint32_t task = 0; task < PROGRAM_TASKS; task++) {
        if (o->after >> task & 1) put(w, " after %u", task);
    }
}

void program_print(const program *p, char *text, size_t size)
{
    writer w = {.text = text, .size = size};
    put(&w, "workers %u slots %u members %u slices %u", p->workers, p->slots, p->members,
        p->slices);
    for (const program_operation *o = p->operations; o < p->operations + p->count; o++) {
        put(&w, "; %s", verbs[o->verb]);
        if (o->verb == PROGRAM_POST) put_post(&w, o);
        else if (o->verb == PROGRAM_SAVE) put(&w, " %u", o->saved);
        else if (program_subject_of(o->verb) != ON_NONE) put(&w, " %u", o->number);
        if (o->verb == PROGRAM_RANK) put(&w, " %u", o->priority);
        if (o->verb == PROGRAM_AWAIT || o->verb == PROGRAM_DIE) put(&w, " %u", o->count);
    }
}

/* -- from text -- */
static bool is_next(char **at, const char *word)
{
    size_t length = strlen(word);
    *at += strspn(*at, " ");
    if (strncmp(*at, word, length) || ((*at)[length] && !strchr(" ;", (*at)[length]))) return false;
    *at += length;
    return true;
}

/* UINT32_MAX: there is none, or it is too large. */
static uint32_t next_number(char **at, uint32_t most)
{
    char *end;
    unsigned long number = strtoul(*at, &end, 10);
    if (end == *at || number > most) return UINT32_MAX;
    *at = end;
    return (uint32_t)number;
}

static bool try_number(char **at, uint32_t most, uint8_t *into)
{
    uint32_t number = next_number(at, most);
    *into = (uint8_t)number;
    return number != UINT32_MAX;
}

static bool try_word(char **at, const char *const *words, uint32_t count, uint8_t *into)
{
    for (*into = 0; *into < count; ++*into) {
        if (is_next(at, words[*into])) return true;
    }
    return false;
}

static bool try_post(char **at, program_operation *o)
{
    if (!try_word(at, kernels, PROGRAM_KERNEL_COUNT, &o->kernel)) return false;
    if (!try_number(at, PROGRAM_UNITS, &o->length)) return false;
    if (program_units(o->kernel, o->length) > PROGRAM_UNITS) return false;
    for (uint8_t task; **at && **at != ';'; *at += strspn(*at, " ")) {
        if (is_next(at, "grain")) {
            if (!try_number(at, PROGRAM_UNITS, &o->grain)) return false;
        } else if (is_next(at, "priority")) {
            if (!try_number(at, 2, &o->priority)) return false;
        } else if (is_next(at, "after")) {
            if (!try_number(at, PROGRAM_TASKS - 1, &task)) return false;
            o->after |= (uint8_t)(1 << task);
        } else {
            bool known = try_word(at, ends, PROGRAM_END_COUNT, &o->end);
            if (!known || !try_number(at, PROGRAM_UNITS, &o->at)) return false;
        }
    }
    return true;
}

static bool try_operation(char **at, program_operation *o, uint8_t *tasks)
{
    if (!try_word(at, verbs, PROGRAM_VERB_COUNT, &o->verb)) return false;
    bool adds = o->verb == PROGRAM_POST || o->verb == PROGRAM_SAVE;
    if (o->verb == PROGRAM_SAVE && !try_number(at, PROGRAM_TASKS - 1, &o->saved)) return false;
    if (adds) o->number = (*tasks)++;
    if (o->verb == PROGRAM_POST) return *tasks <= PROGRAM_TASKS && try_post(at, o);
    program_subject on = program_subject_of(o->verb);
    uint32_t most = (on == ON_TASK ? PROGRAM_TASKS : PROGRAM_WORKERS) - 1;
    if (!adds && on != ON_NONE && !try_number(at, most, &o->number)) return false;
    if (o->verb == PROGRAM_RANK && !try_number(at, 2, &o->priority)) return false;
    if (o->verb != PROGRAM_AWAIT && o->verb != PROGRAM_DIE) return *tasks <= PROGRAM_TASKS;
    uint32_t count = next_number(at, UINT16_MAX);
    o->count = (uint16_t)count;
    return count != UINT32_MAX;
}

bool program_try_parse(program *p, const char *source)
{
    static char text[PROGRAM_TEXT];
    uint8_t slices, tasks = 0;
    memset(p, 0, sizeof *p);
    snprintf(text, sizeof text, "%s", source);
    char *at = text;
    if (!is_next(&at, "workers") || !try_number(&at, PROGRAM_WORKERS, &p->workers)) return false;
    if (!is_next(&at, "slots") || !try_number(&at, 16, &p->slots)) return false;
    if (!is_next(&at, "members") || !try_number(&at, 16, &p->members)) return false;
    if (!is_next(&at, "slices") || !try_number(&at, 1, &slices)) return false;
    p->slices = slices;
    while (*(at += strspn(at, " ")) == ';' && p->count < PROGRAM_OPERATIONS) {
        at++;
        if (!try_operation(&at, &p->operations[p->count++], &tasks)) return false;
    }
    return !*at && p->workers && p->slots;
}
