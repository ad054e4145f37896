// The cost of a position-independent module, which runs in the memory of another program. Sources,
// compiler, and kernels are the same.

import { start } from '../lab.mjs';
import { loadModule } from '../../../web/wasm/module.js';
import { alternate, ratios, summary } from '../stats.mjs';

const ROUNDS = 9;
const BYTES = 2 ** 24;
const VIEW = { width: 400, height: 300, cx: -0.743, cy: 0.131, scale: 0.00005, limit: 1500 };
const built = (name) => loadModule(new URL(`../../../build/${name}.wasm`, import.meta.url));

async function took(work) {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

const works = {
  'fib(32), a task per call': (runtime) => () => runtime.post('fib', { args: { n: 32 } }),
  'Mandelbrot, 300 rows': (runtime) => {
    const out = runtime.alloc(Uint8ClampedArray, VIEW.width * VIEW.height * 4);
    return () => runtime.post('mandelbrot', { range: [0, VIEW.height], args: { out, ...VIEW } });
  },
  'sort of 300 000 numbers': (runtime) => {
    const [data, scratch] = [
      runtime.alloc(Uint32Array, 300_000),
      runtime.alloc(Uint32Array, 300_000),
    ];
    return () => {
      for (let i = 0; i < data.length; i++) data[i] = Math.imul(i + 1, 2654435761);
      return runtime.post('sort', { args: { data, scratch } });
    };
  },
  '10,000 empty tasks': (runtime) => () =>
    Promise.all(Array.from({ length: 10_000 }, () => runtime.post('empty', { range: [0, 1] }))),
  '10^5 empty loops as one': (runtime) => {
    const loops = Array.from({ length: 1e5 }, () => ({ range: [0, 1] }));
    return () => runtime.postMany('empty', loops);
  },
};

export async function inside() {
  const pages = BYTES / 65536 + 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const [plain, placed] = await Promise.all([
    start({ workers: 1, module: await built('filch-plain'), memory: BYTES }),
    start({
      workers: 1,
      module: await built('filch-placed-test'),
      memory,
      region: { address: 65536, bytes: BYTES },
    }),
  ]);
  const measured = {};
  for (const [name, work] of Object.entries(works)) {
    const contenders = Object.fromEntries(
      Object.entries({ plain: work(plain), placed: work(placed) }).map(([of, each]) => [
        of,
        () => took(each),
      ]),
    );
    await alternate(contenders, 3);
    measured[name] = await alternate(contenders, ROUNDS);
  }
  await Promise.all([plain.close(), placed.close()]);
  return measured;
}

export const report = (measured) =>
  Object.entries(measured).map(([what, { plain, placed }]) => ({
    what,
    of: 'placed / plain',
    figure: summary(ratios(placed, plain)),
    unit: 'x',
    lines: [
      { name: 'placed', unit: 'ms', ...summary(placed) },
      { name: 'plain', unit: 'ms', ...summary(plain) },
    ],
  }));
