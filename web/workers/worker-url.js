/** The address of the worker's script, and a page's workers made of it. */

/**
 * The arguments of the first `new` of a global class in `make`. Bundlers understand `new Worker(new
 * URL(...))` alone, and only these words tell where the bundler has put the script: so `make` is
 * run up to that point. undefined: `make` does not come to it, or the global is read-only.
 *
 * @param {() => Worker} make
 * @param {'URL' | 'Worker'} name
 */
function argumentsOf(make, name) {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  let found;
  const value = function (...given) {
    found ??= given;
    throw found;
  };
  if (!Reflect.defineProperty(globalThis, name, before ? { value } : { value, configurable: true }))
    return undefined;
  try {
    make();
  } catch {
    // the constructor above
  } finally {
    if (before) Object.defineProperty(globalThis, name, before);
    else delete globalThis[name];
  }
  return found;
}

/**
 * The script's address, for Node: `new Worker` is webpack's own there, a worker thread without our
 * options; without webpack there is no Worker, or Bun's and Deno's.
 *
 * @param {() => URL} sibling a file that stands beside the script, without a bundler
 */
export function scriptOf(make, sibling) {
  const address = argumentsOf(make, 'URL');
  return address
    ? new URL(...address)
    : (argumentsOf(make, 'Worker')?.[0] ?? new URL('worker.js', sibling()));
}

/**
 * Loads a classic script, and then the further scripts of it: webpack takes these from where the
 * worker's own address is, here that of a blob, for which the page's origin stands.
 */
const classic = (href) =>
  [
    `{ const [load, here] = [importScripts, ${JSON.stringify(href)}];`,
    "const right = (url) => new URL(url.replace(origin + '/', ''), here);",
    'self.importScripts = (...urls) => load(...urls.map(right));',
    'importScripts(here); }',
  ].join('\n');

/**
 * Browsers make no worker of a script on another origin, a CDN's say. A worker of the page's own
 * script may load the script.
 */
export function fromAnywhere(make) {
  const [url, options] = argumentsOf(make, 'Worker') ?? [];
  if (!url) return make;
  const { href, origin } = new URL(url, globalThis.location?.href);
  if (!globalThis.origin || origin === globalThis.origin) return make;
  const text = options?.type === 'module' ? `import ${JSON.stringify(href)}` : classic(href);
  const own = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  return () => new Worker(own, options);
}
