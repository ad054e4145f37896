/**
 * The plug-ins and modules that every worker must have. A worker takes one when its event loop
 * turns: at home, or while the worker waits for a function. Owner's thread only.
 */
import { inTime, lateImport } from '../core/limit.js';
import { noteFromJson } from './engine-error.js';
import { LINK, UNLINK } from './protocol.js';
import { AFTERLIFE } from './thread-maker.js';

/**
 * Milliseconds that the first worker is home at a time for an import, and then at work. All imports
 * go by the same clock: many that do not end leave the worker half of its time.
 */
const STAY = 100;
/** Workers that may end in the import of a module; then the module is to blame. */
const DEATHS = 2;
const LATE = {};
const NO_SCRIPT = 'it is late with a script of Filch';
/** A plug-in of nothing: with it the worker loads what it needs for plug-ins. */
const NOTHING = { type: LINK, id: 0, tableBase: 0, tableSize: 0 };

/** Resolves when the code of a worker that was ended runs no more, as far as the engine tells. */
async function over({ ended }) {
  await ended;
  // Infinity: the runtime has ended, and gives no memory away.
  if (AFTERLIFE && AFTERLIFE < Infinity) await inTime(new Promise(() => {}), AFTERLIFE);
}

export class Linker {
  #over; // a promise: no worker that was ended in a plug-in's start runs any more
  #plugins = new Map(); // id -> LINK
  #outcomes = new WeakMap(); // handle -> id -> '': the worker has it; or why not
  #isNew = new WeakSet(); // of handles
  #parts;

  /**
   * @param {object} parts importLimit: milliseconds of an import; limit: milliseconds that a worker
   *   may take to answer; handles(): of the workers that live; replaced(): a promise of the next
   *   replacement, undefined if none is to come; atHome(handle, errand) calls a worker home for an
   *   errand; isWorking(handle): jobs have the worker, perhaps after an errand; isBusy(worker): it
   *   is in a task, or a function goes on there; overran() ends the runtime if code has written
   *   below a worker's stack
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Code that a module has left in the worker, as a timer that loops, may keep it from coming home:
   * then it ends, if nothing is lost with it.
   */
  async recalled(handle) {
    const { limit, isBusy } = this.#parts;
    while ((await inTime(handle.stopped, limit, LATE)) === LATE)
      if (!isBusy(handle.worker)) handle.fail('code that a module has left there does not end');
  }

  /**
   * Each worker links or unlinks the plug-in; a later worker links the plug-in before it runs.
   * Rejects with the first reason of a worker that could not. No thread uses the memory of a
   * plug-in that is unlinked.
   */
  async tell(message) {
    const { id } = message;
    if (message.type === UNLINK) {
      this.#plugins.delete(id);
      await Promise.all(this.#parts.handles().map((handle) => this.#take(handle, id)));
      return this.#over;
    }
    await this.#try(message);
    if (!message.url && !message.begun) throw new Error('no worker is there that could link it');
    this.#plugins.set(id, message);
    const refused = (await this.#giveAll(this.#parts.handles(), [message])).find(Boolean);
    if (!refused) return;
    this.#plugins.delete(id);
    throw new Error(refused);
  }

  /**
   * A new worker stays home until it has everything. One that cannot have it is replaced, as long
   * as another worker has everything: that one runs the jobs. Else the worker runs, and the jobs
   * that need what it lacks fail.
   */
  equip(handle) {
    this.#isNew.add(handle);
    const all = () => [...this.#plugins.values()];
    return this.#parts.atHome(handle, async () => {
      const ready = all().some(({ shape }) => shape !== 'module') && this.#ready(handle);
      const why = ready && (await inTime(ready, this.#parts.limit, NO_SCRIPT));
      if (why) return handle.fail(why, 0);
      await this.#giveAll([handle], all());
      this.#isNew.delete(handle);
      const known = this.#parts.handles().filter((each) => !this.#isNew.has(each));
      const hasAll = (each) => all().every(({ id }) => this.#outcomesOf(each).get(id) === '');
      if (!known.some((each) => this.#parts.isWorking(each) && hasAll(each))) return;
      for (const each of known) if (this.#lack(each)) this.#replace(each);
    });
  }

  #outcomesOf(handle) {
    if (!this.#outcomes.has(handle)) this.#outcomes.set(handle, new Map());
    return this.#outcomes.get(handle);
  }

  /** Why the worker has not everything; undefined: it has, or may have it soon. */
  #lack(handle) {
    return [...this.#outcomesOf(handle)].find(([id, why]) => why && this.#plugins.has(id))?.[1];
  }

  /** At home the worker has nothing that would be lost. */
  #replace(handle) {
    return this.#parts.atHome(handle, () => {
      const why = this.#lack(handle);
      if (why) handle.fail(why, 0);
    });
  }

  #giveAll(handles, messages) {
    return Promise.all(
      handles.flatMap((handle) => messages.map((message) => this.#give(handle, message))),
    );
  }

  /** The worker has Filch's scripts for plug-ins; or why not, and the next plug-in tries again. */
  async #ready(handle) {
    const why = await handle.give(NOTHING);
    if (why) handle.take(NOTHING.id);
    return why;
  }

  /** Resolves to '', or to the reason why the worker cannot. */
  async #give(handle, message) {
    const got = await this.#answerOf(handle, message);
    if (handle.state === 'dead') return ''; // the replacement links everything
    if (got) this.#parts.overran();
    const why = got === LATE ? this.#late(handle, message).message : got;
    const { id, source, url } = message;
    const what = source ? `plug-in ${source}` : `module ${url}`;
    const outcomes = this.#outcomesOf(handle);
    outcomes.set(id, why && `it lacks the ${what}: ${why}`);
    // The worker may have it after all.
    if (why) handle.give(message).then((later) => later || outcomes.set(id, ''));
    return why;
  }

  /** The same, or LATE. The time counts while the worker is home. */
  #answerOf(handle, message) {
    const { url } = message;
    const ready = url ? Promise.resolve('') : this.#ready(handle);
    // A worker that waits for a function takes it at once.
    const answer = ready.then((why) => why || handle.give(message));
    const atHome = this.#parts.atHome(
      handle,
      async () =>
        (await inTime(ready, this.#parts.limit, NO_SCRIPT)) ||
        inTime(answer, this.#parts.importLimit, LATE),
    );
    return Promise.race([answer, atHome]);
  }

  /** The worker's time for it is over. A plug-in's start function, or a constructor, holds it. */
  #late(handle, { url, source }) {
    const ms = this.#parts.importLimit;
    if (url) {
      this.#check(handle, () => handle.ping());
      return lateImport(ms);
    }
    const text = `its start function, or a constructor, did not return within ${ms} ms`;
    handle.fail(`the plug-in ${source}: ${text}`, AFTERLIFE);
    this.#over = Promise.all([this.#over, over(handle)]);
    return new Error(text);
  }

  #take(handle, id) {
    return this.#check(handle, () => handle.take(id));
  }

  /** Whether the worker's event loop still turns: no event tells that in a browser. */
  #check(handle, ask) {
    return this.#parts.atHome(handle, async () => {
      const got = await inTime(ask(), this.#parts.limit, LATE);
      if (got === LATE) handle.fail('it does not answer');
    });
  }

