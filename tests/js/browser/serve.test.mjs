// The development server, asked over raw HTTP where a client would tidy the path up.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serve } from '../../../tools/serve.mjs';

const files = {
  'web/index.html': '<!doctype html><p>index</p>',
  'web/demo/index.html': '<p>demo</p>',
  'web/a b.js': '1',
  'web/runtime.mjs': '2',
  'web/.hidden': 'secret',
  'build/filch.wasm': '\0asm',
  'build/runtime.mjs': 'never seen: web comes first',
  'outside.txt': 'secret',
  'web/a#b?c%d/index.html': '<p>odd</p>',
};
const links = {
  'web/out.txt': 'outside.txt',
  'web/out': '.',
  'web/in.js': 'web/a b.js',
  'web/seen.txt': 'web/.hidden',
  'web/nowhere.js': 'web/none.js',
};

let folder;
let mounts;

before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'filch-serve-'));
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
  for (const [link, target] of Object.entries(links))
    await symlink(path.join(folder, target), path.join(folder, link));
  await symlink(path.join(folder, 'web'), path.join(folder, 'linked-mount'));
  mounts = [
    ['/', path.join(folder, 'web')],
    ['/', path.join(folder, 'build')],
  ];
});

after(() => rm(folder, { recursive: true }));

async function serving(t, options) {
  const server = await serve({ mounts, ...options });
  t.after(server.close);
  return server;
}

/** A request whose path is sent as it is written. */
async function get({ port }, rawPath, method = 'GET', headers = {}) {
  const request = http.request({ host: '127.0.0.1', port, path: rawPath, method, headers }).end();
  const [response] = await once(request, 'response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return { status: response.statusCode, headers: response.headers, body };
}

test('files have their types, and the first mount that has one answers', async (t) => {
  const server = await serving(t);
  for (const [address, type, body] of [
    ['/', /^text\/html/, files['web/index.html']],
    ['/a%20b.js', /^text\/javascript/, '1'],
    ['/runtime.mjs?v=1', /^text\/javascript/, '2'],
    ['/filch.wasm', /^application\/wasm$/, files['build/filch.wasm']],
    ['/demo/', /^text\/html/, files['web/demo/index.html']],
  ]) {
    const answer = await get(server, address);
    assert.equal(answer.status, 200, address);
    assert.match(answer.headers['content-type'], type);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.body, body);
  }
});

test('isolation headers are on, off, or without COEP for some paths', async (t) => {
  const names = [
    'cross-origin-opener-policy',
    'cross-origin-embedder-policy',
    'cross-origin-resource-policy',
  ];
  const sent = async (options, address) => {
    const { headers } = await get(await serving(t, options), address);
    return names.map((name) => headers[name]);
  };
  assert.deepEqual(await sent({}, '/'), ['same-origin', 'require-corp', 'same-origin']);
  assert.deepEqual(await sent({}, '/none.js'), ['same-origin', 'require-corp', 'same-origin']);
  assert.deepEqual(await sent({ isolation: false }, '/'), [undefined, undefined, undefined]);
  const withoutCoep = /runtime\.mjs$/;
  assert.deepEqual(await sent({ withoutCoep }, '/runtime.mjs'), [
    'same-origin',
    undefined,
    'same-origin',
  ]);
  assert.equal((await sent({ withoutCoep }, '/'))[1], 'require-corp');
});

test('nothing outside the mounts, hidden, or malformed is served', async (t) => {
  const server = await serving(t);
  for (const address of [
    '/../outside.txt',
    '/demo/../../outside.txt',
    '/..%2foutside.txt',
    '/%2e%2e/outside.txt',
    '/..%5coutside.txt',
    '//outside.txt',
    '/.hidden',
    '/%00',
    '/%',
    '/index.html/',
    '/%252e%252e/outside.txt',
    '/%2e%2e%2foutside.txt',
    '/out.txt',
    '/out',
    '/out/',
    '/out/outside.txt',
    '/seen.txt',
    '/nowhere.js',
  ]) {
    const { status, body } = await get(server, address);
    assert.equal(status, 404, address);
    assert.ok(!body.includes('secret'), address);
  }
  assert.equal((await get(server, '/', 'POST')).status, 405);
  const head = await get(server, '/', 'HEAD');
  assert.deepEqual([head.status, head.body], [200, '']);
});

