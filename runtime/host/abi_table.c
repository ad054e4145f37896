/* The facts of the headers that JavaScript needs, as a table. tools/abi.mjs compiles this file
 * for wasm32, reads the table, and writes web/wasm/abi.js. No build of the runtime contains it. */
#include "core/state.h"
#include "core/trace.h"
#include "host/wasm.h"
#include "owner/batch.h"
#include "owner/control.h"
#include "sched/worker.h"

typedef struct fact {
    const char *group; /* NULL: `name` is a number of its own; "[]": the list `name` begins */
    const char *name;
    double value;
} fact;

/* clang-format off */
#define NUMBER(name) {0, #name, (double)(name)},
#define OFFSET(group, type, member) {group, #member, offsetof(type, member)},
#define SIZE(group, type) {group, "bytes", sizeof(type)},
#define LIST(name) {"[]", name, 0},
#define ITEM(name) {"", name, 0},

const fact filch_abi_facts[] = {
    {0, "HOST_ABI", FILCH_HOST_ABI},
    {0, "PLUGIN_ABI", FILCH_PLUGIN_ABI},
    {0, "ARGS_BYTES", FILCH_ARGS_BYTES},
    NUMBER(DEPENDENCIES_MAX)
    NUMBER(WORKERS_MAX)
    NUMBER(SLOTS_MAX)
    NUMBER(STACK_MIN)
    NUMBER(STACK_MAX)
    NUMBER(HANDLE_SLOT_BITS)
    NUMBER(PAUSE_DONE)
    NUMBER(WORKER_LEFT)
    NUMBER(WORKER_HOME)
    NUMBER(WORKER_IDLE)
    NUMBER(EVENT_OPEN)
    NUMBER(EVENT_CLOSE)
    NUMBER(EVENT_TO_SET)
    NUMBER(EVENT_RESET)
    NUMBER(EVENT_PULSE)
    NUMBER(EVENT_PERMITS)
    NUMBER(EVENT_WAITING)
    {0, "CORRUPT", FILCH_CORRUPT},
    {0, "CODE_MAX", FILCH_CODE_MAX},
    {0, "TASK_WORKER", offsetof(filch_task, worker)},
    {0, "TASK_RESUMED", offsetof(filch_task, resumed)},

    OFFSET("ARRAY", filch_u8_array, at)
    OFFSET("ARRAY", filch_u8_array, length)

#define SUBMISSION(member) OFFSET("SUBMISSION", filch_submission_record, member)
    SUBMISSION(begin) SUBMISSION(end) SUBMISSION(kernel) SUBMISSION(priority) SUBMISSION(grain)
    SUBMISSION(deterministic) SUBMISSION(totals) SUBMISSION(pieces) SUBMISSION(piece_count)
    SUBMISSION(dependency_count) SUBMISSION(dependencies) SUBMISSION(args)
    SIZE("SUBMISSION", filch_submission_record)

#define COMPLETION(member) OFFSET("COMPLETION", filch_completion_record, member)
    COMPLETION(handle) COMPLETION(done) COMPLETION(began_ms) COMPLETION(ended_ms)
    COMPLETION(failed_begin) COMPLETION(failed_end) COMPLETION(status) COMPLETION(code)
    COMPLETION(helpers) COMPLETION(args)
    SIZE("COMPLETION", filch_completion_record)

#define EVENT(member) OFFSET("EVENT", filch_event, member)
    EVENT(begin) EVENT(end) EVENT(what) EVENT(kind) EVENT(iterations)
    SIZE("EVENT", filch_event)

#define BATCH(member) OFFSET("BATCH", filch_batch_record, member)
    BATCH(begin) BATCH(end) BATCH(code) BATCH(ran)
    SIZE("BATCH", filch_batch_record)
    NUMBER(BATCH_BEGUN)

#define CALL(member) OFFSET("CALL", filch_call_args, member)
    CALL(block) CALL(module)

#define NAME(NAME, name) ITEM(#name)
    LIST("KINDS") FILCH_KINDS(NAME)
    LIST("ROLES") FILCH_ROLES(NAME)
    LIST("EVENTS") ITEM("none") EVENTS(NAME)
    LIST("PRIORITIES") ITEM("high") ITEM("normal") ITEM("low")
#define TYPE(name, ctype) ITEM(#name)
    LIST("TYPES") FILCH_TYPES(TYPE)
};
/* clang-format on */

_Static_assert(FILCH_HIGH < FILCH_NORMAL && FILCH_NORMAL < FILCH_LOW, "the order of PRIORITIES");

const uint32_t filch_abi_count = sizeof filch_abi_facts / sizeof *filch_abi_facts;
