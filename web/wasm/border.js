/**
 * The border between the owner and the module. A call of the owner that traps has left shared
 * memory half changed, so no later call reaches the module: each answers as if no task was there.
 * Owner's thread only.
 */
import { CorruptError } from '../core/errors.js';
import { textOf } from '../core/guard.js';
import { CORRUPT } from './abi.js';

const nothing = () => 0;

/**
 * The exports, each call of the owner's behind the border. Kernels run in a slice: its traps are
 * theirs. `broken(cause)`: the owner has found shared memory corrupt in another way.
 *
 * @param {(error: CorruptError) => void} corrupt called once; may throw, through the trapped call
 */
export function border(exports, corrupt) {
  const owner = { ...exports };
  const names = Object.keys(exports).filter((name) => name.startsWith('filch_host_'));
  let is = false;
  owner.broken = (cause) => {
    if (is) return;
    is = true;
    for (const name of names) owner[name] = nothing;
    owner.filch_host_submit = () => -CORRUPT;
    corrupt(new CorruptError(`the runtime's memory is corrupt: ${textOf(cause)}`, { cause }));
  };
  for (const name of names) {
    if (name === 'filch_host_worker_slice') continue;
    const call = exports[name];
    // Five parameters: rest parameters would be allocated at each call.
    owner[name] = (a, b, c, d, e) => {
      try {
        return call(a, b, c, d, e);
      } catch (error) {
        owner.broken(error);
        return owner[name]();
      }
    };
  }
  return owner;
}
