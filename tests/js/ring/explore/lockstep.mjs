// Two threads of JavaScript in lock-step. One thread runs up to an operation of Atomics at which
// the plan lets the other go on, or until it only waits for Atomics.waitAsync. So a plan is a
// schedule, and the same plan gives the same run. All work between two operations of Atomics is one
// step. Whether these operations order the plain accesses around them is not explored: the tests
// with real threads look at that.

const real = {
  ...Object.fromEntries(Object.getOwnPropertyNames(Atomics).map((name) => [name, Atomics[name]])),
};

const [TURN, STEPS, PLANNED, NEXT, OVER, IDLE, PENDING, RUNG, PLAN, PASSABLE] = [
  0, 1, 2, 3, 4, 5, 7, 9, 16, 32,
];
const STEPS_MOST = 4000;
export const WORDS = PASSABLE + STEPS_MOST;

export class Lockstep {
  #words;
  #side;
  #resolve; // resolves a wait for a notification
  /** Whether this thread's operations are steps. */
  on = false;

  /** @param {Int32Array} words shared, WORDS of them @param {0 | 1} side 0 begins */
  constructor(words, side) {
    this.#words = words;
    this.#side = side;
    const stepped =
      (name) =>
      (...args) => (this.on && this.#step(), real[name](...args));
    const notify = (array, index) => {
      if (this.on) this.#step();
      const at = array.byteOffset + 4 * index;
      for (const side of [0, 1]) {
        if (words[PENDING + side] !== at) continue;
        words[PENDING + side] = 0;
        words[RUNG + side] = 1;
      }
    };
    const waitAsync = (array, index, value) => {
      if (this.on) this.#step();
      if (real.load(array, index) !== value) return { async: false, value: 'not-equal' };
      words[PENDING + side] = array.byteOffset + 4 * index;
      return { async: true, value: new Promise((resolve) => (this.#resolve = resolve)) };
    };
    globalThis.Atomics = {
      ...Object.fromEntries(Object.keys(real).map((name) => [name, stepped(name)])),
      notify,
      waitAsync,
    };
  }

  /**
   * Side 0, while the other waits.
   * @param {number[]} plan the steps at which the other side goes on
   */
  begin(plan) {
    this.#words.fill(0, 0, PASSABLE);
    this.#words.set(plan, PLAN);
    this.#words[PLANNED] = plan.length;
  }

  /** For each step of the last schedule: whether the other side could have gone on. */
  get passable() {
    return this.#words.slice(PASSABLE, PASSABLE + this.#words[STEPS]);
  }

  get #otherCan() {
    const other = 1 - this.#side;
    return !this.#words[IDLE + other] || this.#words[RUNG + other] === 1;
  }

  #step() {
    const words = this.#words;
    const step = words[STEPS]++;
    if (step === STEPS_MOST) throw new Error(`it goes on after ${STEPS_MOST} steps`);
    const can = this.#otherCan;
    words[PASSABLE + step] = can;
    if (words[NEXT] === words[PLANNED] || words[PLAN + words[NEXT]] !== step) return;
    words[NEXT]++;
    if (can) this.pass();
  }

  /** Lets the other side go on; returns when this side may go on. */
  pass() {
    real.store(this.#words, TURN, 1 - this.#side);
    real.notify(this.#words, TURN);
    this.await();
  }

  await() {
    while (real.load(this.#words, TURN) !== this.#side)
      real.wait(this.#words, TURN, 1 - this.#side);
  }

  /**
   * Runs until neither side has anything to do.
   * @param {() => boolean} [more] has something to do yet, and does it
   */
  async run(more = () => false) {
    const words = this.#words;
    const own = this.#side;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve)); // callbacks of settled promises run
      if (!words[RUNG + own]) {
        if (this.on) this.#step(); // its other work may come at any time
        if (more()) continue;
      }
      if (!words[RUNG + own]) {
        words[IDLE + own] = 1;
        if (words[OVER] || !this.#otherCan) break;
        this.pass();
        if (words[OVER]) break;
        words[IDLE + own] = 0;
      }
      words[RUNG + own] = 0;
      this.#resolve();
    }
    words[OVER] = 1;
    this.on = false;
  }
}
