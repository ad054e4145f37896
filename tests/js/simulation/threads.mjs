// Simulated threads: each runs the package's own receiver and an instance of the module, in slices,
// when the agenda says so. A slice may stand still inside the module while another thread's slice
// runs, or the owner calls the runtime. A slice ends where the worker would park, or where the
// worker leaves the module, because its time is over. A thread may die at any look at the clock.
import { WORKER_IDLE, WORKER_LEFT } from '../../../web/wasm/abi.js';
import { ENTER } from '../../../web/workers/protocol.js';
import { Handles, Record } from './record.mjs';
import { browserWorker, nodeWorkerOf } from './workers.mjs';

/** Milliseconds of a message's way: less than startLimit, which is 500 at least. */
const travel = (random, { latency }) => Math.min(random.delay(latency), 300);

/** Unwinds a slice whose thread does not go on. */
class Gone extends Error {}

const isWasm = (value) =>
  value instanceof WebAssembly.Module || value instanceof WebAssembly.Memory;

/** A message's copy, as the other side gets it. */
function copyOf(message, transfer = []) {
  if (typeof message !== 'object' || message === null) return structuredClone(message);
  const { copied, shared } = { copied: {}, shared: {} };
  for (const [key, value] of Object.entries(message))
    (isWasm(value) ? shared : copied)[key] = value;
  return { ...structuredClone(copied, { transfer }), ...shared };
}

class Thread {
  dead = false;
  /** The thread runs, and never comes to the end of its chunk or function. */
  stuck = false;
  /** In the start function of a plug-in, or in code that a module has left behind, for ever. */
  hangs = false;
  /** A module has left code behind, which begins when the event loop turns. */
  #hasLoop = false;
  receive;
  /** What the worker's script does with an exception that no handler has caught. */
  uncaught;
  /** Milliseconds of the longest wait for a slice: the machine is busy. */
  slow = 0;
  /** The worker's number, once it has one. */
  worker;
  /** The receiver turns the thread's event loop where the worker would park. */
  returnsIdle = false;
  /** The thread has left the module for a function of call(). */
  isOut = false;
  running; // { worker, exports, resolve, reject, leaving }
  record = new Record();
  #threads;
  #port;
  #slice;
  #end = 0; // of the slice
  #parked = 0; // the address of the word that unparks the thread
  #inSlice = false;
  #in = 0; // when the last message to it comes
  #out = 0;

  /** @param {object} port of the owner's: message(data), error(error), exit(code) */
  constructor(threads, port) {
    const { agenda, plan } = threads;
    this.#threads = threads;
    this.#port = port;
    this.number = threads.all.push(this) - 1;
    const takes = agenda.random.delay(plan.slowStart ? 20 : 1);
    this.#in = agenda.now + takes;
    const how = plan.starts(this.number);
    if (how === 'hangs') return;
    agenda.add(takes, {
      what: `thread ${this.number} starts`,
      of: this,
      run: () => {
        if (how === 'fails') return this.die('it could not start');
        const made = threads.receiver((message, transfer) => this.#tell(message, transfer));
        this.receive = made.receive ?? made;
        this.uncaught = made.uncaught;
      },
    });
  }

  get #agenda() {
    return this.#threads.agenda;
  }

