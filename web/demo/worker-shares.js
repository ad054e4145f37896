// The work of each worker: a colour for each worker, the list of workers with their shares, and
// pictures of owner maps.
//
// An owner map has a byte for each iteration or cell: 0 is not done yet, 1 + n is worker n.

import { $, h, say } from './dom.js';
import { count, percent } from './format.js';

const MOST = 30;
const FIRST = [
  [46, 124, 224],
  [240, 160, 48],
  [38, 168, 130],
  [222, 82, 118],
  [136, 106, 230],
  [30, 176, 206],
  [176, 190, 44],
  [226, 108, 52],
];
/** The colour of the main thread's work. */
const MAIN = [128, 134, 142];

function fromHue(hue, lightness) {
  const channel = (n) => {
    const k = (n + hue / 30) % 12;
    return Math.round(
      255 *
        (lightness -
          0.6 * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1))),
    );
  };
  return [channel(0), channel(8), channel(4)];
}

const golden = 137.508;
const COLOURS = Array.from(
  { length: MOST },
  (_, n) => FIRST[n] ?? fromHue((n * golden) % 360, n % 2 ? 0.46 : 0.62),
);

export const colourOf = (worker, onMain = false) =>
  `rgb(${(onMain ? MAIN : COLOURS[worker % MOST]).join(' ')})`;

/** From owner byte to a pixel as canvases keep them, little-endian; 0 is transparent. */
function lookup(onMain) {
  const table = new Uint32Array(256);
  for (let owner = 1; owner < 256; owner++) {
    const [red, green, blue] = onMain ? MAIN : COLOURS[(owner - 1) % MOST];
    table[owner] = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  }
  return table;
}
const tables = { false: lookup(false), true: lookup(true) };

/**
 * Paints an owner map into an ImageData of as many pixels; `onMain`: the main thread did the work,
 * no worker.
 */
export function paintOwners(owners, image, onMain) {
  const table = tables[onMain],
    out = new Uint32Array(image.data.buffer);
  const each = out.length / owners.length; // pixels of one owner: 1, or a row
  for (let i = 0; i < owners.length; i++) out.fill(table[owners[i]], i * each, (i + 1) * each);
}

/** The list of workers under #workers, and the sums under #counters. */
export function createWorkerList() {
  const list = $('#workers');
  let rows = [];

  function build(size, onMain) {
    rows = Array.from({ length: size }, (_, n) => {
      const bar = h('span', { className: 'bar' });
      bar.style.background = colourOf(n, onMain);
      const share = h('span', { className: 'share' });
      const taken = h('span', {
        className: 'taken-parts',
        title: 'Times that it took work from another worker: steals and splits',
      });
      const name = h('span', { className: 'name' }, onMain ? 'Main' : `Worker ${n}`);
      return {
        item: h(
          'li',
          { dataset: { worker: n } },
          name,
          h('span', { className: 'track' }, bar),
          share,
          taken,
        ),
        bar,
        share,
        taken,
      };
    });
    list.replaceChildren(...rows.map(({ item }) => item));
    list.dataset.count = size;
    list.dataset.main = onMain;
  }

  return {
    /** Shows rows for so many workers, so that nothing moves when the workers start. */
    expect: (size) => build(size, false),
    /**
     * `counters`: an array of each worker's { chunks, iterations, steals, splits } since the run
     * began.
     */
    show(counters, onMain = false) {
      if (rows.length !== counters.length || list.dataset.main !== String(onMain)) {
        build(counters.length, onMain);
      }
      const total = counters.reduce((sum, { iterations }) => sum + iterations, 0);
      counters.forEach(({ iterations, steals, splits }, n) => {
        const share = total ? iterations / total : 0;
        rows[n].bar.style.transform = `scaleX(${share})`;
        rows[n].item.dataset.iterations = iterations;
        say(rows[n].share, percent(share));
        say(rows[n].taken, onMain ? '' : `${count(steals + splits)} stolen`);
      });
      for (const name of ['chunks', 'steals', 'splits']) {
        say($(`#count-${name}`), count(counters.reduce((sum, worker) => sum + worker[name], 0)));
      }
    },
  };
}
