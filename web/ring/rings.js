/** All rings of a runtime. Owner's thread only. */
import { Consumer } from './consumer.js';
import { OVERWRITTEN, REGULARLY } from './layout.js';
import { checkProducer, Ring } from './producer.js';

export class Rings {
  #parts;
  #all = new Set();

  /** @param {object} parts a Consumer's; `kernelOf` finds a kernel by its name */
  constructor(parts) {
    this.#parts = parts;
  }

  #open(name, options) {
    const { kernelOf, ...parts } = this.#parts;
    const consumer = new Consumer({
      ...parts,
      kernel: kernelOf(name),
      options,
      ended: () => this.#all.delete(consumer),
    });
    this.#all.add(consumer);
    return consumer;
  }

  /** A ring whose producer is on this thread. */
  ring(name, options = {}) {
    const producer = checkProducer(options); // before memory is taken
    const consumer = this.#open(name, options);
    const ring = new Ring(
      { buffer: this.#parts.memory.buffer, ...consumer.parts, wake: () => consumer.look() },
      producer,
    );
    consumer.near(() => ring.collect());
    return ring;
  }

  /** A ring whose producer is on another thread. */
  port(name, options = {}) {
    const consumer = this.#open(name, options);
    return {
      port: consumer.far(`filch ring ${Math.random()}`),
      close: (how) => consumer.close(how),
    };
  }

  /** No records are posted any more. */
  stop() {
    for (const consumer of this.#all) consumer.stopped = true;
  }

  /** All batches have settled. `corrupt`: shared memory was overwritten. */
  abandon(corrupt) {
    for (const consumer of this.#all) consumer.abandon(corrupt ? OVERWRITTEN : REGULARLY);
    this.#all.clear();
  }
}
