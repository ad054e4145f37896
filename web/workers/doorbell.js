/**
 * The doorbell: tells the owner of completions without blocking, by one long-lived
 * Atomics.waitAsync, or by a worker's message where the engine has none. While workers are awake,
 * the owner polls besides. See docs/internals/completions.md. Owner's thread only.
 */
import { now, soon } from '../core/platform.js';
import { unsigned } from '../wasm/address.js';

/** Tasks that the owner settles in one go, 1 to 3 ms, before the page has its turn. */
const BATCH = 1024;
/** Milliseconds that the owner polls for after the last post or completion. */
const POLL = 0.05;
/**
 * Polls right after a post; and the number of posts that get them, until the page has had its turn.
 */
const GLANCES = 100;
const GLANCED = 16;

export class Doorbell {
  #wasm;
  #scheduler;
  #word;
  #open = true;
  #waiting = false; // for a notification
  #polling = false;
  #glancing = false;
  #glanced = 0;
  #until = 0;
  #byMessage = typeof Atomics.waitAsync !== 'function';

  constructor(wasm, memory, scheduler) {
    this.#wasm = wasm;
    this.#scheduler = scheduler;
    this.#word = new Int32Array(memory.buffer, unsigned(wasm.filch_host_doorbell()), 1);
    wasm.filch_host_notify_by_message(Number(this.#byMessage));
  }

  /**
   * A task was posted. `awake`: workers are awake, and the task may end in a moment. So may a task
   * posted right after a completion.
   */
  expect(awake) {
    const moment = now();
    if (!this.#open || (!awake && moment > this.#until)) return;
    this.#until = moment + POLL;
    if (!this.#polling) {
      this.#polling = true;
      Atomics.store(this.#word, 0, 0); // no worker needs to notify
      soon(this.#poll);
    }
    if (this.#glancing || this.#glanced === GLANCED) return;
    this.#glanced++;
    this.#glancing = true;
    queueMicrotask(this.#glance);
  }

  #glance = () => {
    this.#glancing = false;
    for (let left = GLANCES; left && this.#open && !this.#scheduler.reap(); left--);
  };

  #poll = () => {
    this.#polling = false;
    this.#glanced = 0;
    this.notify();
  };

  /**
   * Settles tasks that have ended, and listens for more. The first call comes at the start, others
   * by a worker's NOTIFY.
   */
  notify() {
    if (!this.#open || this.#polling) return;
    let left = BATCH;
    for (let before = left + 1; left < before; ) {
      before = left;
      while (left > 0 && this.#scheduler.reap()) left--;
      this.#scheduler.refill();
    }
    if (left < BATCH) this.#until = now() + POLL;
    const goOn = this.#scheduler.outstanding && now() < this.#until;
    if (left && !goOn && this.#wasm.filch_host_arm() && this.#listen()) return;
    this.#polling = true;
    soon(this.#poll);
  }

  /** False: a worker has notified already. */
  #listen() {
    if (this.#byMessage || this.#waiting) return true;
    const wait = Atomics.waitAsync(this.#word, 0, 1);
    this.#waiting = wait.async;
    if (wait.async) {
      wait.value.then(() => {
        this.#waiting = false;
        this.notify();
      });
    }
    return wait.async;
  }

  /** Ends a pending wait, which keeps the memory alive. */
  close() {
    this.#open = false;
    Atomics.notify(this.#word, 0);
  }
}
