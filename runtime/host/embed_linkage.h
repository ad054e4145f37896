/* The symbols of a library are those of the public headers, which begin with filch_. Every other
 * function and variable that the runtime's headers declare gets internal linkage here, by an
 * attribute that only clang has. A library that another compiler built has those symbols, too.
 *
 * Headers of the system come first, so that the attribute does not apply to them. */
#ifndef FILCH_EMBED_LINKAGE_H
#define FILCH_EMBED_LINKAGE_H

#include <stdlib.h>

#if defined(__EMSCRIPTEN__)
#include <emscripten/em_js.h>
#include <emscripten/emscripten.h>
#include <emscripten/threading.h>
#include <emscripten/wasm_worker.h>
#endif
#include <pthread.h>
#include <unistd.h>

#include "filch_embed.h"

#ifdef __clang__
#pragma clang attribute push(__attribute__((internal_linkage)), \
                             apply_to = any(function, variable(is_global)))
#endif
#include "core/deque.h"
#include "core/slots.h"
#include "core/state.h"
#include "core/range.h"
#include "core/wait.h"
#include "core/trace.h"
#include "core/tree.h"
#include "core/reduce.h"
#include "core/region.h"
#include "sched/sleep.h"
#include "sched/completions.h"
#include "sched/notify.h"
#include "sched/steal.h"
#include "sched/queue.h"
#include "sched/inbox.h"
#include "sched/depend.h"
#include "sched/settle.h"
#include "sched/wait.h"
#include "sched/preempt.h"
#include "sched/loop_task.h"
#include "sched/fork_publish.h"
#include "sched/fork_suspend.h"
#include "sched/fork.h"
#include "sched/fork_admit.h"
#include "sched/worker.h"
#include "construct/event.h"
#include "construct/alarm.h"
#include "owner/recover.h"
#include "owner/control.h"
#include "owner/submit.h"
#include "owner/reap.h"
#include "platform/threads.h"
#include "host/embed_state.h"
#ifdef __clang__
#pragma clang attribute pop
#endif

#endif
