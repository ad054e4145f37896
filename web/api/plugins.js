/** Plug-ins, whose code most pages never load. Owner's thread only. */
import { lazy } from '../core/lazy.js';

export class LazyPlugins {
  #load;

  constructor(parts) {
    this.#load = lazy('plug-ins need', async () => {
      const { Plugins } = await import('../plugins/registry.js');
      return new Plugins(parts);
    });
  }

  /** work(plugins): see plugins/registry.js. */
  use(work) {
    return this.#load().then(work);
  }
}
