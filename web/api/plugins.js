/** Plug-ins, whose code most pages never load. Owner's thread only. */
import { PluginError } from '../core/errors.js';
import { lazy, preloaded } from '../core/lazy.js';

export class LazyPlugins {
  #load;

  constructor(parts) {
    const load = async () => {
      const { Plugins } = await (preloaded.registry ?? import('../plugins/registry.js'));
      return new Plugins(parts);
    };
    this.#load = lazy('plug-ins need', load, PluginError, { source: '' });
  }

  /** work(plugins): see plugins/registry.js. */
  use(work) {
    return this.#load().then(work);
  }
}
