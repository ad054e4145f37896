// One simulation: a runtime, a storm of calls, a calm, and what must be true then.
import { Agenda } from './agenda.mjs';
import { enter, leave } from './environment.mjs';
import { Foreign } from './modules.mjs';
import { operations } from './operations.mjs';
import { codeOf, crashFault, Entry, fault, refusal } from './oracle.mjs';
import { planOf } from './plan.mjs';
import { Threads } from './threads.mjs';

/** Simulated milliseconds that everything may take to settle after the storm. */
const CALM = 40_000;
const ROUND = 500;

export class World {
  /** What went wrong. */
  faults = [];
  entries = [];
  /** Arrays that the caller holds, and may free. */
  arrays = new Set();
  plugins = [];
  rings = [];
  events = [];
  signals = []; // { controller, entries }
  /** Threads that were lost: died, stuck, or ended on purpose. */
  lost = 0;
  /** The storm has closed the runtime. */
  closed = false;
  closing;
  storming = false;
  isCalm = false; // after the storm: threads start

  /** @param {object} own of the process: kind, filch, receiver, module, files */
  constructor(seed, own, { tell = false, skip = [] } = {}) {
    this.seed = seed;
    this.own = own;
    this.skip = new Set(skip);
    this.agenda = new Agenda(seed, { tell });
    this.random = this.agenda.random;
    this.plan = planOf(this);
    this.plan.world = this;
    this.threads = new Threads(this.agenda, this.plan, own.receiver);
    this.environment = enter(this.agenda, this.threads, own);
    this.threads.environment = this.environment;
    this.threads.interrupt = () => this.interrupt();
    this.agenda.after = () => this.threads.changed();
  }

  wrong(text) {
    this.agenda.log(`WRONG: ${text}`);
    this.faults.push(text);
  }

  /** An exception that no promise carries. */
  heard(error, how) {
    const ofThread = error instanceof Foreign ? error.thread : undefined;
    if (how === 'an unhandled rejection' && ofThread) {
      if (ofThread.uncaught) ofThread.uncaught(error);
      else if (this.own.kind === 'node') ofThread.die(error.message);
      return;
    }
    if (error instanceof Foreign && how !== 'an unhandled rejection') return;
    if (typeof error === 'string' && how === 'a warning') return;
    this.wrong(`${how}: ${error?.stack ?? error}`);
  }

  entry(what, expected) {
    const entry = new Entry(what, this.agenda.now, expected);
    entry.number = this.entries.push(entry);
    this.agenda.log(`${entry.number}: ${what}`);
    return entry;
  }

  /** A call that throws, or gives a promise or a job. */
  ask(entry, call, also) {
    let given;
    try {
      given = call();
    } catch (error) {
      const text = refusal(this, error, also);
      this.agenda.log(`${entry.number}: refused, ${codeOf(error)}`);
      if (text) this.wrong(`${entry.number} ${entry.what}: ${text}`);
      entry.settled = true;
      entry.state = 'failed';
      entry.outcome = error;
      this.giveBack(entry);
      return undefined;
    }
    const settle = (state) => (outcome) => this.#settled(entry, state, outcome);
    given.then(settle('done'), settle('failed'));
    return given;
  }

