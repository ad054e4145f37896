/** What a worker needs for kernels that come while it runs. Loaded when the first one comes. */
import { textOf } from '../core/guard.js';
import { link as linkHere } from '../wasm/link.js';
import { noteToJson } from './engine-error.js';

export { toBytes } from '../memory/clone.js';
export { unlink } from '../wasm/link.js';

/** Links a plug-in. Resolves to the rest of LINKED; what a script throws rejects. */
export async function link(plugin, wasm, memory, ran) {
  const { shape, begun, memoryBase, bytes, url } = plugin;
  try {
    // The worker that tried before may have ended in the midst of it.
    if (shape === 'linked' && !begun) new Uint8Array(memory.buffer, memoryBase, bytes).fill(0);
    await linkHere(plugin, wasm, memory, ran);
    return { begun: plugin.begun };
  } catch (error) {
    if (url) throw error;
    return { reason: textOf(error), begun: noteToJson([0, '', error]) };
  }
}
