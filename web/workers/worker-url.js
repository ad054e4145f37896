/** The address of the worker's script, and a page's workers made of it. */

/**
 * The script and options of `make`'s worker. Bundlers understand `new Worker(new URL(...))` alone,
 * and only these words tell where the bundler has put the script: so `make` is run, and no worker
 * is made.
 *
 * @param {() => Worker} make
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
 * Browsers make no worker of a script on another origin, a CDN's say. A worker of the page's own
 * script may load the script.
 */
export function fromAnywhere(make) {
  const { url, options } = scriptOf(make);
  const { href, origin } = new URL(url, globalThis.location?.href);
  if (!globalThis.origin || origin === globalThis.origin) return make;
  const text =
    options?.type === 'module'
      ? `import ${JSON.stringify(href)}`
      : `importScripts(${JSON.stringify(href)})`;
  const own = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  return () => new Worker(own, options);
}
