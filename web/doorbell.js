/**
 * How the owner hears of settled tasks without blocking: one long-lived Atomics.waitAsync on the doorbell's word, or a worker's
 * message where the engine has none. While workers are awake, or posts follow ends at once, it looks by itself: some 4 us long when
 * what posted has returned, then for a moment at each turn of the event loop. So it hears of a short task in 3 us in Node and 5 in
 * Chromium, where the wait takes 10 to 70. Where all workers sleep it does not: a core that is free wakes one sooner. Owner's thread only.
 */
import { isNode, turn } from './platform.js';

/** Tasks settled in one go, 1 to 3 ms, before the page has its turn. */
const BATCH = 1024;
/** Milliseconds that it looks for by itself, after the last post or end. */
const LOOK = 0.05;
/** So often, some 4 us, it looks at once after a post; and after so many posts, until everything else of the page has had its turn. */
const GLANCES = 100;
const GLANCED = 16;

export class Doorbell {
  #wasm;
  #pool;
  #word;
  #open = true;
  #waiting = false; // for a notification
  #looking = false;
  #glancing = false;
  #glanced = 0;
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
    if (!this.#open || (!awake && now > this.#until)) return;
    this.#until = now + LOOK;
    if (!this.#looking) {
      this.#looking = true;
      Atomics.store(this.#word, 0, 0); // nobody needs to ring
      this.#soon();
    }
    if (this.#glancing || this.#glanced === GLANCED) return;
    this.#glanced++;
    this.#glancing = true;
    queueMicrotask(this.#glance);
  }

  #glance = () => {
    this.#glancing = false;
    for (let left = GLANCES; left && this.#open && !this.#pool.reap(); left--);
  };

  #look = () => {
    this.#looking = false;
    this.#glanced = 0;
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
