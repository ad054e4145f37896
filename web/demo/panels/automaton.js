// An elementary cellular automaton: a loop in which each iteration needs the one before, so one
// worker at a time runs the loop. Short, more urgent jobs are posted meanwhile: the loop yields to
// them, and goes on where a worker is free.

import { choice, h, say, slider } from '../dom.js';
import { brief, count, plural } from '../format.js';
import { createTimeline } from '../timeline.js';

const WIDTH = 1024,
  HEIGHT = 640; // cells in the ring; generations kept
const CELL = 3; // CSS pixels
const REFRESH = 500; // ms: a picture that changes whole must not flicker
const URGENT_EVERY = 120; // ms between two rounds of urgent jobs
// Of a round, for each worker: more jobs than idle workers, so that the loop has to yield.
const URGENT_JOBS = 4;
const URGENT_SEGMENTS = 16; // iterations of one: a few ms of work
const SEGMENT = 2 ** 19;

export const automaton = {
  id: 'automaton',
  name: 'Automaton',
  kernels: ['automaton', 'sieve'],
  about:
    'A sequential loop: each generation needs the one before. Urgent jobs push it aside; it goes on where a worker is free.',
  create,
};

function create({ start, runtime: current }) {
  const picture = h('canvas', {
    className: 'picture',
    role: 'img',
    'aria-label': 'The newest generations of the automaton, the last one lowest',
  });
  const canvas = h('canvas', {
    className: 'timeline',
    role: 'img',
    'aria-label': 'Which worker ran the loop when',
  });
  const timeline = createTimeline(canvas);
  const stage = h('div', { className: 'frame stacked' }, picture, canvas);
  const cells = new OffscreenCanvas(WIDTH, HEIGHT);
  let work,
    drawn = 0,
    told = 0;

  const rule = choice({
    id: 'rule',
    label: 'Rule',
    value: '30',
    choices: [
      ['30', '30, chaos'],
      ['54', '54, waves'],
      ['73', '73, walls'],
      ['90', '90, triangles'],
      ['110', '110, gliders'],
    ],
    onChange: () => preview(),
  });
  const rows = slider({
    id: 'rows',
    label: 'Generations',
    min: 3,
    max: 7.5,
    step: 0.25,
    value: 6.25,
    read: (power) => brief(generations(power)),
  });
  const urgent = h('input', { id: 'urgent', type: 'checkbox', role: 'switch', checked: true });
  const moves = h('output', { id: 'moves' }, '–');

  /** The first generations, so that there is something to see. */
  const preview = () => start('workers', { first: true });

  async function run(run, { first = false } = {}) {
    const { runtime } = run,
      total = first ? visible() : generations(rows.value);
    const ring = runtime.alloc(BigUint64Array, (2 * WIDTH) / 64),
      image = runtime.alloc(Uint32Array, WIDTH * HEIGHT);
    ring[WIDTH / 128] = 1n; // one cell, in the middle
    let owner = -1,
      moved = 0;
    run.quiet = first;
    const stop = new AbortController();
    say(moves, '0');
    try {
      run.begin();
      const args = { cells: ring, rule: Number(rule.value), image };
      const job = run.track(
        runtime.post('automaton', { range: [0, total], args, signal: run.signal }),
      );
      work = { image, job, total };
      timeline.begin(run, (done) => {
        const most = done.reduce((best, n, worker) => (n > done[best] ? worker : best), 0);
        // No urgent job has more iterations.
        if (done[most] <= URGENT_JOBS * URGENT_SEGMENTS || most === owner) return;
        if (owner >= 0) say(moves, count(++moved));
        owner = most;
      });
      // The urgent jobs end with the loop.
      if (!first && urgent.checked && !run.alone) press(runtime, stop.signal).catch(() => {});
      const { workers } = await job;
      if (first) return 'The first generations of it.';
      const who = run.alone
        ? 'on the main thread'
        : `${plural(moved, 'move')} among ${plural(workers.length, 'worker')}`;
      return `${brief(total)} generations, ${who}.`;
    } finally {
      stop.abort();
      timeline.end();
      show();
      work = undefined;
      runtime.free(ring);
      runtime.free(image);
    }
  }

  /** Posts rounds of short urgent jobs until the signal. */
  async function press(runtime, signal) {
    while (!signal.aborted) {
      const urgent = {
        range: [0, URGENT_SEGMENTS],
        grain: URGENT_SEGMENTS,
        args: { limit: URGENT_SEGMENTS * SEGMENT },
        priority: 'high',
        signal,
      };
      const jobs = Array.from({ length: URGENT_JOBS * runtime.workers.running }, () =>
        runtime.post('sieve', urgent),
      );
      await Promise.all(jobs);
      await new Promise((resolve) => setTimeout(resolve, URGENT_EVERY));
    }
  }

  const visible = () => Math.min(HEIGHT, Math.ceil(picture.clientHeight / CELL) || HEIGHT);

  /** Takes the rows of the ring in memory, the oldest first, in the page's colours. */
  function show() {
    drawn = Math.round(work.job.progress * work.total);
    const first = drawn > HEIGHT ? drawn % HEIGHT : 0;
    const image = new ImageData(WIDTH, HEIGHT),
      out = new Uint32Array(image.data.buffer);
    out.set(work.image.subarray(first * WIDTH), 0);
    out.set(work.image.subarray(0, first * WIDTH), (HEIGHT - first) * WIDTH);
    const black = 0xff000000,
      ink = inkOf(picture);
    for (let i = 0; i < out.length; i++) out[i] = out[i] === black ? ink : 0;
    cells.getContext('2d').putImageData(image, 0, 0);
    draw();
  }

  /**
   * The newest generations, from the middle of the ring: whole pixels to a cell, or the picture
   * would be a blur.
   */
  function draw() {
    const ratio = Math.min(3, devicePixelRatio || 1),
      cell = Math.max(1, Math.round(CELL * ratio));
    const { clientWidth, clientHeight } = picture;
    if (!clientWidth) return;
    picture.width = Math.round(clientWidth * ratio);
    picture.height = Math.round(clientHeight * ratio);
    const context = picture.getContext('2d'),
      rows = Math.min(HEIGHT, Math.max(drawn, 1)),
      high = Math.min(rows, Math.ceil(picture.height / cell));
    context.imageSmoothingEnabled = false;
    const left = Math.round(picture.width / 2 - (WIDTH / 2) * cell),
      top = Math.max(0, high * cell - picture.height);
    context.drawImage(cells, 0, rows - high, WIDTH, high, left, -top, WIDTH * cell, high * cell);
  }
  new ResizeObserver(draw).observe(picture);

  function paint() {
    timeline.paint();
    const now = performance.now();
    if (work && now - told > REFRESH) (told = now), show();
  }

  return {
    stage,
    run,
    paint,
    controls: [
      rule.row,
      rows.row,
      h('label', { className: 'switch wide' }, urgent, ' Urgent jobs in between'),
      h('p', { className: 'field' }, h('span', {}, 'Moves between workers'), moves),
    ],
    show: () => {
      timeline.clear(current());
      if (!drawn) preview();
    },
    verdict: 'One loop is no faster on many workers; the page stays free.',
    key: () => JSON.stringify([rule.value, rows.value, urgent.checked]),
  };
}

/** 10^power, to two digits. */
const generations = (power) => Number((10 ** power).toPrecision(2));

/** The colour of text, as canvases keep a pixel. */
function inkOf(element) {
  const probe = new OffscreenCanvas(1, 1).getContext('2d');
  probe.fillStyle = getComputedStyle(element).color;
  probe.fillRect(0, 0, 1, 1);
  return new Uint32Array(probe.getImageData(0, 0, 1, 1).data.buffer)[0];
}
