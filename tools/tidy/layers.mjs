// The layers of runtime/ and of web/, the lowest first: the only place that says so. A file uses
// files of lower layers. Inside a layer of C it uses only files that are named before it; inside a
// layer of JavaScript any, but never in a circle.

/**
 * @typedef {{ is: string, folders: string[], files?: string[], only?: string[] }} Layer
 *   folders: '.' is the root itself. Several folders stand side by side. files: without their
 *   endings, in their order.
 *   only: the files that may be there, in no order
 * @typedef {{ root: string, ends: string[], layers: Layer[], allowed: { from: string, to: string,
 *   why: string, uses?: string[] }[], computed?: Record<string, { imports: number, why: string }>
 *   }} Layers
 *   allowed: arrows that are as they should be. `from` is how the user's path begins, `to` how that
 *   of the used file ends; `uses` is all that the used file may use itself. computed: how many
 *   imports of a file are of what only the program knows
 */

const inOrder = (names) => names.split(' ');

/** @type {Layers} */
export const runtime = {
  root: 'runtime',
  ends: ['.c', '.h'],
  layers: [
    {
      is: 'what kernels and C programs include',
      folders: ['include'],
      files: inOrder(
        'libc/assert libc/stdlib libc/string libc/math filch_status filch filch_fork filch_embed',
      ),
    },
    {
      is: 'what differs between machines: atomics, futexes, clocks, threads; and the explorer',
      folders: ['platform'],
      files: inOrder(
        'check atomic platform threads threads_pthread wasm posix emscripten threads_wasm_workers explore explore_state explore_decide explore_prune explore_threads explore_deaths explore_weak explore_schedule explore_search',
      ),
    },
    {
      is: 'data in shared memory, and the transitions of its words; no decisions',
      folders: ['core'],
      files: inOrder('types plan deque state wait slots range trace tree reduce region'),
    },
    {
      is: 'what workers do: they take tasks, run them, leave them, complete them',
      folders: ['sched'],
      files: inOrder(
        'sleep completions steal notify queue inbox depend settle wait preempt loop_task fork_publish fork_suspend fork fork_admit worker',
      ),
    },
    {
      is: 'what tasks wait for: events and times, which the owner tells',
      folders: ['construct'],
      files: inOrder('event alarm'),
    },
    {
      is: 'what the owner does: it submits, controls, and reaps tasks, and recovers those of a lost worker',
      folders: ['owner'],
      files: inOrder('batch recover control submit reap'),
    },
    {
      is: 'the runtime from outside: what JavaScript calls, and what C programs call',
      folders: ['host'],
      files: inOrder(
        'kernel_table describe waits wasm abi_table embed_state embed embed_jobs embed_parallel_for embed_linkage',
      ),
    },
    {
      is: 'all of it as one translation unit, and all of the explorer as another',
      folders: ['.'],
      files: inOrder('filch explore'),
    },
  ],
  allowed: [
    { from: 'runtime/include/filch.h', to: 'filch_fork.h', why: 'a kernel includes one header' },
    {
      from: 'runtime/include/filch_fork.h',
      to: 'runtime/sched/fork.c',
      why: 'what its macros call, kernels link with',
    },
    {
      from: 'runtime/include/filch_fork.h',
      to: 'runtime/platform/explore_schedule.c',
      why: 'in the explorer, a point of the schedule',
    },
    {
      from: 'runtime/platform/explore.h',
      to: 'runtime/platform/explore_schedule.c',
      why: 'it is the interface of all the files of the explorer',
    },
    {
      from: 'runtime/platform/check.h',
      to: 'runtime/platform/explore_schedule.c',
      why: 'in the explorer, it ends the execution',
    },
    {
      from: 'runtime/platform/check.h',
      to: 'runtime/platform/posix.c',
      why: 'in native tests, it ends the program',
    },
    {
      from: 'runtime/platform/atomic.h',
      to: 'runtime/platform/explore_schedule.c',
      why: 'in the explorer, each operation is a point',
    },
    {
      from: 'runtime/platform/atomic.h',
      to: 'runtime/platform/explore_weak.c',
      why: 'in the explorer, a load may return an older value',
    },
    {
      from: 'runtime/platform/atomic.h',
      to: 'runtime/platform/explore_prune.c',
      why: 'in the explorer, a kernel may depend on anything',
    },
    {
      from: 'runtime/host/',
      to: 'runtime/host/wasm.h',
      why: 'it declares every export, whichever file of host/ defines it',
    },
    { from: 'runtime/host/', to: 'kernels/kernels.h', why: 'the list of test kernels' },
    { from: 'runtime/host/', to: 'kernels.h', why: 'the list of kernels' },
  ],
};

/** @type {Layers} */
export const web = {
  root: 'web',
  ends: ['.js'],
  layers: [
    { is: 'errors, options, and what differs between browsers and Node', folders: ['core'] },
    { is: 'the heap in shared memory', folders: ['memory'] },
    { is: 'figures and events', folders: ['observe'] },
    { is: 'the module: loading, linking, placing it, and its tables', folders: ['wasm'] },
    { is: 'saved loops', folders: ['snapshot'] },
    { is: 'the threads', folders: ['workers'] },
    { is: 'tasks and their queue', folders: ['tasks'] },
    { is: 'rings of records', folders: ['ring'] },
    { is: 'plug-ins', folders: ['plugins'] },
    { is: 'the Runtime, and shorthands for it', folders: ['api'] },
    {
      is: 'entries: what a page imports, and what a worker begins with',
      folders: ['.'],
      only: ['index', 'ring', 'isolate', 'preload', 'worker', 'isolation-worker', 'files'],
    },
    { is: 'the demo: a page like any other', folders: ['demo'] },
  ],
  allowed: [
    {
      from: 'web/',
      to: 'web/files.js',
      why: 'bundlers need it beside the files that it names',
      uses: ['web/worker.js'],
    },
    {
      from: 'web/',
      to: 'web/wasm/abi.js',
      why: 'facts of the runtime in C, generated',
      uses: [],
    },
  ],
  computed: {
    'web/core/platform.js': { imports: 1, why: 'modules of Node' },
    'web/wasm/link.js': { imports: 1, why: "a kernel's module" },
    'web/workers/callee.js': { imports: 1, why: 'the module that call() names' },
  },
};
