// One thread of the explorer of rings: side 0 is the owner, which runs the kernel itself, and
// chooses the schedules; side 1 the producer. The package's own files on both sides, from `base`:
// with a fault in them, or none.
import { parentPort, workerData } from 'node:worker_threads';

import { Lockstep, WORDS } from './lockstep.mjs';
import { KernelTrapError } from '../../../../web/index.js';
import { scenarios, TRAPS } from './scenarios.mjs';

const { side, shared, memory, base, name, preemptions, walks } = workerData;
// A producer tells lost signals again after a second: here nothing may be lost.
globalThis.setTimeout = () => ({});
const scenario = scenarios[name];
const lock = new Lockstep(new Int32Array(shared, 0, WORDS), side);
/**
 * From the owner to the producer: address, capacity. From the producer to the owner: whether the
 * producer has ended, bytes of text.
 */
const told = new Int32Array(shared, 4 * WORDS, 4);
const text = new Uint8Array(shared, 4 * WORDS + 16);

/** Freed memory is filled with this byte. */
const FREED = 0xee;
const KERNEL = {
  name: 'record',
  index: 0,
  argsBytes: 8,
  state: [],
  known: new Set(['data']),
  fields: [
    { name: 'data', role: 'array', type: 'u8', bytes: 1, arrays: ['Uint8Array'], offset: 0 },
  ],
};

/**
 * A batch: adds 1 to the first byte of each record; the second byte says how the record ends. `got`
 * notes the kernel's records.
 */
function runBatch({ records, stride, errors }, count, got) {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  for (let at = 0; at < count * stride; at += stride) {
    const bytes = new Uint8Array(
      memory.buffer,
      view.getUint32(at + 24, true),
      view.getUint32(at + 28, true),
    );
    got.push([...bytes.slice(0, 1), bytes.length]);
    bytes[0]++;
    bytes[bytes.length - 1]++;
    if (bytes[1] === TRAPS) errors.set(at / stride, new KernelTrapError('as it is to', {}));
    else view.setInt32(at + 16, bytes[1], true); // its code
    view.setUint32(at + 20, 1, true); // the record was run
  }
}

async function owner() {
  const [{ Heap }, { Rings }] = await Promise.all([
    import(`${base}/memory/heap.js`),
    import(`${base}/ring/rings.js`),
    import(`${base}/ring/consumer.js`), // so it comes at once where it is asked for
  ]);

  /** Runs one schedule; gives the failure, or undefined. */
  async function execute(plan) {
    lock.begin(plan);
    told.fill(0);
    new Uint8Array(memory.buffer).fill(0); // the heap takes its memory to be zeroed
    const { byteLength } = memory.buffer;
    const heap = new Heap(memory, byteLength - scenario.room, byteLength, {});
    const given = new Map(); // freed blocks: no side touches them
    const release = heap.release.bind(heap);
    heap.release = (block) => {
      release(block);
      const bytes = new Uint8Array(memory.buffer, block.address, block.size).fill(FREED);
      given.set(block.address, bytes);
    };
    const batches = [];
    const got = [];
    const post = ({ table, count, resources, onSettled }) =>
      batches.push(() => {
        runBatch(table, count, got);
        onSettled({ state: 'done' });
        resources.release(heap);
      });
    const rings = new Rings({ memory, heap, kernelOf: () => KERNEL, post });
    const { port, close } = rings.port('record', scenario.options);
    await new Promise(setImmediate); // there is a consumer now
    told.set([port.address, port.capacity]);
    const finish = () => {
      // The newest batch first: batches of an unordered ring end in any order.
      while (batches.length) batches.pop()();
    };
    const acts = scenario.owner?.({ close, rings, finish }) ?? [];
    lock.on = true;
    await lock.run(() => {
      if (acts.length) acts.shift()();
      else if (batches.length) batches.pop()();
      else return false;
      return true;
    });
    if (!told[2]) lock.pass(); // the producer sees the end of the schedule
    const said = Buffer.from(text.slice(0, told[3])).toString();
    if (said) return said;
    if (scenario.options.ordered && got.some(([first], i) => i && first < got[i - 1][0]))
      return `not in order: ${got.map(([first]) => first)}`;
    if (scenario.keeps) return undefined;
    if (heap.used) return `${heap.used} bytes were not given back`;
    return [...given.values()].every((bytes) => bytes.every((byte) => byte === FREED))
      ? undefined
      : 'memory was written to that had been given back';
  }

  let executions = 0;
  async function tried(plan) {
    executions++;
    const wrong = await execute(plan);
    if (!wrong) return lock.passable;
    parentPort.postMessage({ executions, wrong, plan });
    return undefined;
  }

  /** Runs all schedules with so many preemptions more than this one. False: one has failed. */
  async function explore(plan, more) {
    const passable = await tried(plan);
    if (!passable) return false;
    if (!more) return true;
    for (let step = (plan.at(-1) ?? -1) + 1; step < passable.length; step++) {
      if (passable[step] && !(await explore([...plan, step], more - 1))) return false;
    }
    return true;
  }

  let seed = 1;
  const below = (n) => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) >>> 8) % n;
  if (!(await explore([], preemptions))) return;
  for (let i = 0; i < walks; i++) {
    const plan = [];
    for (let step = below(16); plan.length < 16; step += 1 + below(16)) plan.push(step);
    if (!(await tried(plan))) return;
  }
  parentPort.postMessage({ executions });
}

async function producer() {
  const { connectRing } = await import(`${base}/ring.js`);
  const tell = (wrong) => {
    told.set([1, Buffer.from(wrong ?? '').copy(text)], 2);
  };
  parentPort.postMessage('ready');
  for (;;) {
    lock.await();
    const settled = [];
    const ring = connectRing(
      { memory, address: told[0], capacity: told[1], name: '', byMessage: false },
      scenario.codec,
    );
    lock.on = true;
    const all = scenario.producer(ring, (sent, bytes) => {
      const at = settled.push(`record ${settled.length} was not settled`) - 1;
      const noted = (how) => (settled[at] = how);
      return ring.send([sent, ...bytes]).then(
        ([first, length]) =>
          noted(
            scenario.right(sent, bytes, first, length)
              ? undefined
              : `sent ${sent}, got ${first} of ${length} bytes`,
          ),
        (error) =>
          noted(scenario.fails?.(error, bytes) ? undefined : `sent ${sent}: ${error.message}`),
      );
    });
    let ended = false;
    all.then(
      () => (ended = true),
      (error) => settled.push(error.stack),
    );
    await lock.run();
    tell(settled.find((wrong) => wrong) ?? (ended ? undefined : 'the producer waits for ever'));
    lock.pass();
  }
}

await (side ? producer() : owner());
