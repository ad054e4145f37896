/**
 * The workers, seen from the owner: started together, replaced when they die, called home where fewer are wanted, and at the end.
 * Owner's thread only.
 */
import { ANSWER, FAILED, LOAD, PLUG, PLUGGED, READY, RING, RUN, STOPPED, UNPLUG } from './protocol.js';
import { AFTERLIFE, threadMaker } from './thread.js';

/** Workers that a runtime starts in place of dead ones: a kernel that kills its worker would else go on for ever. */
const REPLACEMENTS = 16;
/** Milliseconds that workers get to come home at the end. They leave at the next boundary, so 1 ms is usual. */
const STOP_LIMIT = 1000;

/** Resolves when the promise has settled, after `limit` milliseconds, or at an abort. */
function inTime(promise, limit, signal) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, limit);
    signal?.addEventListener('abort', end);
    promise.then(end, end);
  });
}

class Member {
  state = 'starting'; // then 'ready', 'running', when stopped or recalled 'home', and 'running' again; 'dead' from any of them
  reason = ''; // of its death
  worker = -1; // its number, when running
  #plugs = new Set(); // ids of the plug-ins that it has
  #asked = []; // what resolves with its answers, in order
  #readied;
  #stopped;

  constructor(makeThread, load, on) {
    /** Resolve when it is ready, or has come home; or is dead. */
    this.ready = new Promise((resolve) => (this.#readied = resolve));
    this.stopped = Promise.resolve();
    const message = (data) => {
      if (data.type === READY && this.state === 'starting') {
        this.state = 'ready';
        this.#readied();
      } else if (data.type === STOPPED) {
        if (this.state === 'running') this.state = 'home';
        this.#stopped?.();
      } else if (data.type === PLUGGED) {
        this.#asked.shift()?.(data.reason ?? '');
      } else if (data.type === ANSWER) {
        on.answer(data.answer);
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

  /** Gives it these plug-ins, and takes others away. Resolves to '' when it has done so, or to why it will not. */
  async plug(plugs) {
    const gone = [...this.#plugs].filter((id) => !plugs.has(id)).map((id) => ({ type: UNPLUG, id }));
    const come = [...plugs.values()].filter(({ id }) => !this.#plugs.has(id));
    this.#plugs = new Set(plugs.keys());
    const answers = [...gone, ...come].map((message) => {
      this.thread.post(message);
      return new Promise((resolve) => this.#asked.push(resolve));
    });
    return (await Promise.all(answers)).find(Boolean) ?? '';
  }

  /** A plug-in that it may not have after all. */
  forget(id) {
    this.#plugs.delete(id);
  }

  run(message) {
    this.worker = message.worker;
    this.state = 'running';
    this.stopped = new Promise((resolve) => (this.#stopped = resolve));
    this.thread.post(message);
  }

  /** Ends its thread, whatever that does. Resolves when it has ended. */
  end(reason = 'it was ended') {
    this.state = 'dead';
    this.#readied();
    this.#stopped?.();
    for (const answer of this.#asked) answer(reason);
    return this.thread?.end();
  }

  /** @param {boolean} [killed] it may be in a kernel, and stay there for a while */
  fail(reason, on, killed = false) {
    if (this.state === 'dead') return;
    const was = this.state;
    this.reason = reason;
    const ended = this.end(reason);
    if (was === 'running' || was === 'home') on.dead(this, ended, killed);
  }
}

export class Crew {
  #makeThread;
  #load;
  #limit;
  #threadOptions;
  #on;
  #members = [];
  #missing = ''; // why some did not start
  #gone = new Map(); // worker -> why it is not there
  #settings;
  #left = REPLACEMENTS;
  #wanted = 0; // threads
  #working = Infinity; // of those, how many may work
  #plugs = new Map(); // what every worker must have: id -> PLUG
  #change = Promise.resolve(); // of their number, the last one begun
  #news = () => {}; // another number is wanted
  #closing = false;

  /**
   * @param {object} parts
   * @param {number} parts.limit milliseconds that a worker may take to start
   * @param {object} parts.threadOptions see thread.js
   * @param {() => void} parts.ring a worker's message says that a task has settled
   * @param {(answer: object) => void} parts.answer what came of a call()
   * @param {(worker: number) => void} parts.recall calls a worker home, at its next boundary
   * @param {(worker: number) => void} parts.lost a worker's thread has ended for good
   * @param {(worker: number) => void} parts.started a worker has been sent to work
   * @param {(worker: number, reason: string) => void} parts.crashed a worker has died
   * @param {(reason: string) => void} parts.none there are no workers any more, or none that can be trusted
   */
  constructor({ module, memory, place, limit, threadOptions, ...on }) {
    this.#load = { type: LOAD, module, memory, place, origin: performance.timeOrigin };
    this.#limit = limit;
    this.#threadOptions = threadOptions;
    this.#on = { ...on, dead: (...death) => this.#dead(...death) };
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
    this.#makeThread = await threadMaker(this.#threadOptions);
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
    this.#wanted = this.#members.length;
    this.#members.forEach((member, worker) => this.#send(member, worker));
  }

  #send(member, worker) {
    this.#members[worker] = member;
    this.#on.started(worker);
    member.plug(this.#plugs);
    member.run({ type: RUN, worker, ...this.#settings(worker) });
  }

  /**
   * From now on there are `wanted` threads, of which `working` may work; the others stand by. Resolves when that is so: who works
   * comes home at a boundary.
   *
   * @param {{ wanted?: number, working?: number }} change
   */
  resize({ wanted = this.#wanted, working = this.#working }) {
    this.#wanted = wanted;
    this.#working = working;
    this.#news();
    return (this.#change = this.#change.then(() => this.#adjust()));
  }

  /**
   * Every worker is called home for a moment, and gets the plug-in, or lets go of it; who comes later gets it before it works. Rejects
   * with what the first of them said that could not do it. A worker in a kernel that comes to no boundary keeps this waiting.
   *
   * @param {{ type: string, id: number }} message
   */
  tell(message) {
    const told = this.#change.then(() => this.#tell(message));
    this.#change = told.catch(() => {}).then(() => this.#adjust());
    return told;
  }

  async #tell(message) {
    if (message.type === PLUG) this.#plugs.set(message.id, message);
    else this.#plugs.delete(message.id);
    const members = this.#members.filter(Boolean);
    const refused = (await Promise.all(members.map((member) => this.#plug(member)))).find(Boolean);
    if (!refused || this.#closing) return;
    this.#plugs.delete(message.id);
    for (const member of members) member.forget(message.id);
    throw new Error(refused);
  }

  /** Each by itself: none stands by until the last one has come home. */
  async #plug(member) {
    if (member.state === 'running') this.#on.recall(member.worker);
    await member.stopped;
    if (member.state !== 'home') return '';
    const refused = await member.plug(this.#plugs);
    this.#sendBack(member);
    return refused;
  }

  #sendBack(member) {
    if (member?.state === 'home' && member.worker < Math.min(this.#wanted, this.#working) && !this.#closing) this.#send(member, member.worker);
  }

  async #adjust() {
    if (this.#closing) return;
    const working = Math.min(this.#wanted, this.#working);
    const surplus = this.#members.filter((member) => member?.state === 'running' && member.worker >= working);
    for (const { worker } of surplus) this.#on.recall(worker);
    // Who does not come home keeps nobody else there, once they are wanted again.
    const news = new Promise((resolve) => (this.#news = resolve));
    await Promise.race([Promise.all(surplus.map((member) => member.stopped)), news]);
    if (this.#closing) return;
    for (const member of surplus) if (member.state === 'running') member.stopped.then(() => this.resize({}));
    const wanted = this.#wanted;
    await Promise.all(this.#members.slice(wanted).map((member) => member?.state === 'home' && this.#dismiss(member)));
    const missing = Array.from({ length: wanted }, (_, worker) => worker).filter((worker) => !this.#members[worker] && !this.#gone.has(worker));
    await Promise.all(missing.map((worker) => this.#hire(worker)));
    if (this.#closing) return;
    for (const member of this.#members) this.#sendBack(member);
  }

  async #dismiss(member) {
    await member.end();
    if (this.#closing) return;
    this.#members[member.worker] = undefined;
    this.#on.lost(member.worker);
  }

  /** A new one: ready, or dead. */
  async #another() {
    const member = this.#spawn();
    await inTime(member.ready, this.#limit);
    if (member.state !== 'ready' || this.#closing) member.fail(`it did not start within ${this.#limit} ms`, this.#on);
    return member;
  }

  async #hire(worker) {
    const member = await this.#another();
    if (member.state === 'ready') {
      this.#members[worker] = member;
      member.worker = worker;
      member.state = 'home';
      return;
    }
    this.#gone.set(worker, `worker ${worker} did not start: ${member.reason}`);
  }

  /** Ends a worker's thread; what follows is as if it had died. */
  kill(worker, reason) {
    this.#members[worker]?.fail(reason, this.#on, true);
  }

  async #dead({ worker, reason }, ended, killed) {
    this.#members[worker] = undefined;
    this.#on.crashed(worker, reason);
    this.#gone.set(worker, `worker ${worker} died, and another is starting in its place: ${reason}`);
    await ended;
    if (killed && AFTERLIFE === Infinity) {
      this.#giveUp(worker, `worker ${worker} was terminated, and this engine may let its kernel run on: close() and start again`, true);
      return;
    }
    if (killed && AFTERLIFE) await new Promise((resolve) => setTimeout(resolve, AFTERLIFE));
    if (this.#closing) return;
    this.#on.lost(worker);
    if (worker >= this.#wanted) { // nobody is missed
      this.#gone.delete(worker);
      return;
    }
    let why = reason;
    while (this.#left-- > 0 && !this.#closing) {
      const member = await this.#another();
      if (member.state === 'ready') {
        this.#gone.delete(worker);
        this.#send(member, worker);
        return;
      }
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
    await inTime(Promise.all(this.#members.map((member) => member?.stopped)), STOP_LIMIT);
    await this.end();
  }

  /** Ends all threads, whatever they do. */
  end() {
    this.#closing = true;
    const members = this.#members.filter(Boolean);
    this.#members = [];
    return Promise.all(members.map((member) => member.end()));
  }
}
