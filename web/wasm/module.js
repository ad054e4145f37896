/** The WebAssembly module, its memory, and its instance on the owner's thread. */
import { ModuleError, OptionsError, OutOfMemoryError } from '../core/errors.js';
import { builtin, isNode } from '../core/platform.js';
import { show } from '../core/show.js';
import { moduleUrl } from '../files.js';
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
 * @param {URL | string | BufferSource | WebAssembly.Module} [source] a string is relative to the
 *   page, in Node to the directory
 */
export async function loadModule(source = moduleUrl()) {
  if (source instanceof WebAssembly.Module) return source;
  const bytes = source instanceof ArrayBuffer || ArrayBuffer.isView(source);
  const url = bytes ? undefined : address(source);
  try {
    return await (bytes
      ? WebAssembly.compile(source)
      : isNode && url.protocol === 'file:'
        ? readBytes(url).then(WebAssembly.compile)
        : fromWeb(url));
  } catch (error) {
    if (error instanceof ModuleError) throw error;
    throw new ModuleError(
      `the module ${url ?? 'in the bytes given'} is not WebAssembly that runs here: ${error.message}`,
      {
        url: url?.href,
        cause: error,
      },
    );
  }
}

function address(source) {
  if (source instanceof URL) return source;
  const base =
    globalThis.document?.baseURI ??
    globalThis.location?.href ??
    (isNode ? `file://${globalThis.process.cwd()}/` : undefined);
  if (typeof source === 'string' && URL.canParse?.(source, base) !== false)
    return new URL(source, base);
  throw new OptionsError(
    `a module must be a URL, an address, or bytes (ArrayBuffer or a view), the option "module" also a WebAssembly.Module, got ${show(source)}`,
  );
}

async function readBytes(url) {
  const { readFile } = await builtin('fs/promises');
  return readFile(url).catch((error) => {
    throw new ModuleError(`the module ${url} cannot be read: ${error.code}`, {
      url: url.href,
      status: error.code,
      cause: error,
    });
  });
}

async function fetched(url) {
  const response = await fetch(url, { credentials: 'same-origin' }).catch((error) => {
    throw new ModuleError(`the module ${url} cannot be fetched: ${error.message}`, {
      url: url.href,
      cause: error,
    });
  });
  if (!response.ok) {
    throw new ModuleError(`the module ${url} was answered with status ${response.status}`, {
      url: url.href,
      status: response.status,
    });
  }
  return response;
}

async function fromWeb(url) {
  const response = await fetched(url);
  // Streaming wants the right type, which many servers do not send.
  const streams =
    WebAssembly.compileStreaming &&
    /^application\/wasm\b/.test(response.headers.get('content-type'));
  return streams
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}

/** A plug-in's bytes, and its name in messages. */
export async function bytesOf(source) {
  if (source instanceof ArrayBuffer) return { bytes: source, name: 'in the bytes given' };
  if (ArrayBuffer.isView(source)) {
    const { buffer, byteOffset, byteLength } = source;
    return {
      bytes: new Uint8Array(buffer, byteOffset, byteLength).slice().buffer,
      name: 'in the bytes given',
    };
  }
  if (typeof Response === 'function' && source instanceof Response)
    return { bytes: await source.arrayBuffer(), name: source.url };
  const url = address(source);
  const bytes =
    isNode && url.protocol === 'file:'
      ? (await readBytes(url)).slice().buffer
      : await (await fetched(url)).arrayBuffer();
  return { bytes, name: url.href };
}

/** A shared memory that never grows. Without a size, smaller and smaller ones are tried. */
export function createMemory(asked) {
  let cause;
  for (const size of asked ? [asked] : SIZES) {
    const pages = Math.ceil(size / PAGE);
    try {
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
      return {
        memory,
        reason: cause ? `the engine refused ${SIZES[0] / MIB} MiB: ${cause.message}` : '',
      };
    } catch (error) {
      cause = error;
      if (!(error instanceof RangeError)) break;
    }
  }
  throw new OutOfMemoryError(
    `the engine gives no shared memory of ${asked ? `${asked} bytes` : `${SIZES.at(-1) / MIB} MiB or more`}: ${cause.message}`,
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
    const imports = importsOf(memory, { now: () => performance.now(), ...does }, place);
    wasm = exportsOf(await WebAssembly.instantiate(module, imports), imports);
    anyStack(wasm);
  } catch (error) {
    throw new ModuleError(`the module cannot be linked: ${error.message}`, { cause: error });
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
  const decoder = new TextDecoder();
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
