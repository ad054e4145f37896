#!/usr/bin/env node
// The development server: static files under the headers that shared memory needs.
//
// node:http is enough, so `make run` works before anything is installed. The server is not meant to
// face a network: no caching, no compression, no TLS (and without TLS browsers isolate pages on
// loopback addresses only). It answers requests to loopback names and to its own address alone: a
// site whose name was rebound to this machine gets nothing. Links that lead out of a mount, or to a
// hidden file, are not followed.
//
//   node tools/serve.mjs [--port 8080] [--host 127.0.0.1] [--no-isolation]

import { once } from 'node:events';
import { createReadStream, realpathSync } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const project = fileURLToPath(new URL('..', import.meta.url));

/**
 * Where the parts of the project stand: the package at `/`, its demo at `/demo/`, and the built
 * module at `/filch.wasm`. The first mount that has the file answers.
 */
export const projectMounts = [
  ['/', path.join(project, 'web')],
  ['/', path.join(project, 'build')],
];

const types = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
};

const HIGHEST_PORT = 65535;

/**
 * Serves folders until `close()`.
 *
 * @param {object} options
 * @param {string} [options.root] one folder, served at `/`
 * @param {[string, string][]} [options.mounts] pairs of a URL prefix, ending in `/`, and a folder
 * @param {Record<string, string>} [options.redirects] path to address
 * @param {number} [options.port] 0 takes any free port; a taken port falls to the next free one
 * @param {string} [options.host]
 * @param {boolean} [options.isolation] send the headers that make a page cross-origin isolated
 * @param {RegExp} [options.withoutCoep] paths sent without COEP: an isolated page may not start
 *   them as workers
 * @param {Record<string, string>} [options.headers] further headers on every answer
 * @param {string} [options.head] HTML to put first in every HTML page, where tests hook in
 * @returns {Promise<{ url: string, port: number, close(): Promise<void> }>}
 */
export async function serve({
  root,
  mounts = [['/', root]],
  redirects = {},
  port = 0,
  host = '127.0.0.1',
  isolation = true,
  withoutCoep,
  headers = {},
  head = '',
}) {
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      // A reader may go away in the middle of a file: that is no error.
      if (error.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
      console.error(`${request.method} ${request.url}: ${error.message}`);
      response.destroy();
    });
  });

  async function answer(request, response) {
    if (!isOwn(request, host)) {
      return say(response, 403, `this server is not ${request.headers.host}`);
    }
    const [address] = request.url.split(/[?#]/, 1);
    const pathname = pathOf(address);
    response.setHeader('Cache-Control', 'no-store');
    if (isolation) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
      if (!withoutCoep?.test(pathname)) {
        response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
      }
    }
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);

    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return say(response, 405, `${request.method} is not served here`);
    }
    if (Object.hasOwn(redirects, pathname)) return redirect(response, redirects[pathname]);

    const found = pathname && (await find(mounts, pathname));
    if (!found) return say(response, 404, `not found: ${request.url}`);
    if (found.isFolder) return redirect(response, `${address}/`);

    const type = types[path.extname(found.file)] ?? 'application/octet-stream';
    response.setHeader('Content-Type', type);
    if (request.method === 'HEAD') return response.end();
    if (head && type.startsWith('text/html')) {
      return response.end(prepend(head, await readFile(found.file, 'utf8')));
    }
    response.setHeader('Content-Length', found.size);
    await pipeline(createReadStream(found.file), response);
  }

  await listen(server, host, port);
  const bound = server.address().port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

/** Whether the request names a loopback host, the host of the option, or the address it came to. */
function isOwn({ headers, socket }, host) {
  const [, name] = /^(\[[\da-f:.]+]|[^:]+)(?::\d*)?$/i.exec(headers.host ?? '') ?? [];
  const bare = name?.replace(/^\[|]$/g, '').toLowerCase();
  const own = [host.toLowerCase(), socket.localAddress?.replace(/^::ffff:/, ''), '::1'];
  return own.includes(bare) || /^(127(\.\d{1,3}){3}|([\w-]+\.)*localhost)$/.test(bare);
}

/**
 * The decoded path of a request, or '' for one that nothing can match. A segment that starts
 * with a dot is refused, which rules out `..` and hidden files in one go; an empty segment is
 * refused because a redirect to `//name` would leave the site.
 */
function pathOf(address) {
  try {
    const pathname = decodeURIComponent(address);
    return pathname.startsWith('/') && !/\/[./]|[\\\0]/.test(pathname) ? pathname : '';
  } catch {
    return '';
  }
}

/** The first file that a mount has for the path; a folder stands for its index.html. */
async function find(mounts, pathname) {
  for (const [prefix, folder] of mounts) {
    if (!pathname.startsWith(prefix)) continue;
    const name = path.join(folder, pathname.slice(prefix.length));
    let found = await look(folder, name);
    if (found?.isFolder) {
      if (!pathname.endsWith('/')) return found;
      found = await look(folder, path.join(name, 'index.html'));
    }
    if (found?.isFile) return found;
  }
  return null;
}

/** What stands there, if it really stands in the folder and no name on its way is hidden. */
async function look(folder, name) {
  try {
    const [root, file] = await Promise.all([realpath(folder), realpath(name)]);
    const inside = path.relative(root, file);
    if (path.isAbsolute(inside) || /(^|[\\/])\./.test(inside)) return null;
    const found = await stat(file);
    return {
      file,
      size: found.size,
      isFile: found.isFile(),
      isFolder: found.isDirectory(),
    };
  } catch {
    return null;
  }
}

/** Right after the doctype: text before the doctype puts the page into quirks mode. */
function prepend(head, html) {
  return html.replace(/^\s*(<!doctype[^>]*>)?/i, (start) => start + head);
}

function redirect(response, location) {
  response.writeHead(302, { Location: location }).end();
}

function say(response, status, text) {
  response.writeHead(status, { 'Content-Type': types['.txt'] }).end(`${text}\n`);
}

async function listen(server, host, wanted) {
  for (let port = wanted; ; port++) {
    try {
      server.listen(port, host);
      await once(server, 'listening');
      if (port !== wanted) console.error(`port ${wanted} is taken; using ${port}`);
      return;
    } catch (error) {
      if (error.code !== 'EADDRINUSE' || port === HIGHEST_PORT) throw error;
    }
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8080' },
      host: { type: 'string', default: '127.0.0.1' },
      'no-isolation': { type: 'boolean', default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > HIGHEST_PORT) {
    throw new Error(`--port takes a number from 0 to ${HIGHEST_PORT}, not '${values.port}'`);
  }
  const isolation = !values['no-isolation'];
  const { url } = await serve({
    mounts: projectMounts,
    redirects: { '/': '/demo/' },
    host: values.host,
    port,
    isolation,
  });
  console.log(`${url} (${isolation ? 'cross-origin isolated' : 'not isolated'}; Ctrl-C stops it)`);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(`serve: ${error.message}`);
    process.exitCode = 1;
  });
}
