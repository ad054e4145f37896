// A service worker that runs jobs, and tells its page how that went: for environment.test.mjs.
import { Runtime } from '/index.js';

const codeOf = (promise) =>
  promise.then(
    () => 'done',
    (error) => error.code ?? `${error}`,
  );

async function ringIn(runtime) {
  const ring = runtime.ring('record', {
    args: { by: 1 },
    encode: (view, n) => (view.setUint32(0, n, true), 4),
    decode: (view) => view.getUint32(0, true),
  });
  if ((await ring.send(1)) !== 2) throw new Error('a record came back as another');
  await ring.close();
}

async function saveIn(runtime) {
  const job = runtime.post('empty', { range: [0, 2 ** 53 - 1] });
  job.catch(() => {});
  try {
    runtime.restore(await job.save()).cancel();
  } finally {
    job.cancel();
  }
}

async function run() {
  const at = (path) => new URL(path, self.location.href);
  const runtime = await Runtime.start({ module: at('/filch-test.wasm'), memory: 2 ** 24 });
  const { iterations } = await runtime.post('empty', { range: [0, 1000] });
  const schema = { fields: { data: 'array f64', sum: 'state i32' } };
  const said = {
    mode: runtime.mode,
    iterations,
    define: await codeOf(runtime.define('sum', at('/tests/package/app/kernel.js'), schema)),
    load: await codeOf(runtime.load(at('/plugins/kernels.wasm'))),
    call: await codeOf(runtime.call(at('/tests/fixtures/modules/tasks.js'), 'add', [1, 2])),
    ring: await codeOf(ringIn(runtime)),
    save: await codeOf(saveIn(runtime)),
    text: await runtime.load(at('/plugins/none.wasm')).catch((error) => error.message),
  };
  await runtime.close();
  return said;
}

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('message', ({ ports: [port] }) =>
  run().then(
    (said) => port.postMessage(said),
    (error) => port.postMessage(`${error}`),
  ),
);
