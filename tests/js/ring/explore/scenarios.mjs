// Scenarios of rings: few records, and a ring so small that positions wrap, records wait, and the
// producer asks for blocks.

const encode = (view, bytes) => {
  bytes.forEach((byte, i) => view.setUint8(i, byte));
  return bytes.length;
};
const decode = (view) => [view.getUint8(0), view.byteLength];
const codec = { encode, decode };
/** The code of a record in which the kernel traps. */
export const TRAPS = 9;
/** A record's bytes after the first: its code, and zeros. */
const body = (length, code = 0) => [code, ...new Array(length - 2).fill(0)];
const right = (sent, bytes, first, length) => first === sent + 1 && length === bytes.length + 1;
const base = { options: { bytes: 256 }, codec, right, room: 32768 };

/** Sends each record in a flush of its own, and awaits the answers only at the end. */
const each =
  (...bodies) =>
  async (ring, send) => {
    const came = [];
    for (const [i, bytes] of bodies.entries()) {
      came.push(send(i, bytes));
      await ring.ready();
      await undefined; // the ring flushes
    }
    await Promise.all(came);
    await ring.close();
  };
/** Sends all at once, and closes while some are on their way. */
const once =
  (...bodies) =>
  async (ring, send) => {
    bodies.forEach((bytes, i) => send(i, bytes));
    await ring.ready();
    await ring.close();
  };
/** Sends all at once, and does not close the ring. */
const open =
  (...bodies) =>
  (ring, send) =>
    Promise.all(bodies.map((bytes, i) => send(i, bytes)));
/** Sends each record when the one before has come back. */
const turns =
  (...bodies) =>
  async (ring, send) => {
    for (const [i, bytes] of bodies.entries()) await send(i, bytes);
    await ring.close();
  };
const ofLengths = (how, ...lengths) => how(...lengths.map((length) => body(length)));
const closes = ({ close }) => [() => {}, close];
const stops = ({ rings, finish }) => [
  () => rings.stop(),
  () => {
    finish();
    rings.abandon();
  },
];
const closed = (error) => error.name === 'ClosedError';

/**
 * producer(ring, send): the producer's thread; resolves at its end.
 * owner({ close, rings, finish }): further actions of the owner's thread, in this order; finish()
 *   ends the batches.
 * right, fails: whether a record may come back, or fail, in this way.
 * room: bytes of the heap.
 * keeps: the memory need not be freed.
 */
export const scenarios = {
  'records wrap, and wait for room': { ...base, producer: ofLengths(once, 50, 50, 50, 50, 50) },
  'several batches': { ...base, producer: ofLengths(each, 50, 50, 50, 50, 50) },
  'one batch at a time, in order': {
    ...base,
    options: { bytes: 256, ordered: true },
    producer: ofLengths(each, 60, 20, 60, 20, 60, 20),
  },
  'all at once, and awaited': {
    ...base,
    producer: async (ring, send) => (
      await ofLengths(open, 60, 60, 60, 60)(ring, send), ring.close()
    ),
  },
  'records that are larger than the ring': {
    ...base,
    producer: ofLengths(each, 20, 20, 300, 20, 500),
  },
  'no memory for all large records': {
    ...base,
    room: 3072,
    producer: ofLengths(once, 1200, 1200, 60, 1200),
    fails: (error) => error.code === 'OUT_OF_MEMORY',
  },
  'memory for one large record at a time': {
    ...base,
    room: 3072,
    producer: ofLengths(turns, 2000, 4000, 2000),
    fails: (error, { length }) => error.code === 'OUT_OF_MEMORY' && length === 3999,
  },
  'a kernel that fails': {
    ...base,
    producer: once(body(60), body(60, 7), body(60)),
    right: (sent, bytes, ...came) => bytes[0] === 0 && right(sent, bytes, ...came),
    fails: (error, bytes) => bytes[0] === 7 && error.failure === 7,
  },
  'a kernel that traps': {
    ...base,
    producer: each(body(60), body(60, TRAPS), body(60), body(60, TRAPS), body(60)),
    right: (sent, bytes, ...came) => bytes[0] === 0 && right(sent, bytes, ...came),
    fails: (error, bytes) => bytes[0] === TRAPS && error.code === 'KERNEL_TRAPPED',
  },
  'the owner closes the ring': {
    ...base,
    owner: closes,
    producer: ofLengths(open, 60, 60, 400, 60),
    fails: closed,
  },
  'both close it': { ...base, owner: closes, producer: ofLengths(once, 60, 60, 60), fails: closed },
  'the runtime is closed': {
    ...base,
    owner: stops,
    producer: ofLengths(once, 60, 60, 400, 60),
    fails: closed,
    keeps: true,
  },
  'the runtime is closed, and the ring': {
    ...base,
    owner: stops,
    producer: ofLengths(once, 60, 60, 60),
    fails: closed,
    keeps: true,
  },
};
