// The reasons for no threads: the headers of isolation are compared as browsers do.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { inProcess, likeABrowser } from '../helpers.mjs';

const OPENER = 'Cross-Origin-Opener-Policy';
const EMBEDDER = 'Cross-Origin-Embedder-Policy';
const DOCUMENT = 'Document-Isolation-Policy';
const GOOD = { [OPENER]: 'same-origin', [EMBEDDER]: 'require-corp' };

// headers -> the name of the header that the reason names; '': none of them is wrong.
const CASES = [
  [GOOD, ''],
  [{ ...GOOD, [EMBEDDER]: 'credentialless' }, ''],
  [{ ...GOOD, [EMBEDDER]: 'require-corp; report-to="x"' }, ''],
  [{ [OPENER]: ' same-origin;report-to="a;b" ', [EMBEDDER]: 'require-corp ;report-to="x"' }, ''],
  [{ ...GOOD, [OPENER]: 'same-origin-allow-popups' }, OPENER],
  [{ ...GOOD, [OPENER]: 'same-origin-allow-popups; report-to="x"' }, OPENER],
  [{ ...GOOD, [OPENER]: 'Same-Origin' }, OPENER],
  [{ ...GOOD, [OPENER]: '"same-origin"' }, OPENER],
  [{ ...GOOD, [OPENER]: 'same-origin, same-origin' }, OPENER],
  [{ ...GOOD, [OPENER]: '' }, OPENER],
  [{ ...GOOD, [EMBEDDER]: 'require-corps' }, EMBEDDER],
  [{ ...GOOD, [EMBEDDER]: 'credentialless-ish' }, EMBEDDER],
  [{ ...GOOD, [EMBEDDER]: 'unsafe-none; require-corp' }, EMBEDDER],
  [{ [OPENER]: 'same-origin' }, EMBEDDER],
  [{ [DOCUMENT]: 'isolate-and-require-corp' }, ''],
  [{ [DOCUMENT]: 'isolate-and-credentialless; report-to="x"' }, ''],
  [{ [DOCUMENT]: 'none' }, OPENER],
];

test('the reason names the header that is wrong, and no other', async () => {
  const { code, stdout, stderr } = await inProcess(
    `const cases = ${JSON.stringify(CASES)};
     let headers;
     globalThis.fetch = async () => ({ headers: new Headers(headers) });
     globalThis.location = { href: 'http://localhost/' };
     crossOriginIsolated = false;
     const { whyNoThreads } = await import(${JSON.stringify(new URL('../../../web/workers/thread-support.js', import.meta.url).href)});
     for ([headers] of cases) console.log(await whyNoThreads());
     process.exit();`,
    { before: likeABrowser() },
  );
  assert.equal(code, 0, stderr);
  const reasons = stdout.split('\n');
  assert.equal(reasons.length, CASES.length);
  CASES.forEach(([headers, wrong], i) => {
    const what = `${JSON.stringify(headers)}: ${reasons[i]}`;
    if (!wrong) return assert.match(reasons[i], /came too late/, what);
    const other = wrong === OPENER ? EMBEDDER : OPENER;
    assert(reasons[i].includes(`${wrong}`), what);
    if (headers[other]) assert(!reasons[i].includes(other), what);
  });
});