  /** The owner's message. */
  post(message, transfer) {
    const data = copyOf(message, transfer);
    const { random, now } = this.#agenda;
    this.record.got(data, now);
    if (data.type === ENTER) this.worker = data.worker;
    this.#in = Math.max(this.#in, now + travel(random, this.#threads.plan));
    this.#agenda.add(this.#in - now, {
      what: `thread ${this.number} gets ${data.type}`,
      of: this,
      run: () => this.hangs || this.receive?.(data),
    });
  }

  #tell(message, transfer) {
    if (this.dead || this.hangs) return;
    const data = copyOf(message, transfer);
    const { random, now } = this.#agenda;
    this.record.said(data, 'linked', now);
    this.#out = Math.max(this.#out, now + travel(random, this.#threads.plan));
    this.#agenda.add(this.#out - now, {
      what: `thread ${this.number} says ${data.type}`,
      run: () => {
        if (this.#port.isOpen === false) return;
        this.record.said(data, 'known', this.#agenda.now);
        this.#port.message(data);
      },
    });
  }

  /** The thread ends by itself, or is killed: nothing of it runs any more. */
  die(error, after = this.#agenda.random.delay(1)) {
    if (this.dead) return;
    this.dead = true;
    this.#threads.noteEnd(this);
    this.#agenda.log(`thread ${this.number} dies: ${error}`);
    const { now } = this.#agenda;
    const at = Math.max(this.#out, now + after);
    this.#agenda.add(at - now, {
      what: `thread ${this.number} has ended`,
      run: () => {
        this.record.heard = this.#agenda.now;
        if (this.#port.isOpen === false) return;
        if (error) this.#port.error(new Error(error));
        this.#port.exit?.(error ? 1 : 0);
      },
    });
  }

  /** The owner's terminate(): the thread may run on for a moment, in a browser for two seconds. */
  terminate() {
    const { random } = this.#agenda;
    const most = this.#port.afterlife ?? 2;
    const event = { what: `thread ${this.number} is terminated`, run: () => this.die('', 0) };
    if (!this.dead) this.#agenda.add(Math.min(most, random.delay(most / 10)), event);
  }

  /** The module's filch_host_worker_run(). @returns {Promise<number>} */
  run(worker, exports) {
    this.isOut = false;
    return new Promise((resolve, reject) => {
      this.running = { worker, exports, resolve, reject, leaving: false };
      this.wake();
    });
  }

  get canRun() {
    return this.running && !this.stuck && !this.hangs && !this.dead && !this.#inSlice;
  }

  wake() {
    if (!this.canRun || this.#slice?.open) return;
    this.#parked = 0;
    const { random } = this.#agenda;
    const after = random.delay(random.chance(0.01) ? 50 : 0.03);
    this.slow = Math.max(this.slow, after);
    this.#slice = this.#agenda.add(after, {
      what: `thread ${this.number} runs`,
      of: this,
      run: () => {
        this.slice();
        this.#agenda.thread = undefined; // the owner may have called the runtime meanwhile
      },
    });
  }

  /** A parked thread wakes, if it was unparked, or now and then for nothing. */
  look() {
    if (!this.#parked || this.#slice?.open) return;
    const isUnparked = Atomics.load(this.words, this.#parked / 4) !== 1;
    if (isUnparked || this.#agenda.random.chance(0.002)) this.wake();
  }

  /** Runs for a moment. */
  slice() {
    if (!this.canRun) return;
    this.#end = this.#agenda.now + this.#agenda.random.delay(0.1);
    if (this.#attempt(() => this.#step())) this.wake();
    this.#threads.changed();
  }

  /** Whether the thread has more to do. */
  #step() {
    const { running } = this;
    const { worker, exports } = running;
    exports.filch_host_worker_return_idle(worker, 1);
    const how = exports.filch_host_worker_run(worker);
    if (how === WORKER_IDLE && !this.returnsIdle) {
      this.#parked = exports.filch_host_worker_parked(worker);
      return false;
    }
    if (how === WORKER_LEFT && !running.leaving) return true; // at the end of the slice
    this.running = undefined;
    this.isOut = how === WORKER_LEFT;
    this.#agenda.log(`thread ${this.number} ${['leaves', 'is home', 'is idle'][how]}`);
    running.resolve(how);
    this.#beginLoop();
    return false;
  }

  /** A module leaves code behind that never ends. */
  leaveLoop() {
    if (!this.#threads.plan.world.storming) return; // else each replacement does so, too
    this.#hasLoop = true;
    this.#beginLoop();
  }

  #beginLoop() {
    if (!this.#hasLoop || this.running) return;
    this.#agenda.add(this.#agenda.random.delay(3), {
      what: `timer of a module on thread ${this.number}`,
      of: this,
      run: () => {
        if (this.running) return; // the event loop does not turn
        this.hangs = true;
        this.#agenda.log(`thread ${this.number} hangs in code left behind`);
      },
    });
  }

  /** Does it inside the module. A trap ends the run. */
  #attempt(work) {
    const threads = this.#threads;
    const outer = threads.active;
    threads.active = this;
    this.#inSlice = true;
    try {
      return work();
    } catch (error) {
      if (error instanceof Gone) return false;
      const { reject } = this.running;
      this.running = undefined;
      this.#agenda.log(`thread ${this.number} traps: ${error.stack}`);
      reject(error);
      return false;
    } finally {
      this.#inSlice = false;
      threads.active = outer;
    }
  }

  /** The thread looks at the clock, inside the module. */
  tick() {
    const threads = this.#threads;
    threads.interleave();
    if (this.dead || this.stuck) throw new Gone();
    if (this.#agenda.now >= this.#end) {
      this.#end = Infinity;
      this.running.exports.filch_host_worker_leave(this.worker);
    }
    if (!threads.plan.mayLose(this)) return;
    if (this.#agenda.random.chance(0.5)) this.die('it was killed');
    else this.getStuck();
    throw new Gone();
  }

  getStuck() {
    this.stuck = true;
    this.#agenda.log(`thread ${this.number} is stuck`);
  }

  /** Around the import `call`: a function of call() may never return, or end its thread. */
  call(imported, args) {
    const threads = this.#threads;
    const block = args[1] >>> 0;
    this.record.jobs.add(new DataView(this.words.buffer).getFloat64(block + 8, true));
    threads.foreign++;
    let code;
    try {
      code = imported(...args);
    } finally {
      threads.foreign--;
    }
    if (threads.plan.mayLose(this)) {
      this.die('it was killed after a function');
      throw new Gone();
    }
    return code;
  }
}

export class Threads {
  all = [];
  /** The thread whose slice runs, innermost. */
  active;
  /** Slices that have begun and not ended. */
  depth = 0;
  /** Functions of call() that run now: no slice is unwound through them. */
  foreign = 0;
  handles = new Handles();
  #owner; // the exports of the owner's instance
  /** Set by the world: the owner calls the runtime, in the midst of a slice. */
  interrupt = () => {};

  /**
   * @param {object} plan starts(number): how a thread starts; mayLose(thread): whether it is lost
   *   now; latency, slowStart
   */
  constructor(agenda, plan, receiver) {
    this.agenda = agenda;
    this.plan = plan;
    this.receiver = receiver;
    this.nodeWorker = nodeWorkerOf(this, (port) => new Thread(this, port));
  }

  browserWorker() {
    return browserWorker(this, (port) => new Thread(this, port));
  }

  /** Time passes at each look at the clock; on a thread inside the module, others may go on. */
  tick() {
    const { random } = this.agenda;
    if (!this.active) return this.agenda.pass(0.0005 + random.next() * 0.01);
    this.agenda.pass(random.delay(0.01));
    if (!this.foreign) this.active.tick();
  }

  interleave() {
    const { random } = this.agenda;
    if (this.depth >= 3) return;
    const { active } = this;
    const { thread } = this.agenda;
    this.depth++;
    if (random.chance(0.15)) {
      const others = this.all.filter((thread) => thread.canRun);
      if (others.length) random.pick(others).slice();
    }
    if (random.chance(0.1)) {
      this.active = undefined;
      this.agenda.thread = undefined;
      this.interrupt();
    }
    this.depth--;
    this.active = active;
    this.agenda.thread = thread;
  }

  /** The thread has ended. */
  noteEnd({ record, worker }) {
    record.ended = this.agenda.now;
    if (worker === undefined) return;
    for (const job of this.handles.runBy(worker, this.#owner)) record.jobs.add(job);
  }

  /** Something has happened: notified threads wake. */
  changed() {
    this.environment.noticeNotified();
    for (const thread of this.all) thread.look();
  }

  /** A thread's imports of the module. */
  importsOf(thread, { env, filch, ...others }) {
    thread.words = new Int32Array(env.memory.buffer);
    return {
      env,
      filch: { ...filch, call: (...args) => thread.call(filch.call, args) },
      ...others,
    };
  }

  /** What takes the place of the module's exports: on a thread, or on the owner's. */
  exportsOf(thread, exports) {
    if (thread) {
      return {
        filch_host_worker_run: (worker) => thread.run(worker, exports),
        filch_host_worker_return_idle: (worker, on) => {
          thread.returnsIdle = Boolean(on);
        },
        filch_host_worker_leave: (worker) => {
          if (thread.running) thread.running.leaving = true;
          exports.filch_host_worker_leave(worker);
        },
      };
    }
    this.#owner = exports;
    return {
      filch_host_arm: () => {
        this.environment.noticeNotified();
        const armed = exports.filch_host_arm();
        this.environment.changedQuietly();
        return armed;
      },
    };
  }
}
