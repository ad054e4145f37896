/** All rings of a runtime. Owner's thread only. */
import { lazy, preloaded } from '../core/lazy.js';
import { OVERWRITTEN, REGULARLY } from './layout.js';
import { OpenRing } from './open-ring.js';
import { Ring } from './producer.js';
import { checkProducer } from './producer-options.js';

const consumers = /* @__PURE__ */ lazy(
  'a ring needs',
  async () => preloaded.consumer ?? import('./consumer.js'),
);

export class Rings {
  #parts;
  #all = new Set();

  /** @param {object} parts of OpenRing and Consumer; `kernelOf` finds a kernel by its name */
  constructor(parts) {
    this.#parts = parts;
  }

  #open(name, options) {
    const { kernelOf, post, ...parts } = this.#parts;
    const ended = (ring) => this.#all.delete(ring);
    const ring = new OpenRing({ ...parts, kernel: kernelOf(name), options, ended });
    this.#all.add(ring);
    consumers().then(
      ({ Consumer }) => {
        ring.consumer = new Consumer(ring, post);
        ring.look();
      },
      () => ring.giveUp(),
    );
    return ring;
  }

  /** A ring whose producer is on this thread. */
  ring(name, options = {}) {
    const producer = checkProducer(options); // before memory is taken
    const open = this.#open(name, options);
    const ring = new Ring(
      {
        buffer: this.#parts.memory.buffer,
        ...open.parts,
        wake: () => open.look(),
        errorOf: (head) => open.takeError(head),
      },
      producer,
    );
    open.near(() => ring.collect());
    return ring;
  }

  /** A ring whose producer is on another thread. */
  port(name, options = {}) {
    const open = this.#open(name, options);
    return {
      port: open.far(`filch ring ${Math.random()}`),
      close: (how) => open.close(how),
    };
  }

  /** No records are posted any more. */
  stop() {
    for (const ring of this.#all) ring.stopped = true;
  }

  /** All batches have settled. `corrupt`: shared memory was overwritten. */
  abandon(corrupt) {
    for (const ring of this.#all) ring.abandon(corrupt ? OVERWRITTEN : REGULARLY);
    this.#all.clear();
  }
}
