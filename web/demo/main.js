// The demo page: chooses a panel, starts the runtime, and joins the controls to the bench.
//
// Tests may rely on:
//   body        data-state   starting | idle | running | done | cancelled | failed
//               data-kernel  the panel shown: mandelbrot, resize, hash, primes, automaton;
//                            location.hash selects one
//               data-mode    threads | cooperative, once the runtime has started
//               data-where   workers | main: where the last run was
//               data-posted  jobs posted so far
//   #run, #cancel, #main-thread, #overlay, #worker-count   the controls; Escape cancels too
//   #status     how the last run ended; #error: what went wrong, a sentence; empty otherwise
//   #progress   value 0 to 1
//   #mode, #notice              the runtime's mode and its reason
//   #workers li                 data-worker, data-iterations of the last run
//   #count-chunks, #count-steals, #count-splits
//   #result-workers, #result-main   data-ms once that run is done; #verdict
//   #meter-p99, #meter-max, #meter-late
//   panels      #mandelbrot-view, #place, #limit; #picture-file, #size, #divider;
//               #hash-file, #hash-size, #speed, #digest (data-hex);
//               #prime-limit, #prime-count (data-count); #rule, #rows, #urgent, #moves
// ?workers=3 in the address starts so many workers.

import { createBench } from './run.js';
import { $, h, say } from './dom.js';
import { plural } from './format.js';
import { startMeter } from './frame-meter.js';
import { createWorkerList } from './worker-shares.js';
import { panels } from './panels/index.js';
import { startWorkers } from './runtimes.js';

const MOST_WORKERS = 30;

const meter = startMeter();
const workerList = createWorkerList();
let runtime, shown;
const bench = createBench({ meter, workerList, workers: () => runtime });
const made = new Map();

/** The functions of the page for panels. */
const context = {
  start: (where, request) => {
    if (runtime) bench.start(where, request);
  },
  running: () => bench.running,
  runtime: () => runtime,
  overlay: () => $('#overlay').checked,
  fail: (error) => bench.fail(error),
};

/** All panels until it is known which kernels there are. */
function available() {
  return panels.filter(
    ({ kernels }) => !runtime || kernels.every((name) => Object.hasOwn(runtime.kernels, name)),
  );
}

function listPanels() {
  $('#kernels').replaceChildren(
    ...available().map(({ id, name }) => h('a', { href: `#${id}`, dataset: { kernel: id } }, name)),
  );
}

/** Shows the panel that the address names, and starts it once there is a runtime. */
async function show() {
  const all = available();
  const panel = all.find(({ id }) => id === location.hash.slice(1)) ?? all[0];
  if (!panel || panel.id === shown) return;
  shown = panel.id;
  if (!made.has(panel.id)) made.set(panel.id, panel.create(context));
  const face = made.get(panel.id);
  if (runtime) await bench.use(face);
  if (shown !== panel.id) return; // the user has chosen another meanwhile
  document.body.dataset.kernel = panel.id;
  for (const link of $('#kernels').children) {
    if (link.dataset.kernel === panel.id) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  say($('#title'), panel.name);
  say($('#about'), panel.about);
  $('#stage').replaceChildren(face.stage);
  $('#controls').replaceChildren(...face.controls);
  $('#overlay-switch').hidden = !face.tints;
  if (runtime) face.show?.();
}

function tellMode() {
  const { mode, modeReason, workers } = runtime;
  document.body.dataset.mode = mode;
  say($('#result-workers th'), mode === 'threads' ? 'Workers' : 'In slices');
  if (mode !== 'threads') $('#worker-count').replaceChildren(h('option', {}, 'none'));
  const badge = $('#mode');
  badge.dataset.mode = mode;
  badge.title = [modeReason, workers.reason].filter(Boolean).join('; ');
  badge.replaceChildren(
    h('b', {}, mode),
    ' ',
    h('span', {}, mode === 'threads' ? plural(workers.running, 'worker') : 'no workers'),
  );
  const notice = $('#notice');
  let text = '';
  if (mode === 'cooperative') {
    text = `Threads are off, because ${modeReason}. Kernels run on the page’s own thread, in slices of a few milliseconds.`;
  } else if (workers.asked !== workers.running) {
    text = `${workers.running} of ${workers.asked} workers run: ${workers.reason}.`;
  }
  say(notice, text);
  notice.hidden = !text;
}

function offerWorkers(asked) {
  const cores = navigator.hardwareConcurrency || 2;
  const sizes = new Set(
    [1, 2, 3, 4, 6, 8, 12, 16, 24, 30].filter((n) => n <= Math.max(4, 2 * cores)),
  );
  if (asked !== 'auto') sizes.add(asked);
  const options = [...sizes].sort((a, b) => a - b).map((n) => h('option', { value: n }, n));
  $('#worker-count').replaceChildren(h('option', { value: 'auto' }, 'auto'), ...options);
  $('#worker-count').value = asked;
}

function askedInAddress() {
  const asked = Number(new URL(location.href).searchParams.get('workers'));
  return Number.isInteger(asked) && asked >= 1 && asked <= MOST_WORKERS ? asked : 'auto';
}

async function start(asked) {
  const buttons = ['#run', '#main-thread', '#worker-count'].map($);
  for (const button of buttons) button.disabled = true;
  await bench.cancel();
  try {
    runtime = undefined;
    runtime = await startWorkers(asked);
  } catch (error) {
    $('#mode').replaceChildren(h('b', {}, 'not running'));
    bench.fail(error);
    return;
  } finally {
    $('#worker-count').disabled = false;
  }
  tellMode();
  listPanels();
  shown = undefined;
  for (const button of buttons) button.disabled = false;
  $('#worker-count').disabled = runtime.mode !== 'threads';
  await show();
}

$('#run').addEventListener('click', () => bench.start('workers'));
$('#main-thread').addEventListener('click', () => bench.start('main'));
$('#cancel').addEventListener('click', () => bench.cancel());
$('#overlay').addEventListener('change', () => made.get(shown)?.paint());
$('#worker-count').addEventListener('change', ({ target }) =>
  start(target.value === 'auto' ? 'auto' : Number(target.value)),
);
addEventListener('keydown', (event) => {
  if (event.key === 'Escape') bench.cancel();
});
addEventListener('hashchange', show);
addEventListener('error', ({ message }) => bench.fail(message));
addEventListener('unhandledrejection', ({ reason }) => bench.fail(reason));

const asked = askedInAddress(),
  cores = navigator.hardwareConcurrency || 2;
offerWorkers(asked);
workerList.expect(asked === 'auto' ? Math.max(Math.min(2, cores), cores - 1) : asked);
listPanels();
show();
start(asked);
