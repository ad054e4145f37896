// What the package finds around it: timers, the clock, Atomics, messages, modules. All of it is put
// in the place of the real one once, and asks the simulation that runs now.
import { Modules } from './modules.mjs';

const { load } = Atomics;
const real = { WebAssembly: { ...descriptorsOf(WebAssembly) } };

/** What is not enumerable, too. */
function descriptorsOf(object) {
  return Object.fromEntries(Object.getOwnPropertyNames(object).map((name) => [name, object[name]]));
}

const LONGEST = 2 ** 31 - 1;

/** The simulation that runs now: an Agenda, Threads, and what a page has. */
const now = {
  agenda: undefined,
  threads: undefined,
  waiters: [],
  page: undefined,
  memory: undefined,
  messages: [],
};

class Timer {
  constructor(event) {
    this.event = event;
  }

  ref() {
    now.agenda.setRef(this.event, true);
    return this;
  }

  unref() {
    now.agenda.setRef(this.event, false);
    return this;
  }
}

function setTimeout(call, ms = 0, ...args) {
  const after = ms >= 1 && ms <= LONGEST ? ms : 1;
  const { agenda } = now;
  const late = agenda.random.chance(0.2) ? agenda.random.delay(0.5) : 0;
  const event = { what: `timer of ${after} ms`, ref: true, of: agenda.thread };
  event.run = () => call(...args);
  return new Timer(agenda.add(after + late, event));
}

function setInterval(call, ms) {
  const after = ms >= 1 && ms <= LONGEST ? ms : 1;
  const { agenda } = now;
  const timer = new Timer();
  const again = (ref) => {
    timer.event = agenda.add(after, { what: `interval of ${after} ms`, ref, of: agenda.thread });
    timer.event.run = () => {
      const before = timer.event;
      again(before.ref);
      call();
    };
  };
  again(true);
  return timer;
}

const clear = (timer) => {
  if (timer instanceof Timer) now.agenda.cancel(timer.event);
};

function setImmediate(call, ...args) {
  const { agenda } = now;
  const event = { what: 'immediate', ref: true, of: agenda.thread, run: () => call(...args) };
  return new Timer(agenda.add(agenda.random.delay(0.005), event));
}

/** A channel of two ports of one thread, for core/platform.js. */
class MessageChannel {
  constructor() {
    this.port1 = { onmessage: undefined };
    this.port2 = {
      postMessage: (data) => {
        const run = () => this.port1.onmessage({ data });
        const { agenda } = now;
        const event = { what: 'message to itself', run }; // all threads share the channel
        now.messages.push(agenda.add(agenda.random.delay(0.01), event));
      },
    };
  }
}

const isSame = (waiter, array, index) =>
  waiter.array.buffer === array.buffer && waiter.at === array.byteOffset + 4 * index;

function wake(waiter, how) {
  now.waiters = now.waiters.filter((each) => each !== waiter);
  const { agenda } = now;
  agenda.add(agenda.random.delay(0.02), {
    what: 'notified',
    of: waiter.of,
    run: () => waiter.resolve(how),
  });
}

/**
 * Wakes the waiters that the module has notified since the last look: it changes the word before.
 * A script that changes the word calls Atomics.notify() itself.
 */
function noticeNotified() {
  for (const waiter of now.waiters) {
    const { array, index, value } = waiter;
    const holds = load(array, index) === value;
    if (waiter.holds && !holds) wake(waiter, 'ok');
    waiter.holds = holds;
  }
}

/** The waiters see a change that comes without a notification. */
function changedQuietly() {
  for (const waiter of now.waiters) {
    waiter.holds = load(waiter.array, waiter.index) === waiter.value;
  }
}

const atomics = {
  waitAsync(array, index, value) {
    if (load(array, index) !== value) return { async: false, value: 'not-equal' };
    const waiter = { array, index, value, at: array.byteOffset + 4 * index, holds: true };
    waiter.of = now.agenda.thread;
    now.waiters.push(waiter);
    return { async: true, value: new Promise((resolve) => (waiter.resolve = resolve)) };
  },
  notify(array, index, count = Infinity) {
    const woken = now.waiters.filter((waiter) => isSame(waiter, array, index)).slice(0, count);
    for (const waiter of woken) wake(waiter, 'ok');
    return woken.length;
  },
};
for (const name of ['store', 'add', 'sub', 'and', 'or', 'xor', 'exchange', 'compareExchange']) {
  const change = Atomics[name];
  atomics[name] = (...args) => {
    if (!now.waiters.length) return change(...args);
    noticeNotified();
    const result = change(...args);
    changedQuietly();
    return result;
  };
}

/** Promises of the engine's, which settle in an event. */
function soon(what, mean, make) {
  const { agenda } = now;
  return new Promise((resolve, reject) => {
    const run = () => {
      try {
        resolve(make());
      } catch (error) {
        reject(error);
      }
    };
    agenda.add(agenda.random.delay(mean), { what, ref: true, of: agenda.thread, run });
  });
}

const runtimes = new WeakMap(); // module -> whether it is a runtime's
function isRuntime(module) {
  if (!runtimes.has(module)) {
    const exported = real.WebAssembly.Module.exports(module).map(({ name }) => name);
    runtimes.set(module, exported.includes('filch_host_worker_run'));
  }
  return runtimes.get(module);
}

