/**
 * How the owner hears of settled tasks without blocking: one long-lived Atomics.waitAsync on the doorbell's word, or a worker's
 * message where the engine has none. While workers are awake, or posts follow ends at once, it looks by itself, for a moment after a
 * post or an end, at each turn of the event loop: so it hears of a short task in 3 us in Node and 11 in Chromium, where the wait takes
 * 10 to 70. Where all workers sleep it does not: a core that is free wakes one sooner. Owner's thread only.
 */
import { isNode, turn } from './platform.js';

/** Tasks settled in one go, 1 to 3 ms, before the page has its turn. */
const BATCH = 1024;
/** Milliseconds that it looks for by itself, after the last post or end. */
const LOOK = 0.05;

export class Doorbell {
  #wasm;
  #pool;
  #word;
  #open = true;
  #waiting = false; // for a notification
  #looking = false;
  #until = 0;
  #byMessage = typeof Atomics.waitAsync !== 'function';

  constructor(wasm, memory, pool) {
    this.#wasm = wasm;
    this.#pool = pool;
    this.#word = new Int32Array(memory.buffer, wasm.filch_doorbell(), 1);
    wasm.filch_ring_by_message(Number(this.#byMessage));
  }

  /** Something has been posted; `awake`: and may have ended in a moment. So may it where it follows an end at once: posts in turn. */
  expect(awake) {
    const now = performance.now();
    if (!awake && now > this.#until) return;
    this.#until = now + LOOK;
    if (this.#looking || !this.#open) return;
    this.#looking = true;
    Atomics.store(this.#word, 0, 0); // nobody needs to ring
    this.#soon();
  }

  #look = () => {
    this.#looking = false;
    this.ring();
  };

  /** Settles what has ended, and listens for more. Called once at the start, and by a worker's RING. */
  ring() {
    if (!this.#open || this.#looking) return;
    let left = BATCH;
    for (let before = left + 1; left < before; ) {
      before = left;
      while (left > 0 && this.#pool.reap()) left--;
      this.#pool.refill();
    }
    if (left < BATCH) this.#until = performance.now() + LOOK;
    const goOn = this.#pool.outstanding && performance.now() < this.#until;
    if (left && !goOn && this.#wasm.filch_arm() && this.#listen()) return;
    this.#looking = true;
    this.#soon();
  }

  #soon() {
    if (isNode) setImmediate(this.#look);
    else turn().then(this.#look);
  }

  /** False: it has rung already. */
  #listen() {
    if (this.#byMessage || this.#waiting) return true;
    const wait = Atomics.waitAsync(this.#word, 0, 1);
    this.#waiting = wait.async;
    if (wait.async) {
      wait.value.then(() => {
        this.#waiting = false;
        this.ring();
      });
    }
    return wait.async;
  }

  /** Lets go of the memory, which a pending wait keeps alive. */
  close() {
    this.#open = false;
    Atomics.notify(this.#word, 0);
  }
}
