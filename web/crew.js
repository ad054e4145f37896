/** The workers, seen from the owner: started together, replaced when they die, sent home at the end. Owner's thread only. */
import { FAILED, LOAD, READY, RING, RUN, STOPPED } from './protocol.js';
import { AFTERLIFE, threadMaker } from './thread.js';

/** Workers that a runtime starts in place of dead ones: a kernel that kills its worker would else go on for ever. */
const REPLACEMENTS = 16;
/** Milliseconds that workers get to come home at the end. They leave at the next boundary, so 1 ms is usual. */
const STOP_LIMIT = 1000;

/** Resolves to true when the promise has settled, to false after `limit` milliseconds or an abort. */
function inTime(promise, limit, signal) {
  return new Promise((resolve) => {
    const end = (value) => () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', late);
      resolve(value);
    };
    const late = end(false);
    const timer = setTimeout(late, limit);
    signal?.addEventListener('abort', late);
    promise.then(end(true), end(true));
  });
}

class Member {
  state = 'starting'; // then 'ready', 'running', after a stop 'home'; 'dead' from any of them
  reason = ''; // of its death
  worker = -1; // its number, when running
  #readied;
  #stopped;

  constructor(makeThread, load, on) {
    /** Resolve when it is ready, or has come home; or is dead. */
    this.ready = new Promise((resolve) => (this.#readied = resolve));
    this.stopped = new Promise((resolve) => (this.#stopped = resolve));
    const message = (data) => {
      if (data.type === READY && this.state === 'starting') {
        this.state = 'ready';
        this.#readied();
      } else if (data.type === STOPPED) {
        if (this.state === 'running') this.state = 'home';
        this.#stopped();
      } else if (data.type === RING) {
        on.ring();
      } else if (data.type === FAILED) {
        this.fail(data.reason, on);
      }
    };
    try {
      // Where it fails by itself it is not in the module any more, or has ended.
      this.thread = makeThread({ message, fail: (reason) => this.fail(reason, on) });
      this.thread.post(load);
    } catch (error) {
      this.fail(error.message, on); // no worker may be made, or it may not have the memory
    }
  }

  /** @param {boolean} [killed] it may be in a kernel, and stay there for a while */
  fail(reason, on, killed = false) {
    if (this.state === 'dead') return;
    const was = this.state;
    this.state = 'dead';
    this.reason = reason;
    this.#readied();
    this.#stopped();
    const ended = this.thread?.end();
    if (was === 'running') on.dead(this, ended, killed);
  }
}

export class Crew {
  #makeThread;
  #load;
  #limit;
  #on;
  #members = [];
  #missing = ''; // why some did not start
  #gone = new Map(); // worker -> why it is not there
  #settings;
  #left = REPLACEMENTS;
  #closing = false;

  /**
   * @param {object} parts
   * @param {number} parts.limit milliseconds that a worker may take to start
   * @param {() => void} parts.ring a worker's message says that a task has settled
   * @param {(worker: number) => void} parts.lost a worker's thread has ended for good
   * @param {(reason: string) => void} parts.none there are no workers any more, or none that can be trusted
   */
  constructor({ module, memory, limit, ring, lost, none }) {
    this.#load = { type: LOAD, module, memory, origin: performance.timeOrigin };
    this.#limit = limit;
    this.#on = { ring, lost, none, dead: (...death) => this.#dead(...death) };
  }

  /** Why there are fewer workers than asked for; '' where there are not. */
  get reason() {
    return [this.#missing, ...this.#gone.values()].filter(Boolean).join('; ');
  }

  /** Workers at work. */
  get running() {
    return this.#members.filter((member) => member?.state === 'running').length;
  }

  #spawn() {
    return new Member(this.#makeThread, this.#load, this.#on);
  }

  /** Workers that there are places for: as many as came. */
  get size() {
    return this.#members.length;
  }

  /** Starts `count` workers, all at once, and waits for them as long as it may. */
  async start(count, signal) {
    this.#makeThread = await threadMaker();
    const members = Array.from({ length: count }, () => this.#spawn());
    await inTime(Promise.all(members.map((member) => member.ready)), this.#limit, signal);
    this.#members = members.filter((member) => member.state === 'ready');
    const missing = members.filter((member) => member.state !== 'ready');
    for (const member of missing) member.fail(`it did not start within ${this.#limit} ms`, this.#on);
    if (missing.length) this.#missing = `${missing.length} of ${count} workers did not start: ${missing[0].reason}`;
  }

  /** Sends them to work, numbered from 0. @param {(worker: number) => object} settings what RUN carries besides */
  run(settings) {
    this.#settings = settings;
    this.#members.forEach((member, worker) => this.#send(member, worker));
  }

  #send(member, worker) {
    this.#members[worker] = member;
    member.worker = worker;
    member.state = 'running';
    member.thread.post({ type: RUN, worker, ...this.#settings(worker) });
  }

  /** Ends a worker's thread; what follows is as if it had died. */
  kill(worker, reason) {
    this.#members[worker]?.fail(reason, this.#on, true);
  }

  async #dead({ worker, reason }, ended, killed) {
    this.#members[worker] = undefined;
    this.#gone.set(worker, `worker ${worker} died, and another is starting in its place: ${reason}`);
    await ended;
    if (killed && AFTERLIFE === Infinity) {
      this.#giveUp(worker, `worker ${worker} was terminated, and this engine may let its kernel run on: close() and start again`, true);
      return;
    }
    if (killed && AFTERLIFE) await new Promise((resolve) => setTimeout(resolve, AFTERLIFE));
    if (this.#closing) return;
    this.#on.lost(worker);
    let why = reason;
    while (this.#left-- > 0 && !this.#closing) {
      const member = this.#spawn();
      await inTime(member.ready, this.#limit);
      if (member.state === 'ready' && !this.#closing) {
        this.#gone.delete(worker);
        this.#send(member, worker);
        return;
      }
      member.fail(`it did not start within ${this.#limit} ms`, this.#on);
      why = member.reason;
    }
    this.#giveUp(worker, `worker ${worker} died and was not replaced: ${why}`, false);
  }

  #giveUp(worker, text, all) {
    this.#gone.set(worker, text);
    if (!this.#closing && (all || !this.#members.some(Boolean))) this.#on.none(text);
  }

  /** After the runtime's stop: waits for them to come home, and ends all threads. Those that do not come are terminated. */
  async close() {
    this.#closing = true;
    const members = this.#members.filter(Boolean);
    await inTime(Promise.all(members.map((member) => member.stopped)), STOP_LIMIT);
    await this.end();
  }

  /** Ends all threads, whatever they do. */
  end() {
    this.#closing = true;
    const members = this.#members.filter(Boolean);
    this.#members = [];
    for (const member of members) member.state = 'dead';
    return Promise.all(members.map((member) => member.thread.end()));
  }
}
