// How many primes there are up to a limit.

import { figure, h, say, slider } from '../dom.js';
import { brief, count } from '../format.js';
import { createTimeline } from '../timeline.js';

const SEGMENT = 2 ** 19; // numbers of one iteration

export const primes = {
  id: 'primes',
  name: 'Primes',
  kernels: ['sieve'],
  about: 'Counts the primes up to a limit by a segmented sieve. One iteration is 524,288 numbers.',
  create,
};

function create({ runtime: current }) {
  const name = h('p', { className: 'figure-name' });
  const total = h('p', { className: 'figure', id: 'prime-count' }, '–');
  const note = h('p', { className: 'figure-note' });
  const canvas = h('canvas', {
    className: 'timeline',
    role: 'img',
    'aria-label': 'Which worker sieved when',
  });
  const timeline = createTimeline(canvas);
  const stage = h(
    'div',
    { className: 'frame sheet' },
    h('div', { className: 'result' }, name, total, note),
    canvas,
  );
  const limit = slider({
    id: 'prime-limit',
    label: 'Limit',
    min: 6,
    max: 9.6,
    step: 0.1,
    value: 9,
    read: (power) => count(upTo(power)),
    onChange: () => clear(),
  });

  function clear() {
    say(name, `Primes up to ${count(upTo(limit.value))}`);
    figure(total, '');
    say(note, ' ');
  }
  clear();

  async function run(run) {
    clear();
    const last = upTo(limit.value);
    run.begin();
    timeline.begin(run);
    try {
      const options = {
        range: [0, Math.floor(last / SEGMENT) + 1],
        args: { limit: last },
        signal: run.signal,
      };
      const { state } = await run.track(run.runtime.post('sieve', options));
      const found = Number(state.count),
        rate = last / (performance.now() - run.started) / 1000;
      figure(total, count(found));
      total.dataset.count = found;
      say(note, `One number in ${(last / found).toFixed(1)} is a prime.`);
      return `${brief(rate * 1e6)} numbers a second.`;
    } finally {
      timeline.end();
    }
  }

  return {
    stage,
    run,
    paint: timeline.paint,
    show: () => timeline.clear(current()),
    controls: [limit.row],
    key: () => String(limit.value),
  };
}

/** 10^power, to two digits. */
const upTo = (power) => Number((10 ** power).toPrecision(2));
