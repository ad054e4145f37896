/** Whether this page or process may share memory with workers. */
import { isNode } from '../core/platform.js';
import { show } from '../core/show.js';

/** Milliseconds that the page's own headers may take to come. */
const LIMIT = 2000;

/** The fault of a header; '' where there is none. */
function wrong(headers, name, ...good) {
  const value = headers.get(name);
  // a token, and perhaps parameters: report-to="..."
  if (good.includes(value?.split(';')[0].trim())) return '';
  const must = good.join(' or ');
  return value === null
    ? `the header ${name}: ${must} is missing`
    : `the header ${name} is ${show(value)}, and must be ${must}`;
}

/** The faults of the headers. The page fetches itself, for a page does not see its own headers. */
async function headersOf() {
  const { headers } = await fetch(globalThis.location.href, {
    method: 'HEAD',
    cache: 'no-store',
    signal: AbortSignal.timeout(LIMIT),
  });
  const policy = ['isolate-and-require-corp', 'isolate-and-credentialless'];
  if (!wrong(headers, 'Document-Isolation-Policy', ...policy)) return '';
  const both = [
    wrong(headers, 'Cross-Origin-Opener-Policy', 'same-origin'),
    wrong(headers, 'Cross-Origin-Embedder-Policy', 'require-corp', 'credentialless'),
  ];
  return both.filter(Boolean).join('; ');
}

/** Why there can be no threads here, as a sentence; '' where there can. */
export async function whyNoThreads() {
  if (isNode) return '';
  if (typeof Worker !== 'function') return 'workers cannot be started from here';
  if (globalThis.crossOriginIsolated) return '';
  const not = 'the page is not cross-origin isolated: ';
  if (globalThis.isSecureContext === false) return `${not}that takes HTTPS, or a loopback address`;
  if (globalThis.top && globalThis.top !== globalThis.self) {
    return `${not}a frame needs allow="cross-origin-isolated", and a top page that is isolated itself`;
  }
  const seen = await headersOf().catch(() => '');
  return (
    not +
    (seen ||
      'the header Cross-Origin-Opener-Policy: same-origin, or ' +
        'Cross-Origin-Embedder-Policy: require-corp (or credentialless), is missing or came too late')
  );
}
