/** Whether this page or process may share memory with workers. */
import { isNode } from './platform.js';

/** Why there can be no threads here, as a sentence; '' where there can. */
export function whyNoThreads() {
  if (isNode) return '';
  if (typeof Worker !== 'function') return 'workers cannot be started from here';
  if (globalThis.crossOriginIsolated) return '';
  const not = 'the page is not cross-origin isolated: ';
  if (globalThis.isSecureContext === false) return `${not}that takes HTTPS, or a loopback address`;
  if (globalThis.top && globalThis.top !== globalThis.self) {
    return `${not}a frame needs allow="cross-origin-isolated", and a top page that is isolated itself`;
  }
  return (
    `${not}the header Cross-Origin-Opener-Policy: same-origin, or ` +
    'Cross-Origin-Embedder-Policy: require-corp (or credentialless), is missing'
  );
}
