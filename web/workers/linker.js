/**
 * The plug-ins and modules that every worker must have. A worker takes one when its event loop
 * turns: at home, or while the worker waits for a function. Owner's thread only.
 */
import { inTime, lateImport } from '../core/limit.js';
import { UNLINK } from './protocol.js';

/**
 * Milliseconds that the first worker is home at a time for an import, and then at work. All imports
 * go by the same clock: many that do not end leave the worker half of its time.
 */
const STAY = 100;
/** Workers that may end in the import of a module; then the module is to blame. */
const DEATHS = 2;
const LATE = {};

export class Linker {
  #plugins = new Map(); // id -> LINK
  #importLimit;
  #limit;
  #handles;
  #replaced;
  #atHome;

  /**
   * @param {object} parts importLimit: milliseconds of an import; limit: milliseconds that a worker
   *   may take to answer; handles(): of the workers that live; replaced(): a promise of the next
   *   replacement, undefined if none is to come; atHome(handle, errand) calls a worker home for an
   *   errand
   */
  constructor({ importLimit, limit, handles, replaced, atHome }) {
    this.#importLimit = importLimit;
    this.#limit = limit;
    this.#handles = handles;
    this.#replaced = replaced;
    this.#atHome = atHome;
  }

  /**
   * Each worker links or unlinks the plug-in; a later worker links the plug-in before it runs.
   * Rejects with the first reason of a worker that could not.
   */
  async tell(message) {
    const { id } = message;
    if (message.type === UNLINK) {
      this.#plugins.delete(id);
      await Promise.all(this.#handles().map((handle) => this.#take(handle, id)));
      return;
    }
    if (message.url) await this.#try(message);
    this.#plugins.set(id, message);
    const refused = (await this.#giveAll(this.#handles(), [message])).find(Boolean);
    if (!refused) return;
    this.#plugins.delete(id);
    throw new Error(refused);
  }

  /** A new worker stays home until it has everything, or cannot have it. */
  equip(handle) {
    return this.#giveAll([handle], [...this.#plugins.values()]);
  }

  #giveAll(handles, messages) {
    return Promise.all(
      handles.flatMap((handle) => messages.map((message) => this.#give(handle, message))),
    );
  }

  /** Resolves to '', or to the reason why the worker cannot. */
  async #give(handle, message) {
    const ms = message.url ? this.#importLimit : this.#limit;
    const answer = handle.give(message); // a worker that waits for a function takes it at once
    const atHome = this.#atHome(handle, () => inTime(answer, ms, LATE));
    const got = await Promise.race([answer, atHome]);
    if (handle.state === 'dead') return ''; // the replacement links everything
    if (got !== LATE) return got;
    this.#check(handle, () => handle.ping());
    return lateImport(ms).message;
  }

  #take(handle, id) {
    return this.#check(handle, () => handle.take(id));
  }

  /** Whether the worker's event loop still turns: no event tells that in a browser. */
  #check(handle, ask) {
    return this.#atHome(handle, async () => {
      const got = await inTime(ask(), this.#limit, LATE);
      if (got === LATE) handle.fail('it does not answer');
    });
  }

  /**
   * One worker imports the module before the others: so a module that hangs or breaks costs that
   * worker's time alone. If the worker ends meanwhile, another one tries.
   */
  async #try(message) {
    const until = performance.now() + this.#importLimit;
    const left = () => until - performance.now();
    for (let deaths = 0; ; ) {
      const handle = await this.#first(message);
      if (!handle) {
        const replaced = this.#replaced();
        if (!replaced || left() <= 0) return; // a later worker tries
        await inTime(replaced, left());
        continue;
      }
      const answer = handle.give(message);
      const got = await this.#awaitImport(handle, answer, left);
      if (handle.state === 'dead') {
        if (handle.isKilled || ++deaths < DEATHS) continue;
        throw new Error(`${DEATHS} workers that imported it have ended: ${handle.reason}`);
      }
      if (!got) return;
      this.#take(handle, message.id);
      throw got === LATE ? lateImport(this.#importLimit) : new Error(got);
    }
  }

  /** The first worker that comes home, and has begun; undefined: all have ended. */
  #first(message) {
    let first;
    return new Promise((resolve) => {
      const all = this.#handles().map((handle) =>
        this.#atHome(handle, async () => {
          if (first) return;
          first = handle;
          resolve(handle);
          await inTime(handle.give(message), STAY);
        }),
      );
      Promise.all(all).then(() => resolve());
    });
  }

  /** The worker is home and at work in turns, for an import goes on only at home. */
  async #awaitImport(handle, answer, left) {
    let got = LATE;
    while (got === LATE && left() > 0 && handle.state !== 'dead') {
      const phase = performance.now() % (2 * STAY);
      const stay = () => inTime(answer, Math.min(STAY - (phase % STAY), left()), LATE);
      got = await (phase < STAY ? inTime(this.#atHome(handle, stay), left(), LATE) : stay());
    }
    return got;
  }
}