  /**
   * One worker links the plug-in or imports the module before the others: so one that hangs or
   * breaks costs that worker's time alone. If the worker ends meanwhile, another one tries. If
   * there is none, the next one may take as long as a start to come.
   */
  async #try(message) {
    const { importLimit, limit } = this.#parts;
    const latest = performance.now() + importLimit + limit; // for all replacements
    let until;
    const left = () => until - performance.now();
    for (let deaths = 0; ; ) {
      const handle = await this.#first(message);
      if (!handle) {
        const replaced = this.#parts.replaced();
        const wait = latest - performance.now();
        if (!replaced || wait <= 0) return; // a later worker tries
        await inTime(replaced, wait);
        continue;
      }
      // The import begins: no worker may have been there before, or come home.
      until = performance.now() + importLimit;
      const got = await (message.url
        ? this.#awaitImport(handle, handle.give(message), left)
        : this.#answerOf(handle, message));
      if (handle.state === 'dead') {
        await handle.ended; // else two would write the plug-in's memory
        if (handle.isKilled || ++deaths < DEATHS) continue;
        throw new Error(`${DEATHS} workers that imported it have ended: ${handle.reason}`);
      }
      if (!got) return;
      this.#parts.overran();
      this.#take(handle, message.id);
      if (got === LATE) throw this.#late(handle, message);
      throw message.begun ? noteFromJson(message.begun)[2] : new Error(got);
    }
  }

  /**
   * The first worker that comes home, and has begun an import; undefined: there is none. For a
   * plug-in of wasm also one that waits for a function.
   */
  #first(message) {
    const { url } = message;
    return new Promise((resolve) => {
      let first;
      const all = this.#parts.handles().map((handle) => {
        const come = () => {
          if (first) return;
          first = handle;
          resolve(handle);
          return url && inTime(handle.give(message), STAY);
        };
        if (!url) this.#ready(handle).then((why) => why || come());
        return this.#parts.atHome(handle, come);
      });
      Promise.all(all).then(() => resolve());
    });
  }

  /** The worker is home and at work in turns, for an import goes on only at home. */
  async #awaitImport(handle, answer, left) {
    let got = LATE;
    while (got === LATE && left() > 0 && handle.state !== 'dead') {
      const phase = performance.now() % (2 * STAY);
      const stay = () => inTime(answer, Math.min(STAY - (phase % STAY), left()), LATE);
      got = await (phase < STAY ? inTime(this.#parts.atHome(handle, stay), left(), LATE) : stay());
    }
    return got;
  }
}
