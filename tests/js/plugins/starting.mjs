// A plug-in with a start function of these instructions, and one kernel, `odd`, which does nothing.
import { assembled, leb, nameBytes } from '../../fuzz/wasm-bytes.mjs';

const [I32, I64, FUNCTION, MUTABLE] = [0x7f, 0x7e, 0x60, 1];
const section = (id, ...parts) => ({ id, body: Uint8Array.from(parts.flat()) });

/** For load(). */
export const ODD = { kernels: { odd: { fields: {} } } };

/** i32.const; it is signed. */
export function constant(value) {
  const bytes = leb(value >>> 0, 5);
  if (value >>> 0 >= 2 ** 31) bytes[4] |= 0x70;
  return [0x41, ...bytes];
}
export const ATOMIC_ADD = [0xfe, 0x1e, 2, 0];
/** The global 0 is the stack pointer. */
export const STACK_POINTER = [0x23, 0];

export function starting(...instructions) {
  const start = [0, ...instructions.flat(), 0x0b];
  const kernel = [0, ...constant(0), 0x0b];
  return assembled([
    section(1, 2, [FUNCTION, 0, 0], [FUNCTION, 4, I32, I32, I64, I64, 1, I32]),
    section(
      2,
      2,
      [nameBytes('env'), nameBytes('memory'), [2, 3, 1], leb(65536)].flat(),
      [nameBytes('env'), nameBytes('__stack_pointer'), [3, I32, MUTABLE]].flat(),
    ),
    section(3, 2, 0, 1),
    section(7, 1, nameBytes('odd'), [0, 1]),
    section(8, 0),
    section(10, 2, leb(start.length), start, [kernel.length, ...kernel]),
  ]);
}

/** Its start function notes its stack pointer where the word points, which moves on. */
export const notingStack = (word) =>
  starting(constant(word), constant(4), ATOMIC_ADD, STACK_POINTER, [0x36, 2, 0]); // i32.store
