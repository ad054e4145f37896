// Pages whose globals are not as usual: run there by environment.test.mjs, in each engine. Nothing
// of the package is imported before a test has changed the globals.
const MODULE = new URL('/filch-test.wasm', location.href);

function equal(found, wanted, what) {
  const [a, b] = [found, wanted].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${what}: ${a}, expected ${b}`);
}

async function rejection(promise, what) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`${what} did not reject`);
}

/** Starts a runtime, which must work. @returns its figures */
async function works(options) {
  const { Runtime } = await import('/index.js');
  const runtime = await Runtime.start({ module: MODULE, workers: 2, ...options });
  const visits = runtime.alloc(Uint32Array, 1000);
  await runtime.post('visit', { range: [0, 1000], args: { visits } });
  equal(
    visits.every((n) => n === 1),
    true,
    'every iteration ran once',
  );
  const { mode, modeReason, memory } = runtime;
  await runtime.close();
  return { mode, modeReason, memory };
}

async function hasThreads(options) {
  const { mode, modeReason } = await works(options);
  equal([mode, modeReason], ['threads', ''], 'the mode');
}

export async function a_stand_in_for_process_is_not_node() {
  globalThis.process = {
    versions: { node: '22.0.0' },
    cwd: () => '/',
    [Symbol.toStringTag]: 'process',
  };
  await hasThreads();
}

export async function nor_is_electron_s_worker() {
  const platform = new URL('/core/platform.js', location.href).href;
  const script = `
    globalThis.process = { versions: { node: '22.0.0', electron: '40' }, [Symbol.toStringTag]: 'process' };
    import(${JSON.stringify(platform)}).then(({ isNode }) => postMessage(String(isNode)), (error) => postMessage(error.message));`;
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  const worker = new Worker(url, { type: 'module' });
  const said = await new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve(message);
  });
  worker.terminate();
  equal(said, 'false', 'isNode');
}

export async function a_string_that_is_thrown_refuses_memory() {
  const { Memory } = WebAssembly;
  WebAssembly.Memory = function (descriptor) {
    if (descriptor.maximum > 1024) throw 'out of memory';
    return new Memory(descriptor);
  };
  const { memory } = await works();
  equal(memory.size, 2 ** 26, 'the size');
  equal(memory.reason, 'the engine refused 256 MiB: "out of memory"', 'the reason');
  WebAssembly.Memory = function () {
    throw 'out of memory';
  };
  const { Runtime } = await import('/index.js');
  const error = await rejection(Runtime.start({ module: MODULE }), 'a start without memory');
  equal(
    [error.code, /MiB or more: "out of memory"$/.test(error.message)],
    ['OUT_OF_MEMORY', true],
    error.message,
  );
}

export async function a_worker_class_that_is_read_only() {
  const { Worker } = globalThis;
  Object.defineProperty(globalThis, 'Worker', { value: Worker, writable: false });
  await hasThreads();
  Object.defineProperty(globalThis, 'Worker', { get: () => Worker });
  await hasThreads();
  // Not every engine lets a page do that.
  Reflect.defineProperty(globalThis, 'Worker', {
    value: Worker,
    writable: false,
    configurable: false,
  });
  await hasThreads();
}

export async function a_worker_class_that_refuses() {
  globalThis.Worker = class {
    constructor() {
      throw 'by policy';
    }
  };
  const { mode, modeReason } = await works();
  equal([mode, /by policy"$/.test(modeReason)], ['cooperative', true], modeReason);
  const { Runtime } = await import('/index.js');
  const error = await rejection(Runtime.start({ module: MODULE, mode: 'threads' }), 'no threads');
  equal(error.code, 'WORKER_START', 'the code');
}

export async function frozen_built_ins() {
  const names = 'Object Array Function Error TypeError RangeError Promise Map Set WeakMap Symbol';
  for (const name of `${names} String Number BigInt RegExp Date URL EventTarget`.split(' ')) {
    Object.freeze(globalThis[name].prototype);
    Object.freeze(globalThis[name]);
  }
  await hasThreads();
}

export async function without_channels_and_animation_there_are_timers() {
  delete globalThis.MessageChannel;
  await works({ mode: 'cooperative' });
  await hasThreads();
}

export async function what_is_missing_is_named() {
  delete globalThis.TextDecoder;
  delete globalThis.Atomics;
  const { Runtime } = await import('/index.js');
  const error = await rejection(Runtime.start({ module: MODULE }), 'a start without Atomics');
  equal(
    [error.code, error.message],
    ['MODULE', 'no runtime can start here: there is no "Atomics", "TextDecoder"'],
    'the error',
  );
}

export async function a_page_in_place_of_a_module_is_called_html() {
  const { Runtime } = await import('/index.js');
  const page = new URL('/tests/js/browser/page.html', location.href);
  const error = await rejection(Runtime.start({ module: page }), 'a page as module');
  equal(
    [error.code, /: the server sent HTML: "</.test(error.message)],
    ['MODULE', true],
    error.message,
  );
  const runtime = await Runtime.start({ module: MODULE, workers: 1 });
  for (const source of [page, await fetch(page)]) {
    const refused = await rejection(runtime.load(source), 'a page as plug-in');
    equal([refused.code, /sent HTML/.test(refused.message)], ['PLUGIN', true], refused.message);
  }
  const relative = await rejection(runtime.define('sum', './sum.js', {}), 'a relative address');
  equal(relative.code, 'BAD_ARGUMENT', relative.message);
  await runtime.close();
}

export async function the_longest_times_are_no_short_ones() {
  const { Runtime } = await import('/index.js');
  const runtime = await Runtime.start({ module: MODULE, workers: 1, idleTimeout: 2 ** 31 - 1 });
  const job = runtime.post('spin', { range: [0, 200], args: { cost: 50_000 } });
  let updates = 0;
  for await (const _ of job.updates({ every: Infinity })) updates++;
  equal([updates, job.status], [2, 'done'], 'updates');
  equal(runtime.workers.running, 1, 'workers');
  const last = runtime.post('spin', { range: [0, 200], args: { cost: 50_000 } });
  await runtime.close({ drain: true, timeout: 2 ** 31 });
  equal(last.status, 'done', 'a job when close() has waited');
}
