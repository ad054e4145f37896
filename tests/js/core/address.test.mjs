// The addresses of modules that define() and call() take.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { addressOf } from '../../../web/core/address.js';
import { ArgumentError } from '../../../web/index.js';

const refused = (url) => assert.throws(() => addressOf(url, 'define()'), ArgumentError);

/** As Turbopack makes them: of the class URL, with an address from the page's root. */
const relative = (href) => Object.create(URL.prototype, { href: { value: href } });

test('an address is absolute', () => {
  assert.equal(addressOf('https://a.example/k.js'), 'https://a.example/k.js');
  assert.equal(addressOf(new URL('file:///a%20b/k.js')), 'file:///a%20b/k.js');
  for (const url of ['./k.js', '/k.js', '', 'k.js', 7, null, undefined, {}, URL]) refused(url);
});

test("a bundler's URL is completed with the page's address, where there is a page", (t) => {
  const url = relative('/_next/static/media/k.js');
  refused(url);
  t.after(() => delete globalThis.location);
  globalThis.location = new URL('https://a.example/deep/page?here#there');
  assert.equal(addressOf(url), 'https://a.example/_next/static/media/k.js');
  assert.equal(addressOf(new URL('https://b.example/k.js')), 'https://b.example/k.js');
  refused('/_next/static/media/k.js');
  globalThis.location = new URL('about:srcdoc');
  refused(url);
  assert.equal(addressOf(new URL('https://b.example/k.js')), 'https://b.example/k.js');
});
