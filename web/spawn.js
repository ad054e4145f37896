/** Where the worker's script is, and how a page makes workers of it. */

/**
 * What `make` makes a worker of. Bundlers understand `new Worker(new URL(...))` alone, and nothing else says where they have put the script: so
 * these words are run, and no worker is made.
 *
 * @param {() => Worker} make
 * @returns {{ url: URL | string, options: object }}
 */
export function scriptOf(make) {
  const { Worker } = globalThis;
  let script;
  globalThis.Worker = function (url, options) {
    script = { url, options };
  };
  try {
    make();
  } finally {
    if (Worker) globalThis.Worker = Worker;
    else delete globalThis.Worker; // in Node
  }
  return script;
}

/**
 * Browsers make no worker of a script on another origin, a CDN's say. One of a script of the page's own may load it.
 *
 * @returns {() => Worker} makes what `make` does, whatever the origin
 */
export function fromAnywhere(make) {
  const { url, options } = scriptOf(make);
  const { href, origin } = new URL(url, globalThis.location?.href);
  if (!globalThis.origin || origin === globalThis.origin) return make;
  const text = options?.type === 'module' ? `import ${JSON.stringify(href)}` : `importScripts(${JSON.stringify(href)})`;
  const own = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  return () => new Worker(own, options);
}
