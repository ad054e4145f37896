/** How a worker's thread waits outside of the module: its event loop turns meanwhile. */
import { isNode, turn } from '../core/platform.js';

/**
 * Milliseconds that an idle thread blocks for, before it waits by promise: such a wait takes longer
 * to end. Work mostly comes soon, if it comes.
 */
const SOON = 4;
/** Milliseconds between two turns of the event loop, where an engine needs a limit. */
const EVERY = 50;
/**
 * The promise of a waitAsync() that was notified may stay pending until a message or a timer comes:
 * in WebKitGTK, once in some 20,000.
 */
const isLate = !isNode && /AppleWebKit(?!.*Chrom)/.test(globalThis.navigator?.userAgent);

/**
 * Resolves when the word is not 1 any more, or before that, after at least one turn of the event
 * loop. Without Atomics.waitAsync the thread waits so long at a time.
 */
export async function unparked(word) {
  await turn();
  const blocks = Atomics.waitAsync ? SOON : EVERY;
  if (Atomics.wait(word, 0, 1, blocks) !== 'timed-out' || blocks === EVERY) return;
  const wait = Atomics.waitAsync(word, 0, 1);
  if (!wait.async) return;
  const timer = isLate && setInterval(() => {}, EVERY);
  await wait.value;
  clearInterval(timer);
}