const hangs = (module) =>
  real.WebAssembly.Module.exports(module).some(({ name }) => name === 'hangs');

function instance(module, imports) {
  const { agenda, threads } = now;
  const thread = agenda.thread;
  if (!isRuntime(module)) {
    if (thread && hangs(module)) {
      thread.hangs = true;
      agenda.log(`thread ${thread.number} hangs in a start function`);
      throw new Error('this thread never comes here');
    }
    return new real.WebAssembly.Instance(module, imports);
  }
  const given = thread ? threads.importsOf(thread, imports) : imports;
  const { exports } = new real.WebAssembly.Instance(module, given);
  return { exports: { ...exports, ...threads.exportsOf(thread, exports) } };
}

function Instance(module, imports) {
  return instance(module, imports);
}

/** Memories are many, and the engine is slow to take them back: each is used again, as zeros. */
const spare = new Map();
function Memory(descriptor) {
  const memory = spare.get(descriptor.initial)?.pop() ?? new real.WebAssembly.Memory(descriptor);
  now.memory = { memory, pages: descriptor.initial };
  return memory;
}
Memory.prototype = real.WebAssembly.Memory.prototype;

const webAssembly = {
  Instance,
  Memory,
  instantiate: (module, imports) => soon('instantiate', 0.2, () => instance(module, imports)),
  compile: (bytes) => soon('compile', 1, () => new real.WebAssembly.Module(bytes)),
};

const put = (target, name, value) =>
  Object.defineProperty(target, name, { value, configurable: true, writable: true });

/**
 * Takes the real environment's place, for good.
 *
 * @param {'node' | 'browser'} kind of the environment that the package finds
 * @param {(error: unknown, how: string) => void} heard of an exception that no promise carries
 */
export function install(kind, heard) {
  const clock = () => {
    now.threads.tick();
    return now.agenda.now;
  };
  put(performance, 'now', clock);
  put(performance, 'timeOrigin', 0);
  put(Math, 'random', () => now.agenda.random.next());
  const globals = { setTimeout, setInterval, setImmediate, MessageChannel };
  for (const [name, value] of Object.entries(globals)) put(globalThis, name, value);
  for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate'])
    put(globalThis, name, clear);
  for (const [name, value] of Object.entries(atomics)) put(Atomics, name, value);
  for (const [name, value] of Object.entries(webAssembly)) put(WebAssembly, name, value);
  process.on('uncaughtException', (error) => heard(error, 'an uncaught exception'));
  process.on('unhandledRejection', (error) => heard(error, 'an unhandled rejection'));
  put(process, 'emitWarning', (text) => heard(text, 'a warning'));
  if (kind === 'browser') likeABrowser(heard);
}

function likeABrowser(heard) {
  put(process, 'type', 'renderer');
  put(globalThis, 'navigator', { vendor: '', hardwareConcurrency: 3 });
  put(globalThis, 'crossOriginIsolated', true);
  put(globalThis, 'reportError', (error) => heard(error, 'a report'));
  put(globalThis, 'Worker', function () {
    return now.threads.browserWorker();
  });
  Object.defineProperty(globalThis, 'document', { get: () => now.page, configurable: true });
}

/** A page that can be hidden. */
class Page extends EventTarget {
  visibilityState = 'visible';
  baseURI = 'sim:page';

  set hidden(on) {
    this.visibilityState = on ? 'hidden' : 'visible';
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

/** Begins a simulation. @returns what it has of the environment */
export function enter(agenda, threads, own) {
  const modules = new Modules(agenda);
  Object.assign(now, {
    agenda,
    threads,
    waiters: [],
    messages: [],
    page: new Page(),
    memory: undefined,
  });
  globalThis.filchSimulation = {
    gave: (id, handle) => threads.handles.gave(id, handle),
    import(base, specifier) {
      const url = String(specifier);
      if (url === 'node:worker_threads')
        return soon('import', 0.1, () => ({ Worker: threads.nodeWorker }));
      if (url.startsWith('node:')) return soon('import', 0.1, () => own.builtins[url]);
      if (url.startsWith('.')) return soon('import', 0.5, () => own.files[new URL(url, base).href]);
      return modules.import(url, agenda.thread);
    },
  };
  return { page: now.page, modules, noticeNotified, changedQuietly };
}

/** Turns of the event loop that the package may still want. */
const TURNS = 100;

/**
 * The simulation has ended, and no thread of it runs any more.
 *
 * @param {() => Promise<void>} settle lets microtasks run
 */
export async function leave(settle) {
  await settle();
  // The package counts its messages to itself: each has to come.
  for (let left = TURNS; left && now.messages.some(({ open }) => open); left--) {
    for (const event of now.messages.splice(0)) if (event.open) event.run();
    await settle();
  }
  if (!now.memory) return;
  const { memory, pages } = now.memory;
  new Uint8Array(memory.buffer).fill(0);
  if (!spare.has(pages)) spare.set(pages, []);
  spare.get(pages).push(memory);
  now.memory = undefined;
}
