// An elementary cellular automaton: a loop whose iterations need the one before, so one worker at a time runs it. Short, more
// urgent jobs come in between; the loop makes room, and goes on wherever a worker is free.

import { choice, h, say, slider } from '../dom.js';
import { brief, count, plural } from '../format.js';
import { createTimeline } from '../timeline.js';

const WIDTH = 1024, HEIGHT = 640; // cells in the ring; generations in the picture
const REFRESH = 500; // ms: a picture that changes whole must not flicker
const URGENT_EVERY = 60; // ms between two urgent jobs
const URGENT_SEGMENTS = 6; // of the sieve, a few ms of work
const SEGMENT = 2 ** 19;

export const automaton = {
  id: 'automaton',
  name: 'Automaton',
  kernels: ['automaton', 'sieve'],
  about: 'A sequential loop: each generation needs the one before. Urgent jobs push it aside, and it goes on at another worker.',
  create,
};

function create() {
  const picture = h('canvas', { className: 'picture cells', width: WIDTH, height: HEIGHT, role: 'img', 'aria-label': 'The newest generations, the last one lowest' });
  const canvas = h('canvas', { className: 'timeline', role: 'img', 'aria-label': 'Which worker ran the loop when' });
  const timeline = createTimeline(canvas);
  const stage = h('div', { className: 'frame stacked' }, picture, canvas);
  const rule = choice({
    id: 'rule', label: 'Rule', value: '110',
    choices: [['30', '30, chaos'], ['90', '90, triangles'], ['110', '110, gliders'], ['54', '54, waves'], ['184', '184, traffic']],
  });
  const rows = slider({ id: 'rows', label: 'Generations', min: 3, max: 7, step: 0.25, value: 6, read: (power) => brief(generations(power)) });
  const urgent = h('input', { id: 'urgent', type: 'checkbox', role: 'switch', checked: true });
  const moves = h('output', { id: 'moves' }, '–');
  let work, told = 0;

  async function run(run) {
    const { runtime, where } = run, total = generations(rows.value);
    const cells = runtime.alloc(BigUint64Array, (2 * WIDTH) / 64), image = runtime.alloc(Uint32Array, WIDTH * HEIGHT);
    seed(cells);
    let job, owner = -1, moved = 0, pressing = true;
    say(moves, '0');
    try {
      run.begin();
      job = run.track(runtime.post('automaton', { range: [0, total], args: { cells, rule: Number(rule.value), image }, signal: run.signal }));
      work = { image, job, total };
      timeline.begin(runtime, where, (done) => {
        // Only the loop's own iterations come by the thousand: a few are the urgent jobs'.
        const most = done.reduce((best, n, worker) => (n > done[best] ? worker : best), 0);
        if (done[most] <= 2 * URGENT_SEGMENTS || most === owner) return;
        if (owner >= 0) say(moves, count(++moved));
        owner = most;
      });
      const press = async () => {
        while (pressing && urgent.checked && where === 'workers') {
          await runtime.post('sieve', { range: [0, URGENT_SEGMENTS * 4], args: { limit: URGENT_SEGMENTS * 4 * SEGMENT }, priority: 'high', signal: run.signal });
          await new Promise((resolve) => setTimeout(resolve, URGENT_EVERY));
        }
      };
      press().catch(() => {}); // cancelled along with the loop
      const { workers } = await job;
      return `${brief(total)} generations; moved ${plural(moved, 'time')} among ${plural(workers.length, 'worker')}.`;
    } finally {
      pressing = false;
      timeline.end();
      show();
      work = undefined;
      runtime.free(cells);
      runtime.free(image);
    }
  }

  /** The rows of the ring in memory, the oldest first, in the page's colours. */
  function show() {
    const done = Math.round(work.job.progress * work.total), first = done > HEIGHT ? done % HEIGHT : 0;
    const image = new ImageData(WIDTH, HEIGHT), out = new Uint32Array(image.data.buffer);
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    const ink = dark ? 0xfff0e7d8 : 0xff3a2a1c, paper = dark ? 0xff1c1814 : 0xffffffff;
    out.set(work.image.subarray(first * WIDTH), 0);
    out.set(work.image.subarray(0, first * WIDTH), (HEIGHT - first) * WIDTH);
    for (let i = 0; i < out.length; i++) if (out[i]) out[i] = out[i] === 0xff000000 ? ink : paper;
    picture.getContext('2d').putImageData(image, 0, 0);
  }

  function paint() {
    timeline.paint();
    const now = performance.now();
    if (work && now - told > REFRESH) told = now, show();
  }

  return {
    stage, run, paint,
    controls: [
      rule.row, rows.row,
      h('label', { className: 'switch wide' }, urgent, ' Urgent jobs in between'),
      h('p', { className: 'field' }, h('span', {}, 'Moves between workers'), moves),
    ],
    key: () => JSON.stringify([rule.value, rows.value, urgent.checked]),
  };
}

/** 10^power, to two digits. */
const generations = (power) => Number((10 ** power).toPrecision(2));

/** A few cells, the same each time. */
function seed(cells) {
  let x = 0x9e3779b97f4a7c15n;
  for (let i = 0; i < cells.length / 2; i++) {
    x = BigInt.asUintN(64, x * 6364136223846793005n + 1442695040888963407n);
    cells[i] = x ^ (x >> 29n);
  }
}
