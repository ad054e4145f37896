/** The differences between a browser and Node, all of them. */

/** The class is the engine's own. jsdom's and Deno's are JavaScript. */
const isNative = (Class) =>
  typeof Class === 'function' && /\[native code]/.test(Function.prototype.toString.call(Class));

/**
 * Node, or Bun or Deno, which have Node's modules; also with jsdom. Not the pages and workers of
 * Electron, and not those where a bundler's stand-in is called `process`: these are a browser's.
 */
export const isNode =
  Boolean(globalThis.process?.versions?.node) &&
  !/^(renderer|worker)$/.test(globalThis.process.type) &&
  !isNative(globalThis.Window) &&
  !isNative(globalThis.WorkerGlobalScope);

/** performance.now() as it is now: fake timers of tests stop the page's own later. */
export const now = globalThis.performance?.now.bind(performance);

/** A built-in module of Node. The name is no literal, so bundlers for browsers leave it alone. */
export const builtin = (name) =>
  import(/* webpackIgnore: true */ /* @vite-ignore */ `node:${name}`);

let byPort;

/** jsdom has no structuredClone() among its globals: a message port of Node's does the same. */
export async function findClone() {
  if (globalThis.structuredClone || !isNode) return;
  const { MessageChannel, receiveMessageOnPort } = await builtin('worker_threads');
  const { port1, port2 } = new MessageChannel();
  byPort = (value, { transfer } = {}) => {
    port1.postMessage(value, transfer);
    return receiveMessageOnPort(port2).message;
  };
}

/** Needs findClone(), once. */
export const structuredClone = (...given) => (byPort ?? globalThis.structuredClone)(...given);

/** The workers of 'auto': one for each core, less one for a page on more than two cores. */
export async function coreCount() {
  if (isNode) {
    const os = await builtin('os');
    return os.availableParallelism?.() ?? os.cpus().length;
  }
  const cores = globalThis.navigator?.hardwareConcurrency || 2;
  return cores > 2 ? cores - 1 : cores;
}

const waiting = [];
let channel;

function byMessage(call) {
  if (!channel) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => waiting.shift()();
  }
  waiting.push(call);
  channel.port2.postMessage(0);
}

/**
 * Calls back when all other work of this thread has had a turn. A timer takes 4 ms, and is for
 * jsdom, which has nothing else. A loop around scheduler.yield() starves Chromium's rendering; a
 * loop around messages does not.
 *
 * @type {(call: () => void) => void}
 */
export const soon =
  (isNode ? globalThis.setImmediate : globalThis.MessageChannel && byMessage) ??
  ((call) => setTimeout(call));

/** Lets all other work of this thread have a turn. */
export const turn = () => new Promise((resolve) => soon(resolve));

/**
 * Worker: console lines leave the thread at once. In Node, all but the first of them wait for the
 * answer of the main thread, which comes with a turn of the event loop.
 */
export function printAtOnce() {
  if (!isNode) return;
  const { stdout, stderr } = globalThis.process;
  for (const stream of [stdout, stderr]) {
    const write = stream._writev;
    if (!write) continue;
    stream._writev = (chunks, done) => {
      write.call(stream, chunks, () => {});
      done();
    };
  }
}

let letsOut = false;

/** Owner: before Node's process ends, it prints the lines that workers have sent. */
export function printBeforeExit() {
  if (!letsOut) globalThis.process.once('beforeExit', () => soon(() => {}));
  letsOut = true;
}

/**
 * A timer that does not keep Node's process alive. None for more than 2^31 - 1 milliseconds, 24
 * days: it would fire at once.
 *
 * @param argument of `call`: a hot caller needs no closure
 * @returns clearTimeout()'s argument
 */
export function unrefTimeout(ms, call, argument) {
  if (ms >= 2 ** 31) return undefined;
  const timer = setTimeout(call, ms, argument);
  timer.unref?.();
  return timer;
}

/**
 * Keeps an event loop going while a caller waits. Node's process ends although an Atomics.waitAsync
 * is pending. A worker in WebKitGTK learns of a few notifications only when a timer or a message
 * turns its event loop: here within 50 ms.
 */
export class KeepAlive {
  #timer;
  #reasons = 0;

  /** The number of promises that callers wait for. */
  get reasons() {
    return this.#reasons;
  }

  set reasons(count) {
    this.#reasons = count;
    if (count)
      this.#timer ??= setInterval(
        () => this.#reasons || (this.#timer = clearInterval(this.#timer)),
        isNode ? 2 ** 30 : 50,
      );
    this.#timer?.[count ? 'ref' : 'unref']?.();
  }

  /** For good. */
  end() {
    clearInterval(this.#timer);
    this.#timer = 0;
  }
}
