// The work of each worker over time: a lane each, from left to right, as high as the worker was
// busy.
//
// Read from the workers' counters every few milliseconds, so it suits any kernel, with or without
// an owner map.

import { colourOf } from './worker-shares.js';
import { counters } from './runtimes.js';

const EVERY = 4; // ms between two samples
const MOST = 600; // samples kept: past that, neighbours are joined
const LABELS = 68; // pixels on the left for the names
const HIGHEST = 150; // pixels of a lane

export function createTimeline(canvas) {
  const context = canvas.getContext('2d');
  let samples = [],
    lanes = 0,
    onMain = false,
    last,
    stop = () => {};

  function fit() {
    const ratio = Math.min(2, devicePixelRatio || 1);
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint();
  }
  new ResizeObserver(fit).observe(canvas);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => paint());

  function add(work, now) {
    samples.push({
      from: last.at,
      to: now,
      done: work.map((worker, n) => worker.iterations - last.work[n].iterations),
    });
    last = { at: now, work };
    if (samples.length <= MOST) return;
    samples = samples
      .filter((_, i) => i % 2 === 0)
      .map((a, i) => {
        const b = samples[2 * i + 1];
        return b ? { from: a.from, to: b.to, done: a.done.map((n, k) => n + b.done[k]) } : a;
      });
  }

  function paint() {
    const { clientWidth: w, clientHeight: h } = canvas;
    const style = getComputedStyle(canvas);
    context.clearRect(0, 0, w, h);
    if (!lanes) return;
    const start = samples[0]?.from ?? 0,
      end = samples.at(-1)?.to ?? 1;
    const rates = samples.map(({ from, to, done }) =>
      done.map((n) => n / Math.max(0.1, to - from)),
    );
    // The highest rates of all are a moment's: they may stick out of the scale.
    const sorted = rates
        .flat()
        .filter(Boolean)
        .sort((a, b) => a - b),
      most = sorted[Math.floor(sorted.length * 0.97)] ?? 1;
    const lane = Math.min(HIGHEST, h / lanes),
      x = (t) => LABELS + ((t - start) / (end - start)) * (w - LABELS);
    context.font = '13px system-ui, sans-serif';
    for (let n = 0; n < lanes; n++) {
      const floor = Math.round((n + 1) * lane) - 1,
        room = lane - Math.min(8, lane * 0.25);
      context.fillStyle = style.getPropertyValue('--soft');
      if (lane >= 13) context.fillText(onMain ? 'Main' : `Worker ${n}`, 0, floor - 4);
      context.fillStyle = style.getPropertyValue('--line');
      context.fillRect(0, floor, w, 1);
      context.fillStyle = colourOf(n, onMain);
      samples.forEach(({ from, to }, i) => {
        const high = Math.min(1, rates[i][n] / most) * room;
        if (high > 0)
          context.fillRect(
            x(from),
            floor - Math.max(1, high),
            Math.max(0.75, x(to) - x(from) + 0.3),
            Math.max(1, high),
          );
      });
    }
  }

  return {
    paint,
    /** Empty, with a lane for each worker. */
    clear(runtime) {
      stop();
      onMain = runtime.mode === 'cooperative';
      samples = [];
      lanes = runtime.stats().workers.length;
      paint();
    },
    /**
     * Starts anew with a run (run.js). `seen(done)` is told of each sample: iterations by each
     * worker since the one before.
     */
    begin({ runtime, alone }, seen = () => {}) {
      stop();
      onMain = alone;
      samples = [];
      last = { at: performance.now(), work: counters(runtime) };
      lanes = last.work.length;
      const sample = () => {
        const now = performance.now();
        add(counters(runtime), now);
        seen(samples.at(-1).done);
      };
      const timer = setInterval(sample, EVERY);
      stop = () => {
        clearInterval(timer);
        stop = () => {};
        sample();
        paint();
      };
    },
    end: () => stop(),
  };
}