  #settled(entry, state, outcome) {
    const again = entry.settled;
    Object.assign(entry, { settled: true, state, outcome, at: this.agenda.now });
    this.agenda.log(`${entry.number}: ${state}${state === 'done' ? '' : `, ${codeOf(outcome)}`}`);
    const text = again ? 'it settles twice' : fault(this, entry);
    if (text) this.wrong(`${entry.number} ${entry.what}: ${text}`);
    this.giveBack(entry);
  }

  #crashed(detail) {
    const text = crashFault(this, detail);
    this.agenda.log(`worker ${detail.worker} is lost: ${detail.reason}`);
    if (text) this.wrong(`worker ${detail.worker} is lost (${detail.reason}): ${text}`);
  }

  /** Frees what an entry held. */
  giveBack(entry) {
    // Its function may go on, and fill the array: see #stillWorks().
    if (entry.expected.array) this.arrays.add(entry.expected.array);
    for (const array of entry.arrays.splice(0)) this.free(array);
  }

  /** A runtime that has no worker frees nothing; it may have one again. */
  free(array) {
    if (!this.arrays.has(array) || this.closed || this.dead) return;
    try {
      this.runtime.free(array);
      this.arrays.delete(array);
    } catch (error) {
      if (codeOf(error) !== 'STOPPED') this.wrong(`free(): ${error.stack}`);
    }
  }

  alloc(Type, length, entry) {
    const array = this.runtime.alloc(Type, length);
    this.arrays.add(array);
    entry?.arrays.push(array);
    return array;
  }

  /** The storm's next call, while a thread is inside the module. */
  interrupt() {
    if (this.storming && this.plan.interrupts) this.#operate(true);
  }

  #operate(inside) {
    const rows = operations
      .filter((row) => !this.skip.has(row.name))
      .filter((row) => (!inside || row.inside) && (row.when?.(this) ?? true));
    if (!rows.length) return;
    const row = this.random.weighed(rows.map((each) => [each.weight, each]));
    this.agenda.log(`${inside ? 'inside, ' : ''}${row.name}`);
    const made = this.entries.length;
    try {
      row.run(this);
    } catch (error) {
      // An array for the job was refused, so nothing was asked.
      for (const entry of this.entries.slice(made)) if (!entry.job) entry.settled = true;
      if (!['STOPPED', 'OUT_OF_MEMORY'].includes(codeOf(error)))
        this.wrong(`${row.name}: ${error?.stack ?? error}`);
    }
  }

  /** @param {AbortSignal} [signal] @returns {Promise<{ runtime?: object, error?: Error }>} */
  async #startWith(signal) {
    const end = {};
    this.own.filch.Runtime.start({ ...this.plan.options, signal }).then(
      (runtime) => (end.runtime = runtime),
      (error) => (end.error = error),
    );
    await this.agenda.run({
      until: this.agenda.now + CALM,
      enough: () => end.runtime || end.error,
    });
    return end;
  }

  /** A start that is aborted at some step leaves nothing behind. */
  async #startInVain(after) {
    const { agenda } = this;
    const controller = new AbortController();
    agenda.add(after, { what: 'start() is aborted', run: () => controller.abort('no more') });
    const { runtime, error } = await this.#startWith(controller.signal);
    agenda.log(`the first start(): ${runtime ? 'done' : codeOf(error)}`);
    if (error && codeOf(error) !== 'CANCELLED')
      this.wrong(`start() that is aborted: ${error.stack}`);
    if (!error && !runtime) this.wrong('start() that is aborted has not settled');
    if (runtime) await this.#settle('terminate()', runtime.terminate());
    await agenda.run({ until: agenda.now + 5000 });
    if (this.threads.all.some(({ dead }) => !dead))
      this.wrong('an aborted start() leaves a thread');
    if (agenda.next || agenda.refs) this.wrong(`after it there still comes: ${agenda.next?.what}`);
  }

  async #start() {
    const { abortsAfter } = this.plan;
    if (abortsAfter !== undefined) await this.#startInVain(abortsAfter);
    const { runtime, error } = await this.#startWith();
    this.runtime = runtime;
    if (error) this.wrong(`Runtime.start(): ${error.stack}`);
    else if (!runtime) this.wrong('Runtime.start() has not settled');
  }

  async run() {
    await this.#start();
    if (this.runtime) {
      this.used = this.runtime.memory.used;
      this.runtime.addEventListener('worker-crash', ({ detail }) => this.#crashed(detail));
      await this.#storm();
      await this.#calm();
      if (!this.faults.length) await this.#afterwards();
    }
    if (this.faults.length) await this.#giveUp();
    for (const thread of this.threads.all) thread.dead = true;
    await leave(() => this.agenda.settle());
    return this;
  }

  /** What went wrong here is not to go on in the next simulation. */
  async #giveUp() {
    const { tell } = this.agenda;
    this.agenda.tell = false;
    const faults = [...this.faults];
    this.closed = true;
    this.runtime?.terminate().catch(() => {});
    await this.agenda.run({ until: this.agenda.now + 2 * CALM });
    this.faults = faults;
    this.agenda.tell = tell;
  }

  async #storm() {
    this.storming = true;
    for (let left = this.plan.calls; left > 0 && !this.closing; left--) {
      await this.agenda.run({ until: this.agenda.now + this.random.delay(this.plan.gap) });
      this.agenda.thread = undefined;
      this.#operate(false);
    }
    this.storming = false;
  }

  /** All workers are gone for good, and the runtime takes no posts. */
  get dead() {
    return /not replaced/.test(this.runtime?.workers.reason) && !this.runtime.workers.running;
  }

  get unsettled() {
    return this.entries.filter(({ settled }) => !settled);
  }

  /**
   * Nothing keeps a job from its end any more.
   *
   * @param {boolean} late functions that settle have done so: others keep their threads for ever
   */
  #heal(late) {
    this.agenda.thread = undefined;
    this.environment.page.hidden = false;
    for (const entry of this.unsettled) {
      if (entry.paused) entry.job.resume();
      entry.paused = false;
      if (entry.expected.endless) this.cancel(entry, 'the calm');
    }
    if (this.closed) return;
    for (const ring of this.rings) ring.flush();
    for (const thread of this.threads.all) {
      const { dead, stuck, isOut, worker } = thread;
      if (dead || !(stuck || ((isOut || this.#isHeldUp(thread)) && late))) continue;
      this.lost++;
      this.runtime.replaceWorker(worker);
    }
  }

  /** A function of a call waits for its thread, which hangs. */
  #isHeldUp({ hangs, record }) {
    return hangs && this.unsettled.some(({ job }) => record.jobs.has(job?.id));
  }

  /** The storm stops it now. */
  stops(entry) {
    entry.cancelled = true;
    entry.stopped = Math.min(entry.stopped, this.agenda.now);
  }

  cancel(entry, reason) {
    this.stops(entry);
    entry.job.cancel(reason);
  }

  get #isRestless() {
    const isLost = ({ dead, stuck, isOut }) => !dead && (stuck || isOut);
    return this.unsettled.length > 0 || (!this.closed && this.threads.all.some(isLost));
  }

  async #calm() {
    this.agenda.log('calm');
    this.isCalm = true;
    const begin = this.agenda.now;
    do {
      try {
        this.#heal(this.agenda.now > begin);
      } catch (error) {
        if (codeOf(error) !== 'STOPPED') this.wrong(`the calm: ${error.stack}`);
      }
      await this.agenda.run({
        until: this.agenda.now + ROUND,
        enough: () => !this.#isRestless,
        allowed: () => this.#staysAlive(),
      });
    } while (this.#isRestless && this.agenda.now < begin + CALM && !this.faults.length);
    for (const { number, what } of this.unsettled) this.wrong(`${number} ${what} never settles`);
  }

  /** Node's process ends where nothing keeps it, although a caller waits. */
  #staysAlive() {
    if (this.own.kind !== 'node' || this.agenda.refs) return true;
    const waits = this.unsettled.filter(({ paused }) => !paused);
    if (waits.length) this.wrong(`the process ends, and ${waits[0].what} has not settled`);
    return !waits.length;
  }

  async #settle(what, promise, limit = CALM) {
    let over = false;
    promise.then(
      () => (over = true),
      (error) => {
        over = true;
        const isOfDead = ['STOPPED', 'WORKER_LOST'].includes(codeOf(error));
        if (!isOfDead || !this.dead) this.wrong(`${what}: ${error?.stack}`);
      },
    );
    await this.agenda.run({ until: this.agenda.now + limit, enough: () => over });
    if (!over) this.wrong(`${what} never settles`);
  }

  async #afterwards() {
    this.agenda.thread = undefined;
    const { runtime } = this;
    if (!this.closed) {
      for (const ring of this.rings) await this.#settle('ring.close()', ring.close());
      if (!this.dead) await this.#stillWorks();
      this.closed = true;
      await this.#settle('close()', runtime.close(), 5000);
    }
    const { outstanding, queued } = runtime.stats();
    if (outstanding || queued) this.wrong(`closed, with ${outstanding} jobs, ${queued} queued`);
    try {
      runtime.post('empty', { range: [0, 1] });
      this.wrong('a closed runtime takes a post');
    } catch (error) {
      if (codeOf(error) !== 'STOPPED') this.wrong(`post() after close(): ${error.stack}`);
    }
    await this.agenda.run({ until: this.agenda.now + 5000 });
    const left = this.agenda.next;
    if (left) this.wrong(`after close() there still comes: ${left.what}`);
    const alive = this.threads.all.find(({ dead }) => !dead);
    if (alive) this.wrong(`after close() thread ${alive.number} is still there`);
  }

  async #stillWorks() {
    const { runtime } = this;
    for (const plugin of this.plugins) await this.#settle('unload()', runtime.unload(plugin));
    if (runtime.trace.running) runtime.trace.stop();
    for (const array of this.arrays) this.free(array);
    await this.agenda.run({ until: this.agenda.now + 100 });
    // A worker that starts keeps the process, as long as it may take.
    await this.agenda.run({ until: this.agenda.now + 20_000, enough: () => !this.agenda.refs });
    const { used } = runtime.memory;
    const { outstanding, queued } = runtime.stats();
    if (used !== this.used) this.wrong(`${used - this.used} bytes of memory are not given back`);
    if (outstanding || queued) this.wrong(`${outstanding} jobs are outstanding, ${queued} queued`);
    if (this.own.kind === 'node' && this.agenda.refs)
      this.wrong('the process does not end, and no caller waits');
    if (this.dead) return;
    const { taskSlots } = this.plan.options;
    const visits = runtime.alloc(Uint32Array, taskSlots);
    const jobs = Array.from({ length: taskSlots }, (_, i) =>
      // Urgent posts have all slots.
      runtime.post('visit', { range: [i, i + 1], args: { visits }, priority: 'high' }),
    );
    await this.#settle('the jobs of afterwards', Promise.all(jobs));
    if (this.dead) return;
    if (visits.some((count) => count !== 1)) this.wrong(`afterwards jobs ran ${visits} times`);
    runtime.free(visits);
  }
}
