/**
 * The heap of alloc(): best fit; free neighbours are joined. Its tables stand in JavaScript, where
 * no kernel overwrites them. Blocks are whole cache lines. Owner's thread only.
 */
import { ARRAYS } from '../core/array-types.js';
import {
  ArgumentError,
  ForeignMemoryError,
  FreedMemoryError,
  OutOfMemoryError,
} from '../core/errors.js';
import { list, show } from '../core/show.js';

const LINE = 64;

/** The array types that alloc() makes. */
const TYPES = new Set(ARRAYS.map((name) => globalThis[name]));

const FREED = { live: false };

/** Index of the last block that starts at `address` or before; -1: none. `blocks` go by address. */
function before(blocks, address) {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (blocks[middle].address <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export class Heap {
  #memory;
  #buffer; // of the start: an adopted memory may grow
  #region; // of an adopted memory; the rest is the caller's
  #used = []; // by address, none over another; some of them dead
  #dead = 0; // how many are dead: given back
  #free;
  #fresh; // from here on the memory was never given out, and is zero
  #views = new WeakMap();
  #debug;

  /** Bytes of the whole memory, or region. */
  size;
  /**
   * Bytes that the heap can give out in all, that are given out, and that ever were at one time.
   */
  capacity;
  used = 0;
  peak = 0;

  /**
   * @param {number} begin the memory's first free byte, a multiple of 64
   * @param {number} end of the bytes that may be given out
   */
  constructor(memory, begin, end, { debug, region }) {
    this.#memory = memory;
    this.#buffer = memory.buffer;
    this.#region = region;
    this.#debug = debug;
    this.#fresh = begin;
    this.size = region?.bytes ?? this.#buffer.byteLength;
    this.capacity = Math.max(0, Math.floor((end - begin) / LINE) * LINE);
    this.#free = this.capacity > 0 ? [{ address: begin, size: this.capacity }] : [];
  }

  /** A zeroed array on a cache line of its own. */
  alloc(Type, length) {
    if (!TYPES.has(Type)) {
      throw new ArgumentError(`alloc() makes arrays of ${list(ARRAYS)}, got ${show(Type)}`);
    }
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new ArgumentError(
        `alloc() needs a length in elements, a whole number from 0 on, got ${show(length)}`,
      );
    }
    const bytes = length * Type.BYTES_PER_ELEMENT;
    const block = this.#take(bytes, 'alloc()');
    if (this.#debug) block.made = new Error(`${Type.name} of ${length}`).stack;
    return this.view(Type, block, 0, length);
  }

  /** An array in a block; free() of it gives back the whole block. */
  view(Type, block, offset, length) {
    const array = new Type(this.#buffer, block.address + offset, length);
    this.#views.set(array, block);
    return array;
  }

  /**
   * A block of zeros for the runtime itself: no argument may lie there.
   *
   * @param {string} what the block is for, in a message
   */
  reserve(bytes, what) {
    const block = this.#take(bytes, what);
    block.reserved = true;
    return block;
  }

  #take(asked, what) {
    const size = Math.max(LINE, Math.ceil(asked / LINE) * LINE);
    let best = -1;
    let largest = 0;
    this.#free.forEach((gap, i) => {
      if (gap.size >= size && (best < 0 || gap.size < this.#free[best].size)) best = i;
      largest = Math.max(largest, gap.size);
    });
    if (best < 0) {
      throw new OutOfMemoryError(
        `${what} of ${asked} bytes: ${this.capacity - this.used} are free, ${largest} of them in one piece; ` +
          'free() arrays, or start with a larger "memory"',
        { size: asked, largest },
      );
    }
    const gap = this.#free[best];
    const block = { address: gap.address, size, live: true, reserved: false, users: 0 };
    gap.address += size;
    gap.size -= size;
    if (!gap.size) this.#free.splice(best, 1);
    const end = block.address + size;
    const at = before(this.#used, block.address - 1) + 1;
    let over = at; // dead blocks in the new block's place
    while (over < this.#used.length && this.#used[over].address < end) over++;
    this.#used.splice(at, over - at, block);
    this.#dead -= over - at;

    const dirty = Math.min(end, this.#fresh) - block.address;
    if (dirty > 0) new Uint8Array(this.#buffer, block.address, dirty).fill(0);
    this.#fresh = Math.max(this.#fresh, end);
    this.used += size;
    this.peak = Math.max(this.peak, this.used);
    return block;
  }

  /**
   * The block that an array lies in; `live` is false of a freed block. undefined: the array is not
   * of this memory, or lies in no single block. (A subarray of a freed array may lie in a new
   * block.)
   */
  find(view) {
    const own = this.#views.get(view);
    if (own) return own;
    if (view.buffer !== this.#buffer && !(this.#region && view.buffer === this.#memory.buffer))
      return undefined;
    const begin = view.byteOffset;
    const end = begin + view.byteLength;
    if (
      this.#region &&
      (end <= this.#region.address || begin >= this.#region.address + this.#region.bytes)
    )
      return this.#outside(view);
    const block = this.#used[before(this.#used, begin)];
    if (!block?.live) return FREED;
    if (end <= block.address + block.size) return block.reserved ? undefined : block;
    return begin < block.address + block.size ? undefined : FREED;
  }

  /** An array in the rest of an adopted memory: the caller keeps the array alive. */
  #outside(view) {
    const block = {
      address: view.byteOffset,
      size: view.byteLength,
      live: true,
      reserved: false,
      users: 0,
      outside: true,
    };
    this.#views.set(view, block);
    return block;
  }

  /** The block of an array that alloc() made, for free(). */
  owned(view) {
    const block = ArrayBuffer.isView(view) ? this.#views.get(view) : undefined;
    if (!block || block.outside)
      throw new ForeignMemoryError(
        `free() takes an array that alloc() of this runtime gave, itself and whole, got ${show(view)}`,
      );
    if (!block.live) throw new FreedMemoryError(`free(): ${show(view)} was freed before`);
    return block;
  }

  /** Tells of the arrays that the caller has not freed, where debug is on. */
  report() {
    const left = this.#used.filter(({ live, made }) => live && made);
    if (!left.length) return;
    const text = left
      .map(({ made }) =>
        made.replace(/^Error: /, '').replace(/\n.*heap\.js.*|\n.*runtime\.js.*/g, ''),
      )
      .join('\n');
    console.warn(
      `filch: ${left.length} arrays were not freed before close(), ${this.used} bytes:\n${text}`,
    );
  }

  /** Gives a block back. No task may be using the block. */
  release(block) {
    block.live = false;
    this.used -= block.size;
    if (++this.#dead > 64 && this.#dead > this.#used.length / 2) {
      this.#used = this.#used.filter(({ live }) => live);
      this.#dead = 0;
    }
    const at = before(this.#free, block.address);
    const left = this.#free[at];
    const right = at + 1 < this.#free.length ? this.#free[at + 1] : undefined;
    const joinsRight = right && block.address + block.size === right.address;
    if (left && left.address + left.size === block.address) {
      left.size += block.size + (joinsRight ? right.size : 0);
      if (joinsRight) this.#free.splice(at + 1, 1);
    } else if (joinsRight) {
      right.address = block.address;
      right.size += block.size;
    } else {
      this.#free.splice(at + 1, 0, { address: block.address, size: block.size });
    }
  }
}
