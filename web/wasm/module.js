/** The WebAssembly module, its memory, and its instance on the owner's thread. */
import { FilchError, ModuleError, OptionsError, OutOfMemoryError } from '../core/errors.js';
import { textOf } from '../core/guard.js';
import { preloaded } from '../core/lazy.js';
import { builtin, isNode, now } from '../core/platform.js';
import { isA } from '../core/realm.js';
import { show } from '../core/show.js';
import { decoder } from '../core/text.js';
import { HOST_ABI } from './abi.js';
import { border } from './border.js';
import { unsigned } from './address.js';
import { exportsOf, importsOf } from './imports.js';
import { anyStack } from './stack-limits.js';

const PAGE = 65536;
const MIB = 2 ** 20;
/** Sizes tried without the option: engines refuse large shared memories, on phones soonest. */
const SIZES = [256, 128, 64, 32].map((n) => n * MIB);

/**
 * @param {URL | string | BufferSource | Response | WebAssembly.Module} [source] a string is
 *   relative to the page, in Node to the directory
 * @param {() => URL} standard the address without a source
 */
export async function loadModule(source, standard, signal) {
  if (isA('WebAssembly.Module', source)) return source;
  let name = 'of the package';
  let url;
  try {
    const got = await bytesOf(source ?? standard(), signal);
    ({ name, url } = got);
    return await compiled(got);
  } catch (cause) {
    if (cause instanceof FilchError) throw cause;
    const text = `the module ${name} is not WebAssembly that runs here: ${textOf(cause)}`;
    throw new ModuleError(text, { url, cause });
  }
}

async function address(source) {
  if (isA('URL', source)) return source;
  try {
    if (typeof source === 'string') return new URL(source, await base());
  } catch {
    // no address; or the directory is gone
  }
  throw new OptionsError(
    `a module must be a URL, an address, or bytes (ArrayBuffer or a view), the option "module" also a WebAssembly.Module, got ${show(source)}`,
  );
}

async function base() {
  if (!isNode) return globalThis.document?.baseURI ?? globalThis.location?.href;
  const { pathToFileURL } = await builtin('url');
  return pathToFileURL(`${globalThis.process.cwd()}/`).href;
}

/** A module's bytes; its name in messages; `type`: as the server sent it. */
export async function bytesOf(source, signal) {
  const bare = { name: 'in the bytes given' };
  if (isA('ArrayBuffer', source)) return { ...bare, bytes: source };
  if (ArrayBuffer.isView(source)) {
    const { buffer, byteOffset, byteLength } = source;
    try {
      return { ...bare, bytes: new Uint8Array(buffer, byteOffset, byteLength).slice().buffer };
    } catch (cause) {
      throw new ModuleError(`the bytes given cannot be read: ${textOf(cause)}`, { cause });
    }
  }
  const given = isA('Response', source) && source;
  const { href, protocol } = given ? { href: given.url } : await address(source);
  const got = { name: href, url: href };
  let status;
  try {
    if (isNode && protocol === 'file:') {
      const { readFile } = await builtin('fs/promises');
      // A copy: Node may have read a file into a part of a larger buffer.
      return { ...got, bytes: new Uint8Array(await readFile(new URL(href), { signal })).buffer };
    }
    const response = given || (await fetch(href, { credentials: 'same-origin', signal }));
    status = response.status;
    if (!response.ok) throw new Error(`the server answered with status ${status}`);
    const type = response.headers.get('content-type') ?? '';
    return { ...got, type, bytes: await response.arrayBuffer() };
  } catch (cause) {
    status ??= cause?.code;
    const text = `the module ${href} cannot be read: ${textOf(cause)}`;
    throw new ModuleError(text, { url: href, status, cause });
  }
}

/** Compiles what bytesOf() gives. Rejects with the likely mistake where that is no module. */
export const compiled = ({ bytes, type }) =>
  WebAssembly.compile(bytes).catch(async (error) => {
    const { mistake } = await (preloaded.mistake ?? import('./mistake.js').catch(() => ({})));
    throw mistake?.(new Uint8Array(bytes), type) || error;
  });

/** A shared memory that never grows. Without a size, smaller and smaller ones are tried. */
export function createMemory(asked) {
  let cause;
  let reason = '';
  for (const size of asked ? [asked] : SIZES) {
    const pages = Math.ceil(size / PAGE);
    try {
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
      return { memory, reason };
    } catch (error) {
      cause = error; // of any kind: Firefox throws a string
      reason ||= `the engine refused ${size / MIB} MiB: ${textOf(error)}`;
    }
  }
  throw new OutOfMemoryError(
    `the engine gives no shared memory of ${asked ? `${asked} bytes` : `${SIZES.at(-1) / MIB} MiB or more`}: ${textOf(cause)}`,
    { size: asked ?? SIZES.at(-1), cause },
  );
}

/**
 * The owner's instance, made before any worker's. `does`: the module's imports; `place`: see
 * imports.js; `corrupt`: see border.js.
 */
export async function instantiate(module, memory, does, place, corrupt) {
  let wasm;
  try {
    const imports = importsOf(memory, { now, ...does }, place);
    wasm = exportsOf(await WebAssembly.instantiate(module, imports), imports);
    anyStack(wasm);
  } catch (error) {
    throw new ModuleError(`the module cannot be linked: ${textOf(error)}`, { cause: error });
  }
  if (typeof wasm.filch_host_abi !== 'function')
    throw new ModuleError("the module is not Filch's: it does not export filch_host_abi()");
  const abi = wasm.filch_host_abi();
  if (abi !== HOST_ABI)
    throw new ModuleError(
      `the module's ABI is ${abi}, this package needs ${HOST_ABI}: take both from one release`,
    );
  wasm.__wasm_apply_data_relocs?.();
  wasm._initialize?.();
  return border(wasm, corrupt);
}

/** Reads NUL-terminated text at an address in the memory; undefined at 0. */
export function textReader(memory) {
  const bytes = new Uint8Array(memory.buffer);
  // A copy: TextDecoder takes no shared memory.
  return (address) => {
    const at = unsigned(address);
    return at ? decoder.decode(bytes.slice(at, bytes.indexOf(0, at))) : undefined;
  };
}

/** A table of names: read(0), read(1), ... up to the first that is missing. */
export function names(read) {
  const table = [];
  for (let name; (name = read(table.length)); ) table.push(name);
  return table;
}
