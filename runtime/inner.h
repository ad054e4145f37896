/* For a library: what other C programs see of it begins with filch_. All that the runtime's own headers declare becomes internal to
 * its one translation unit, by an attribute that clang has; built by another compiler the library has those names too.
 *
 * What an own header includes of others is included before, here. */
#ifndef FILCH_INNER_H
#define FILCH_INNER_H

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
#pragma clang attribute push(__attribute__((internal_linkage)), apply_to = function)
#endif
#include "after.h"
#include "deque.h"
#include "done.h"
#include "fork.h"
#include "frame.h"
#include "idle.h"
#include "life.h"
#include "platform/threads.h"
#include "pool.h"
#include "post.h"
#include "reduce.h"
#include "sched.h"
#include "search.h"
#include "trace.h"
#include "tree.h"
#ifdef __clang__
#pragma clang attribute pop
#endif

#endif
