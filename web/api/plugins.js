/** Plug-ins, whose code most pages never load. Owner's thread only. */
import { PluginError } from '../core/errors.js';
import { textOf } from '../core/guard.js';

export class LazyPlugins {
  #parts;
  #loading;

  constructor(parts) {
    this.#parts = parts;
  }

  /** work(plugins): see plugins/registry.js. */
  use(work) {
    this.#loading ??= import('../plugins/registry.js').then(
      ({ Plugins }) => new Plugins(this.#parts),
      (cause) => {
        this.#loading = undefined; // the network may be back later
        const text = `plug-ins need import(), which fails here: ${textOf(cause)}`;
        throw new PluginError(text, { source: '', cause });
      },
    );
    return this.#loading.then(work);
  }
}
