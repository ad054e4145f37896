// What befell the threads: what each was given and had, and what each ran when it ended. The oracle
// takes the causes of errors from here.
import { LINK, LINKED, RUN } from '../../../web/workers/protocol.js';

/** Of one thread. */
export class Record {
  /** When its worker ran first. */
  ran = Infinity;
  /** When it ended, and when its owner has heard of that. */
  ended = Infinity;
  heard = Infinity;
  /** Ids of the jobs that it ran when it ended, and of those whose functions it has called. */
  jobs = new Set();
  #links = []; // { place, ask, asked, linked, known: when; known: to the owner }

  /** A message to the thread. */
  got({ type, ask, source, url }, now) {
    if (type === RUN) this.ran = Math.min(this.ran, now);
    const never = { linked: Infinity, known: Infinity };
    if (type === LINK) this.#links.push({ place: source ?? url, ask, asked: now, ...never });
  }

  /** A message from it. @param {'linked' | 'known'} how sent, or received */
  said({ type, ask, reason }, how, now) {
    const link = type === LINKED && !reason && this.#links.find((each) => each.ask === ask);
    if (link) link[how] = now;
  }

  /** The thread did not have the plug-in or module at that time, or in part of it. */
  lacked(place, begin, end, how = 'linked') {
    const links = this.#links.filter((each) => each.place === place && each.asked <= end);
    return links.some((each) => each[how] >= begin);
  }

  /** The owner knows that the thread has it. */
  has(place) {
    return this.#links.some((each) => each.place === place && each.known < Infinity);
  }

  /** The thread ended in the import of the module, as far as its owner can tell. */
  endedWith(place) {
    return this.heard < Infinity && this.lacked(place, this.ended, this.heard);
  }
}

/** Of all jobs, the handles that they have had, by id. */
export class Handles {
  #all = new Map(); // id -> handles

  gave(id, handle) {
    if (!this.#all.has(id)) this.#all.set(id, []);
    this.#all.get(id).push(handle);
  }

  /** Ids of the jobs that the worker runs now, by the module. */
  *runBy(worker, exports) {
    const root = exports.filch_host_worker_task(worker);
    for (const [id, handles] of this.#all) {
      const runs = (handle) =>
        handle === root || (exports.filch_host_task_workers(handle) >>> worker) & 1;
      if (handles.some(runs)) yield id;
    }
  }
}
