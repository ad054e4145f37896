// Lanczos resizing of a picture, in two passes: rows, then columns. Before and after share the
// frame, with a line to move.

import { h, say, slider } from '../dom.js';
import { filePicker } from '../file-picker.js';
import { percent } from '../format.js';
import { createKept } from '../kept-arrays.js';
import { drawLandscape } from '../sample-picture.js';
import { Tiles, showTiles } from '../tile-painter.js';

const TILE = 32;
// of a source: a larger picture is taken smaller, so that it fits into the memory
const MOST_PIXELS = 8e6;
const SPARE = 0.9; // of the memory may be used

export const resize = {
  id: 'resize',
  name: 'Resize',
  kernels: ['resize'],
  about: 'Lanczos-3, rows first, then columns. One iteration is one tile of 32 × 32 pixels.',
  create,
};

function create({ start, running, runtime: current, overlay, fail }) {
  const before = h('canvas', {
    className: 'before',
    role: 'img',
    'aria-label': 'The picture as it was',
  });
  const after = h('canvas', {
    className: 'after',
    role: 'img',
    'aria-label': 'The picture resized',
  });
  const tint = h('canvas', { className: 'tint', 'aria-hidden': 'true' });
  const left = h('span', { className: 'tag left' }),
    right = h('span', { className: 'tag right' });
  const divider = h('input', {
    id: 'divider',
    type: 'range',
    min: 0,
    max: 100,
    step: 0.5,
    value: 0,
    'aria-label': 'Line between before and after',
  });
  const top = h('div', { className: 'over' }, after, tint);
  const picture = h('div', { className: 'fit' }, before, top);
  const box = h('div', { className: 'frame' }, picture, left, right);
  const stage = h('div', { className: 'split' }, box, divider);

  const kept = createKept(current);
  let source,
    pictures = 0,
    maps = {},
    shown,
    work;

  const size = slider({
    id: 'size',
    label: 'Size',
    min: 5,
    max: 300,
    step: 5,
    value: 60,
    read: (value) => (source ? `${value} %, ${scaled(value).join(' × ')}` : `${value} %`),
    onChange: () => {
      if (running()) start('workers');
    },
  });
  const picker = filePicker({
    id: 'picture-file',
    label: 'Choose a picture',
    accept: 'image/*',
    onto: stage,
    take: (file) => open(file).catch(fail),
  });
  const own = h('button', { type: 'button', onclick: () => landscape().catch(fail) }, 'Landscape');

  const scaled = (value) =>
    [source.width, source.height].map((n) => Math.max(1, Math.round((n * value) / 100)));

  function use(canvas) {
    source = canvas;
    pictures++;
    before.width = canvas.width;
    before.height = canvas.height;
    before.getContext('2d').drawImage(canvas, 0, 0);
    after.width = after.height = tint.width = tint.height = 1;
    maps = {};
    shown = undefined;
    picture.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
    picture.style.setProperty('--shape', canvas.width / canvas.height);
    size.value = size.value; // tells the new numbers
    move(100);
    tags();
  }

  function tags() {
    say(left, source ? `Before: ${source.width} × ${source.height}` : '');
    say(right, shown ? `After: ${shown.join(' × ')}` : '');
    divider.disabled = !shown;
  }

  function move(value) {
    if (value !== undefined) divider.value = value;
    picture.style.setProperty('--line', `${divider.value}%`);
    stage.style.setProperty('--line', `${divider.value}%`);
    left.classList.toggle('gone', divider.valueAsNumber < 12);
    right.classList.toggle('gone', divider.valueAsNumber > 88);
  }
  divider.addEventListener('input', () => move());

  async function landscape() {
    use(await drawLandscape());
  }

  async function open(file) {
    const bitmap = await createImageBitmap(file).catch(() => {
      throw new Error(`${file.name} is not a picture that this browser can read.`);
    });
    const shrink = Math.min(1, Math.sqrt(MOST_PIXELS / (bitmap.width * bitmap.height)));
    const canvas = h('canvas', {
      width: Math.max(1, Math.round(bitmap.width * shrink)),
      height: Math.max(1, Math.round(bitmap.height * shrink)),
    });
    canvas
      .getContext('2d', { willReadFrequently: true })
      .drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    use(canvas);
  }

  /** A picture so large that it does not fit is refused before the memory is asked for it. */
  function check(runtime, width, height) {
    const need = 4 * (source.width * source.height + width * height + 4 * width * source.height);
    if (need > runtime.memory.capacity * SPARE) {
      throw new Error(
        `${width} × ${height} pixels take more memory than there is. Choose a smaller size.`,
      );
    }
  }

  /** The arrays of a run, with the picture in them. */
  function take(alloc, width, height) {
    const pixels = alloc(Uint8ClampedArray, source.width * source.height * 4),
      rows = [source.height, height];
    pixels.set(source.getContext('2d').getImageData(0, 0, source.width, source.height).data);
    return {
      pixels,
      rows,
      middle: alloc(Float32Array, 4 * width * source.height),
      out: alloc(Uint8ClampedArray, 4 * width * height),
      owners: rows.map((high) =>
        alloc(Uint8Array, Math.ceil(width / TILE) * Math.ceil(high / TILE)),
      ),
    };
  }

  const key = () => JSON.stringify([pictures, size.value]);

  async function run(run) {
    if (!source) await landscape();
    const { runtime, alone } = run,
      [width, height] = scaled(size.value);
    const source_width = source.width,
      source_height = source.height;
    check(runtime, width, height);
    const { pixels, middle, out, owners, rows } = await kept.get(run, key(), (alloc) =>
      take(alloc, width, height),
    );
    for (const map of owners) map.fill(0);
    try {
      after.width = width;
      after.height = height;
      shown = [width, height];
      maps = {};
      work = { tiles: new Tiles(after, TILE), out, owners, pass: 0, alone, width, rows };
      move(0);
      tags();
      const shape = { source: pixels, middle, out, source_width, source_height, width, height };
      run.begin();
      for (const pass of [0, 1]) {
        work.pass = pass;
        const options = {
          range: [0, owners[pass].length],
          args: { ...shape, owners: owners[pass], pass },
          signal: run.signal,
        };
        await run.track(runtime.post('resize', options), pass / 2, (pass + 1) / 2);
      }
      return `${width} × ${height} pixels, ${percent((width * height) / (source_width * source_height))} of the area.`;
    } finally {
      if (work) paint();
      work = undefined;
      move(50);
    }
  }

  function paint() {
    if (work) {
      const { tiles, out, owners, pass, alone, width, rows } = work;
      if (pass === 1) tiles.pull(out, owners[1]);
      maps = { owners: owners[pass].slice(), width, height: rows[pass], alone };
    }
    tint.hidden = !overlay() || !maps.owners;
    if (!tint.hidden) showTiles(tint, maps, TILE);
  }

  return {
    stage,
    run,
    paint,
    tints: true,
    controls: [size.row, h('div', { className: 'choose' }, picker, own)],
    show: () => {
      if (!source) landscape().catch(fail);
    },
    key,
    hide: kept.drop,
  };
}
