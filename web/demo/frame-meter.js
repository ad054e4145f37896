// The frame meter: how long the page went without drawing a frame, now and over the last seconds.
//
// Time runs along the graph, so a frozen page leaves a block as wide as the frozen time. A script
// on the main thread drives all of this: a CSS animation would go on while the page hangs, and
// prove nothing.

import { $, say } from './dom.js';
import { duration } from './format.js';

const WINDOW = 10_000; // ms that p99 and max look back
const SPEED = 60; // pixels per second
const JANK = 50; // ms: a person sees a longer gap
const BEAT = 50; // ms between two beats of the timer
const PULSE = 1000; // ms from one pulse of the dot to the next
const LOWEST = 8,
  HIGHEST = 1000; // ms at the bottom and the top of the graph, which is logarithmic

const height = (gap) =>
  Math.min(1, Math.max(0.04, Math.log2(gap / LOWEST) / Math.log2(HIGHEST / LOWEST)));

export function startMeter() {
  const canvas = $('#meter-graph');
  const context = canvas.getContext('2d');
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const gaps = []; // { at: when it ended, gap }
  const late = []; // { at, gap } of the timer
  const watchers = new Set();
  let before = 0,
    told = 0,
    colours = {};

  const restyle = () => {
    const style = getComputedStyle(canvas);
    for (const name of ['ink', 'line', 'bad'])
      colours[name] = style.getPropertyValue(`--meter-${name}`).trim();
  };
  const resize = () => {
    const ratio = Math.min(2, devicePixelRatio || 1);
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
  };
  new ResizeObserver(resize).observe(canvas);
  dark.addEventListener('change', restyle);
  restyle();

  // A hidden tab has no frames: its time is no gap.
  const forget = () => {
    before = 0;
    beat.due = 0;
  };
  addEventListener('visibilitychange', forget);
  addEventListener('pageshow', forget);

  function tick(now) {
    if (before) {
      const gap = now - before;
      gaps.push({ at: now, gap });
      for (const watcher of watchers) watcher.push(gap);
    }
    before = now;
    const keep = now - Math.max(WINDOW, (canvas.clientWidth / SPEED) * 1000);
    while (gaps.length && gaps[0].at < keep) gaps.shift();
    while (late.length && late[0].at < now - WINDOW) late.shift();
    draw(now);
    if (now - told > 250) (told = now), tell(now);
    pulse(now);
    requestAnimationFrame(tick);
  }

  function draw(now) {
    const { clientWidth: w, clientHeight: h } = canvas;
    context.clearRect(0, 0, w, h);
    context.fillStyle = colours.line;
    for (const level of [1000 / 60, 100, HIGHEST])
      context.fillRect(0, Math.round(h - height(level) * (h - 1)) - 1, w, 1);
    for (const bad of [false, true]) {
      context.fillStyle = bad ? colours.bad : colours.ink;
      for (const { at, gap } of gaps) {
        if (gap > JANK !== bad) continue;
        const right = w - ((now - at) * SPEED) / 1000,
          wide = Math.max(1, (gap * SPEED) / 1000 - 0.25),
          high = height(gap) * (h - 1);
        context.fillRect(right - wide, h - high, wide, high);
      }
    }
  }

  function tell(now) {
    const recent = gaps.filter(({ at }) => at > now - WINDOW).map(({ gap }) => gap);
    const { p99, max } = summary(recent);
    say($('#meter-p99'), duration(p99));
    say($('#meter-max'), duration(max));
    say($('#meter-late'), duration(Math.max(0, ...late.map(({ gap }) => gap))));
    $('#meter-max').classList.toggle('bad', max > JANK);
    $('#meter-p99').classList.toggle('bad', p99 > JANK);
  }

  function pulse(now) {
    const phase = (now % PULSE) / PULSE,
      swell = Math.max(0, 1 - phase * 3);
    $('#beat').style.opacity = (calm.matches ? (phase < 0.5 ? 1 : 0.4) : 0.4 + 0.6 * swell).toFixed(
      2,
    );
    if (!calm.matches) $('#beat').style.transform = `scale(${(0.8 + 0.35 * swell).toFixed(3)})`;
  }

  function beat() {
    const now = performance.now();
    if (beat.due) late.push({ at: now, gap: Math.max(0, now - beat.due) });
    beat.due = document.hidden ? 0 : now + BEAT;
    setTimeout(beat, BEAT);
  }

  beat();
  requestAnimationFrame(tick);

  return {
    /** Collects the gaps from now on; `stop()` gives { p99, max } of them in ms. */
    watch() {
      const seen = [];
      watchers.add(seen);
      const stop = () => {
        watchers.delete(seen);
        // The gap that is still open counts too.
        return summary(before ? [...seen, performance.now() - before] : seen);
      };
      return { stop };
    },
  };
}

function summary(gaps) {
  if (!gaps.length) return { p99: 0, max: 0 };
  const sorted = Float64Array.from(gaps).sort();
  return { p99: sorted[Math.ceil(sorted.length * 0.99) - 1], max: sorted[sorted.length - 1] };
}
