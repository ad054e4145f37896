/** Absolute addresses of modules. */
import { ArgumentError } from './errors.js';
import { isA } from './realm.js';
import { show } from './show.js';

/** Older browsers have no URL.canParse(). */
const parses = (text) => (URL.canParse ? URL.canParse(text) : Boolean(new URL(text)));

/**
 * The text of an address. Refuses a relative one: the package's own files would be its base. The
 * URL of a bundler (Turbopack) may have a relative address, from the page's root.
 */
export function addressOf(url, who) {
  try {
    const text = isA('URL', url) ? new URL(url.href, globalThis.location?.href).href : url;
    if (typeof text === 'string' && parses(text)) return text;
  } catch {
    // no address, or a proxy
  }
  throw new ArgumentError(
    `${who} needs the URL of a module, as new URL('./module.js', import.meta.url), got ${show(url)}`,
  );
}
