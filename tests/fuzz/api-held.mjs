// What the caller of the API holds, to be given back at the end.
import { setTimeout as wait } from 'node:timers/promises';

export class Held {
  arrays = [];
  jobs = [];
  rings = [];
  ports = [];
  plugins = [];
  saved = new Uint8Array(8);
  #stop = new AbortController(); // of the calls that give no job

  constructor(runtime, plugin) {
    runtime.trace.start({ events: 16 });
    runtime.trace.stop();
    this.used = runtime.memory.used;
    this.runtime = runtime;
    this.plugin = plugin;
    this.numbers = this.array(runtime.alloc(Float64Array, 4));
    this.array(runtime.alloc(Uint32Array, 16));
  }

  array(array) {
    this.arrays.push(array);
    return array;
  }

  freed(array) {
    this.arrays = this.arrays.filter((each) => each !== array);
    if (this.numbers === array) this.numbers = this.array(this.runtime.alloc(Float64Array, 4));
  }

  job(job) {
    this.jobs.push(job);
    return job;
  }

  restored(job) {
    for (const value of Object.values(job.args)) if (ArrayBuffer.isView(value)) this.array(value);
    return this.job(job);
  }

  someJobs(random) {
    return [this.oneJob(random)];
  }

  oneJob(random) {
    if (!this.jobs.length) this.job(this.runtime.post('empty', { range: [0, 1] }));
    return random.pick(this.jobs);
  }

  /**
   * The arguments of run() and its like: a range may be so long that only settle() ends the call.
   */
  stoppable(args) {
    const isPlain = (value) => Object.getPrototypeOf(Object(value)) === Object.prototype;
    const last = args.at(-1);
    try {
      if (isPlain(last) && (last.signal ?? this.#stop.signal) instanceof AbortSignal)
        last.signal = this.#stop.signal;
    } catch {
      // a proxy, or a getter that throws: refused as such
    }
    return args;
  }

  ring(ring) {
    this.rings.push(ring);
  }

  oneRing(random) {
    return random.pick(this.rings);
  }

  port(port) {
    this.ports.push(port);
  }

  plug(promise) {
    return promise.then((plugin) => this.plugins.push(plugin));
  }

  unplug(promise, plugin) {
    return promise.then(() => (this.plugins = this.plugins.filter((each) => each !== plugin)));
  }

  /** Ends the jobs, the calls that give none, and rings. */
  async settle() {
    this.#stop.abort('the fuzzer');
    this.#stop = new AbortController();
    for (const job of this.jobs) {
      job.resume();
      job.cancel('the fuzzer');
    }
    await Promise.all(this.jobs.map((job) => job.then(...ended)));
    const last = this.jobs.at(-1);
    this.jobs = last ? [last] : [];
    if (this.rings.length > 2) await Promise.all(this.rings.splice(1).map((ring) => ring.close()));
  }

  /** Gives everything back. */
  async end() {
    await this.settle();
    await Promise.all(this.rings.splice(0).map((ring) => ring.close()));
    for (const port of this.ports.splice(0)) port.close({ gone: true });
    for (const plugin of this.plugins.splice(0)) await this.runtime.unload(plugin);
    for (const array of this.arrays.splice(0)) await this.#free(array);
    // A stopped call keeps memory until its function has ended.
    while (this.runtime.memory.used > this.used) await wait(1);
  }

  /** A stopped call keeps its arrays, too. */
  async #free(array) {
    for (;;)
      try {
        return this.runtime.free(array);
      } catch (error) {
        if (error.code !== 'MEMORY_IN_USE') throw error;
        await wait(1);
      }
  }
}

const ended = [() => {}, () => {}];
