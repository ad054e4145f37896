// BLAKE3 of a file, or of bytes made here.

import { choice, figure, frame, h, say } from '../dom.js';
import { filePicker } from '../file-picker.js';
import { bytes as sized, count } from '../format.js';
import { createKept } from '../kept-arrays.js';
import { createTimeline } from '../timeline.js';

const BLOCK = 16_384; // bytes of one iteration
const NODE = 9,
  WORDS = 8; // u32s of the tree per block, and of a hash
const MIB = 2 ** 20;
const PATIENCE = 4; // ms that the page works on the input before it draws a frame

export const hash = {
  id: 'hash',
  name: 'BLAKE3',
  kernels: ['blake3'],
  about:
    'The BLAKE3 hash of a file. One iteration is 16 KiB; the worker that finishes the second of two neighbours joins them.',
  create,
};

function create({ start, runtime: current }) {
  const name = h('p', { className: 'figure-name' });
  const speed = h('p', { className: 'figure', id: 'speed' }, '–');
  const digest = h('p', { id: 'digest', className: 'digest', 'aria-label': 'Hash in hexadecimal' });
  const canvas = h('canvas', {
    className: 'timeline',
    role: 'img',
    'aria-label': 'Which worker hashed when',
  });
  const timeline = createTimeline(canvas);
  const stage = h(
    'div',
    { className: 'frame sheet' },
    h('div', { className: 'result' }, name, speed, digest),
    canvas,
  );
  const kept = createKept(current);
  let file;

  const size = choice({
    id: 'hash-size',
    label: 'Bytes made here',
    value: '64',
    choices: [
      ['16', '16 MiB'],
      ['64', '64 MiB'],
      ['192', '192 MiB'],
    ],
    onChange: () => {
      file = undefined;
      clear();
    },
  });
  const picker = filePicker({
    id: 'hash-file',
    label: 'Choose a file',
    onto: stage,
    take: (chosen) => {
      file = chosen;
      clear();
      start('workers');
    },
  });

  function clear() {
    say(
      name,
      file ? `${file.name}, ${sized(file.size)}` : `${size.value} MiB made here. Or drop a file.`,
    );
    figure(speed, '');
    digest.replaceChildren(...Array.from({ length: 8 }, () => h('span', {}, '········')));
    delete digest.dataset.hex;
  }
  clear();

  async function run(run) {
    const { runtime } = run;
    clear();
    const length = file ? file.size : Number(size.value) * MIB;
    const blocks = Math.max(1, Math.ceil(length / BLOCK));
    if (length > 2 ** 32 - 1 || length + blocks * NODE * 4 > runtime.memory.capacity * 0.98) {
      throw new Error(
        `${file?.name ?? 'That'} has ${sized(length)}; this page’s memory takes ${sized(runtime.memory.capacity * 0.95)}.`,
      );
    }
    const input = await kept.get(run, key(), async (alloc) => {
      const array = alloc(Uint8Array, length);
      await (file ? read(file, array, run.signal) : make(array, run.signal));
      return array;
    });
    const tree = runtime.alloc(Uint32Array, blocks * NODE);
    try {
      run.begin();
      timeline.begin(run);
      const args = { input, bytes: length, tree };
      await run.track(runtime.post('blake3', { range: [0, blocks], args, signal: run.signal }));
      const seconds = (performance.now() - run.started) / 1000;
      const words = [...tree.slice(0, WORDS)].map(hex);
      digest.replaceChildren(...words.map((word) => h('span', {}, word)));
      digest.dataset.hex = words.join('');
      const rate = length / 1e6 / seconds;
      figure(speed, `${count(rate)} MB/s`);
      return `${sized(length)} at ${count(rate)} MB/s.`;
    } finally {
      timeline.end();
      runtime.free(tree);
    }
  }

  const key = () => JSON.stringify(file ? [file.name, file.size, file.lastModified] : size.value);

  return {
    stage,
    run,
    paint: timeline.paint,
    show: () => timeline.clear(current()),
    hide: kept.drop,
    controls: [size.row, h('div', { className: 'choose' }, picker)],
    key,
  };
}

/** A word's bytes in the order they stand in memory, which is little-endian. */
const hex = (word) =>
  [0, 8, 16, 24].map((shift) => ((word >>> shift) & 255).toString(16).padStart(2, '0')).join('');

const cancelled = () => new DOMException('cancelled', 'AbortError');

/** Fills the array with numbers of a fixed sequence (xorshift32), a little at a frame. */
async function make(array, signal) {
  const words = new Uint32Array(array.buffer, array.byteOffset, array.length / 4);
  let x = 2463534242,
    pause = performance.now() + PATIENCE;
  for (let i = 0; i < words.length; i++) {
    (x ^= x << 13), (x ^= x >>> 17), (x ^= x << 5);
    words[i] = x;
    if (i % 65_536 === 0 && performance.now() > pause) {
      await frame();
      if (signal.aborted) throw cancelled();
      pause = performance.now() + PATIENCE;
    }
  }
}

/** Reads the file into the array, piece by piece. */
async function read(file, array, signal) {
  const reader = file.stream().getReader();
  let at = 0,
    pause = performance.now() + PATIENCE;
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new Error(`${file.name} could not be read.`);
    });
    if (done) break;
    if (signal.aborted) throw cancelled();
    array.set(value, at);
    at += value.length;
    if (performance.now() > pause) await frame(), (pause = performance.now() + PATIENCE);
  }
}
