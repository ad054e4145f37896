// The simulated clock, and the events to come. All that is no microtask, on any simulated thread,
// is an event; microtasks run for real after each event. Events of one time go by the order in
// which they were made.
import { Random } from './random.mjs';

const realImmediate = globalThis.setImmediate;
const LINES = 400;
/** A loop that never lets an event end would end no run. */
const STEPS = 200_000;

export class Agenda {
  now = 0;
  /** Events fired. */
  fired = 0;
  /** Those events, and other things, that keep a process of Node alive. */
  refs = 0;
  lines = [];
  /** The simulated thread whose event happens now; undefined: the owner's. */
  thread;
  #heap = [];
  #order = 0;
  #hash = 0x811c9dc5;

  /** Called after each event and its microtasks. */
  after = () => {};

  constructor(seed, { tell = false } = {}) {
    this.random = new Random(seed);
    this.tell = tell;
  }

  /** A line of what happens, a part of the run's hash. */
  log(text) {
    const line = `${this.now.toFixed(3)} ${text}`;
    for (let i = 0; i < line.length; i++)
      this.#hash = Math.imul(this.#hash ^ line.charCodeAt(i), 0x01000193);
    if (this.tell) process.stdout.write(`${line}\n`);
    if (this.lines.push(line) > 2 * LINES) this.lines.splice(0, LINES);
  }

  get hash() {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }

  /** Time passes within an event. */
  pass(milliseconds) {
    this.now += milliseconds;
  }

  /**
   * @param {number} after milliseconds
   * @param {{ what: string, run: () => void, ref?: boolean, of?: object }} event `of`: the thread;
   *   the event does not happen once the thread is dead, or hangs; `ref`: the event keeps Node's
   *   process
   */
  add(after, event) {
    event.at = this.now + after;
    event.order = this.#order++;
    event.open = true;
    if (event.ref) this.refs++;
    this.#push(event);
    return event;
  }

  cancel(event) {
    if (!event?.open) return;
    event.open = false;
    if (event.ref) this.refs--;
  }

  setRef(event, ref) {
    if (event.open && event.ref !== ref) this.refs += ref ? 1 : -1;
    event.ref = ref;
  }

  /** The next event that is to happen, and has not been cancelled. */
  get next() {
    for (let top; (top = this.#heap[0]); this.#pop()) {
      if (top.of?.dead || top.of?.hangs) this.cancel(top);
      if (top.open) return top;
    }
    return undefined;
  }

  /**
   * Lets events happen, up to a moment, or until `enough`.
   *
   * @param {(event: object) => boolean} [allowed] whether the next event may happen
   */
  async run({ until = Infinity, enough = () => false, allowed = () => true }) {
    await this.settle();
    this.after();
    for (let steps = STEPS; ; steps--) {
      if (enough()) return;
      if (!steps) throw new Error(`it goes on after ${STEPS} events`);
      const event = this.next;
      if (!event || event.at > until || !allowed(event)) break;
      this.#pop();
      this.cancel(event);
      this.now = Math.max(this.now, event.at);
      this.fired++;
      this.log(event.what);
      this.thread = event.of;
      event.run();
      await this.settle();
      this.thread = undefined; // what the caller does is done by the owner's thread
      this.after();
    }
    if (until < Infinity && !enough()) this.now = Math.max(this.now, until);
  }

  /** Microtasks run until none is left. */
  settle() {
    return new Promise((resolve) => realImmediate(resolve));
  }

  #before(a, b) {
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  #push(event) {
    const heap = this.#heap;
    let i = heap.push(event) - 1;
    for (let up; i && this.#before(event, heap[(up = (i - 1) >> 1)]); i = up) heap[i] = heap[up];
    heap[i] = event;
  }

  #pop() {
    const heap = this.#heap;
    const [top, last] = [heap[0], heap.pop()];
    if (!heap.length) return top;
    let i = 0;
    for (let down; (down = 2 * i + 1) < heap.length; i = down) {
      if (down + 1 < heap.length && this.#before(heap[down + 1], heap[down])) down++;
      if (!this.#before(heap[down], last)) break;
      heap[i] = heap[down];
    }
    heap[i] = last;
    return top;
  }
}
