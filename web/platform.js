/** The differences between a browser and Node, all of them. */

/** An Electron page has a `process` too, but is a browser. */
export const isNode = Boolean(globalThis.process?.versions?.node) && globalThis.process.type !== 'renderer';

/** A built-in module of Node. The name is no literal, so bundlers for browsers leave it alone. */
export const builtin = (name) => import(/* webpackIgnore: true */ /* @vite-ignore */ `node:${name}`);

/** How many workers 'auto' is: the cores, less one for the page where there are more than two. */
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

function message() {
  if (!channel) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => waiting.shift()();
  }
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(0);
  });
}

/**
 * Lets everything else that waits for this thread have a turn. Unlike a timer it is not slowed down to 4 ms; and a loop around
 * scheduler.yield() starves Chromium's rendering (a median frame gap of 83 ms was seen), where one around messages does not.
 */
export function turn() {
  return isNode ? new Promise((resolve) => setImmediate(resolve)) : message();
}

/** A timer that does not keep Node's process alive. @returns what clearTimeout() takes */
export function after(ms, call) {
  const timer = setTimeout(call, ms);
  timer.unref?.();
  return timer;
}

/**
 * Keeps an event loop going while somebody waits. Node's process ends although an Atomics.waitAsync is pending. A worker in WebKitGTK
 * hears of one notification in some 20,000 only when a timer or a message turns its event loop: here within 50 ms.
 */
export class KeepAlive {
  #timer;
  #reasons = 0;

  /** For how many things somebody waits. */
  get reasons() {
    return this.#reasons;
  }

  set reasons(count) {
    this.#reasons = count;
    if (count) this.#timer ??= setInterval(() => this.#reasons || (this.#timer = clearInterval(this.#timer)), isNode ? 2 ** 30 : 50);
    this.#timer?.[count ? 'ref' : 'unref']?.();
  }

  /** For good. */
  end() {
    clearInterval(this.#timer);
    this.#timer = 0;
  }
}