test('redirects: folders get their slash, and some paths an address', async (t) => {
  const server = await serving(t, { redirects: { '/': '/demo/' } });
  assert.equal((await get(server, '/demo')).headers.location, '/demo/');
  assert.equal((await get(server, '/')).headers.location, '/demo/');
});

test('links are followed inside a mount, and a mount may be a link', async (t) => {
  assert.equal((await get(await serving(t), '/in.js')).body, '1');
  const linked = await serving(t, { mounts: [['/', path.join(folder, 'linked-mount')]] });
  assert.equal((await get(linked, '/runtime.mjs')).body, '2');
  assert.equal((await get(linked, '/out.txt')).status, 404);
});

test('names of folders may have any letters', async (t) => {
  const server = await serving(t);
  const address = '/a%23b%3Fc%25d';
  assert.equal((await get(server, `${address}?x`)).headers.location, `${address}/`);
  assert.equal((await get(server, `${address}/`)).body, '<p>odd</p>');
});

test('only loopback names and the address of the server are answered', async (t) => {
  const status = async (server, host) => (await get(server, '/', 'GET', { host })).status;
  const server = await serving(t);
  for (const host of [
    '127.0.0.1',
    'localhost:8080',
    'LOCALHOST',
    'a.localhost',
    '[::1]:1',
    '127.1.2.3',
  ])
    assert.equal(await status(server, host), 200, host);
  for (const host of [
    'evil.example',
    'evil.example:80',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example#localhost',
    'notlocalhost',
    'localhost@evil.example',
    '192.168.0.1',
    '[fe80::1]',
    ':80',
  ])
    assert.equal(await status(server, host), 403, host);
  const named = await serving(t, { host: '127.0.0.2' });
  const request = http.request({ host: '127.0.0.2', port: named.port, path: '/' }).end();
  const [response] = await once(request, 'response');
  response.resume();
  assert.equal(response.statusCode, 200);
});

test('further headers and a head for pages, which stay in standards mode', async (t) => {
  const headers = { 'Content-Security-Policy': "script-src 'self'" };
  const server = await serving(t, { headers, head: '<script></script>' });
  const page = await get(server, '/');
  assert.equal(page.headers['content-security-policy'], "script-src 'self'");
  assert.equal(page.body, '<!doctype html><script></script><p>index</p>');
  assert.equal((await get(server, '/a%20b.js')).body, '1');
});

test('a taken port falls to the next free one, and the command says so', async (t) => {
  const { port } = await serving(t);
  const tool = fileURLToPath(new URL('../../../tools/serve.mjs', import.meta.url));
  const command = spawn(process.execPath, [tool, '--port', `${port}`]);
  t.after(() => command.kill());
  const [said] = await once(command.stderr.setEncoding('utf8'), 'data');
  const [, using] = said.match(`^port ${port} is taken; using (\\d+)\n$`);
  const [line] = await once(command.stdout.setEncoding('utf8'), 'data');
  assert.match(line, new RegExp(`^http://127.0.0.1:${using}/ \\(cross-origin isolated`));
  assert.equal((await get({ port: using }, '/')).headers.location, '/demo/');
});

test('a wrong port is one line', async () => {
  const tool = fileURLToPath(new URL('../../../tools/serve.mjs', import.meta.url));
  const command = spawn(process.execPath, [tool, '--port', 'http']);
  const [said] = await once(command.stderr.setEncoding('utf8'), 'data');
  assert.equal(said, "serve: --port takes a number from 0 to 65535, not 'http'\n");
});
