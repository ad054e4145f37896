// One run at a time: starts the run, shows its progress, cancels it, and compares the two places
// where a job can run.

import { $, frame, say } from './dom.js';
import { duration, percent, plural, times } from './format.js';
import { blocking, counters, endBlocking, since } from './runtimes.js';

const TEXT_EVERY = 80; // ms between two updates of numbers: faster ones cannot be read

/**
 * @param {{ meter: object, workerList: object, workers: () => object }} parts `workers` gives the
 *   runtime with workers
 *
 * A panel has run(run): posts its jobs on run.runtime and resolves with a sentence about the result
 * (a run with run.quiet set is not compared); paint(): shows the progress, called at each frame;
 * and key(): a text that is the same for the same job, so that times are compared only then.
 */
export function createBench({ meter, workerList, workers }) {
  const body = document.body;
  let panel,
    current,
    requested = 0,
    posted = 0,
    results = {};

  /** A panel's view of its run. */
  function openRun(runtime, where) {
    const stop = new AbortController();
    const run = {
      runtime,
      where,
      signal: stop.signal,
      stop,
      part: null,
      started: 0,
      before: null,
      /** Only the main thread works, in one go or in slices. */
      alone: where === 'main' || runtime.mode === 'cooperative',
      /** Shows this job's progress as the share [from, to] of the whole. */
      track(job, from = 0, to = 1) {
        body.dataset.posted = ++posted;
        run.part = { job, from, to };
        return job;
      },
      /** Time and counters start here, after the preparation. */
      begin() {
        run.frames?.stop();
        run.frames = meter.watch();
        run.started = performance.now();
        run.before = counters(runtime);
      },
    };
    run.begin();
    return run;
  }

  /** No run yet: every worker at 0. */
  function showNothing() {
    const now = counters(workers());
    workerList.show(since(now, now), workers().mode === 'cooperative');
    delete body.dataset.where;
  }

  const progress = (run) =>
    run.part ? run.part.from + (run.part.to - run.part.from) * run.part.job.progress : 0;

  function state(name, sentence) {
    body.dataset.state = name;
    $('#cancel').disabled = name !== 'running';
    if (sentence !== undefined) say($('#status'), sentence);
  }

  function showCounters(run) {
    workerList.show(since(counters(run.runtime), run.before), run.alone);
  }

  /** Repaints at each frame until the run has ended. */
  async function watch(run) {
    let told = 0;
    while (current === run) {
      panel.paint();
      $('#progress').value = progress(run);
      const now = performance.now();
      if (now - told > TEXT_EVERY) (told = now), showCounters(run);
      await frame();
    }
  }

  /**
   * @param {'workers' | 'main'} where
   * @param {object} [request] for the panel. Cancels the run before.
   */
  async function start(where = 'workers', request = {}) {
    const mine = ++requested;
    await cancel();
    if (mine !== requested) return;
    say($('#error'), '');
    let over;
    const done = new Promise((resolve) => {
      over = resolve;
    });
    const slot = { stop: new AbortController(), done };
    current = slot; // set before the first await, so no other run starts
    const user = panel;
    try {
      state(
        'running',
        where === 'main'
          ? 'Running on the main thread. The page is blocked until it is done.'
          : 'Running…',
      );
      body.dataset.where = where;
      $('#progress').value = 0;
      const runtime = where === 'main' ? await blocking() : workers();
      // The sentence above must be seen before the page freezes.
      if (where === 'main') await frame(), await frame();
      if (slot.stop.signal.aborted) return state('cancelled', 'Cancelled before it began.');
      await work(user, openRun(runtime, where), slot, request);
    } catch (error) {
      fail(error);
    } finally {
      if (where === 'main') await endBlocking().catch(fail);
      if (current?.done === done) current = undefined;
      over();
      user.paint();
    }
  }

  async function work(user, run, slot, request) {
    slot.stop.signal.addEventListener('abort', () => run.stop.abort());
    run.done = slot.done;
    current = run;
    if (run.where === 'workers') watch(run);
    const key = user.key();
    try {
      const text = await user.run(run, request).finally(() => {
        run.over = true;
      });
      const ms = performance.now() - run.started;
      showCounters(run);
      $('#progress').value = 1;
      state('done', `Done in ${duration(ms)}. ${text}`);
      await frame(), await frame(); // the gap of a blocking run ends with the next frame
      if (!run.quiet) compare(key, run, ms, run.frames.stop().max);
    } catch (error) {
      if (!run.signal.aborted && error.name !== 'AbortError') throw error;
      state('cancelled', `Cancelled at ${percent(progress(run))}.`);
      showCounters(run);
    } finally {
      run.frames.stop();
    }
  }

  function compare(key, run, ms, longest) {
    if (results.key !== key) clear(key);
    results[run.where] = ms;
    const [, time, frames] = $(`#result-${run.where}`).children;
    say(time, duration(ms));
    say(frames, duration(longest));
    frames.classList.toggle('bad', longest > 50);
    $(`#result-${run.where}`).dataset.ms = ms.toFixed(1);
    if (results.workers && results.main) {
      say($('#verdict'), panel.verdict ?? verdict(results.main / results.workers));
    } else {
      say(
        $('#verdict'),
        results.workers
          ? 'Now run it on the main thread to compare.'
          : 'Now run it on workers to compare.',
      );
    }
  }

  function verdict(faster) {
    const size = workers().workers.running;
    const who = workers().mode === 'threads' ? plural(size, 'worker') : 'The main thread in slices';
    if (faster < 1) return `${who} took ${times(1 / faster)} as long.`;
    return `${who} ${size > 1 ? 'were' : 'was'} ${times(faster)} as fast.`;
  }

  function clear(key) {
    results = { key };
    for (const where of ['workers', 'main']) {
      const row = $(`#result-${where}`);
      delete row.dataset.ms;
      for (const cell of [...row.children].slice(1)) say(cell, '–'), cell.classList.remove('bad');
    }
    say($('#verdict'), 'Run both to compare.');
  }

  function fail(error) {
    state('failed', '');
    say($('#error'), sentence(error));
  }

  /** Cancels the run, and resolves when the run has ended. */
  async function cancel() {
    if (!current) return;
    current.stop.abort();
    await current.done;
  }

  return {
    start,
    cancel,
    fail,
    /** Whether a panel's run is under way, or about to begin. */
    get running() {
      return Boolean(current && !current.over);
    },
    /** Shows another panel: the run is cancelled, the comparison forgotten. */
    async use(next) {
      requested++;
      await cancel();
      panel?.hide?.();
      panel = next;
      clear();
      showNothing();
      $('#progress').value = 0;
      say($('#error'), '');
      state('idle', 'Ready.');
    },
  };
}

/** An error as a sentence. */
function sentence(error) {
  const text = String(error?.message ?? error).trim();
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
