/** Plug-ins: kernels that come while the runtime runs. Owner's thread only. */
import { addressOf } from '../core/address.js';
import { ArgumentError, FilchError, PluginError, PluginInUseError } from '../core/errors.js';
import { textOf } from '../core/guard.js';
import { lazy, preloaded } from '../core/lazy.js';
import { list, show } from '../core/show.js';
import { encoder } from '../core/text.js';
import { fromBytes } from '../memory/clone-reader.js';
import { PLUGIN_ABI, ROLES, TYPES } from '../wasm/abi.js';
import { readModule } from '../wasm/binary.js';
import { link, missingImports, NO_THREAD_LOCALS, unlink } from '../wasm/link.js';
import { bytesOf, compiled } from '../wasm/module.js';
import { signature } from '../wasm/schema.js';
import { LINK, UNLINK } from '../workers/protocol.js';
import { schemasOf } from './schemas.js';

const SIGNATURE = '(i32, i32, i64, i64) -> i32';
const GETTER = '() -> i32';
/** Functions of a plug-in that link() and load() call, if they are there. */
const CALLED = {
  __wasm_apply_data_relocs: '() -> nothing',
  __wasm_call_ctors: '() -> nothing',
  __set_stack_limits: '(i32, i32) -> nothing',
};
const KERNEL = /^filch_plugin_kernel_(\w+)$/;
/** The first major version of clang that makes plug-ins: -shared, and -fPIC, for wasm32. */
const CLANG = 17;

const loadWaits = lazy('event() needs', async () => preloaded.waits ?? import('../tasks/waits.js'));

function checkAbi(abi, refuse) {
  if (abi !== PLUGIN_ABI)
    refuse(
      `it was built for version ${abi} of the kernels' ABI, and this is ${PLUGIN_ABI}: build it again`,
    );
}

/** The result of load() and define(). */
export class Plugin {
  /** @param {string[]} kernels their names */
  constructor(kernels, source) {
    this.kernels = Object.freeze(kernels);
    this.source = source;
    Object.freeze(this);
  }
}

export class Plugins {
  #parts;
  #plugins = new Map(); // Plugin -> { made, blocks, indexes, kernels }
  #change = Promise.resolve();
  #ids = 0;
  #gaps = []; // free places in the function table: [begin, size]
  #tableEnd;
  #waits;

  /**
   * @param {object} parts read(index): a kernel, as schema.js reads it; limited(promise): of an
   *   import; pool: tells every worker, now and later; undefined: there are none;
   *   open() throws where the runtime is closed; notes: TrapReader, which is to read what
   *   kernels in JavaScript throw
   */
  constructor(parts) {
    parts.notes.fromBytes = fromBytes;
    this.#parts = parts;
    this.#tableEnd = parts.wasm.__indirect_function_table?.length;
  }

  /** One change after the other: a check stays true until its change is done. */
  #alone(work) {
    const done = this.#change.then(work);
    this.#change = done.catch(() => {});
    return done;
  }

  /** See tasks/waits.js. It is here since kernels that wait are mostly of plug-ins. */
  async event(source) {
    const { Waits } = await loadWaits();
    this.#waits ??= new Waits(this.#parts);
    return this.#waits.event(source);
  }

  async load(source, options) {
    let name = 'in load()';
    const refuse = (text) => {
      throw new PluginError(`the plug-in ${name}: ${text}`, { source: name });
    };
    const schemas = schemasOf(() => options?.kernels, refuse, 'load()');
    const got = await bytesOf(source);
    name = got.name;
    let bytes, module;
    try {
      bytes = new Uint8Array(got.bytes).slice(); // the caller may change its bytes meanwhile
      module = await compiled({ ...got, bytes });
    } catch (error) {
      throw new PluginError(
        `the plug-in ${name} is not WebAssembly that runs here: ${textOf(error)}`,
        { source: name, cause: error },
      );
    }
    return this.#alone(() => this.#place(module, bytes, schemas, name, refuse));
  }

  async #place(module, bytes, schemas, name, refuse) {
    let found;
    try {
      found = readModule(bytes);
    } catch (error) {
      refuse(`its bytes cannot be read: ${textOf(error)}`);
    }
    const { dylink, shared, data, start, elements, signatures, abi, clang, threadLocals } = found;
    // First: a plug-in of another version may import other functions, or the same with other types.
    if (abi !== undefined) checkAbi(abi, refuse);
    const old = clang < CLANG ? `; clang ${clang} built it, and ${CLANG} or later is needed` : '';
    const missing = missingImports(module, this.#parts.wasm, this.#parts.memory);
    if (missing.length)
      refuse(
        `it imports ${list(missing)}, and there is no such thing here` +
          (old ||
            ': docs/kernels.md has what there is, and the rest must be compiled into the plug-in'),
      );
    if (shared === undefined)
      refuse(
        `it does not import the memory: clang ${CLANG} or later does so with -fPIC and -shared, other compilers have an option${old}`,
      );
    if (!shared)
      refuse(
        'it was built without threads: clang takes -matomics -mbulk-memory and --shared-memory for that',
      );
    if (dylink) {
      const isGetter = (each) => signatures.get(each) === GETTER;
      const names = [...signatures.keys()]
        .filter((each) => KERNEL.test(each) && isGetter(each))
        .map((each) => KERNEL.exec(each)[1]);
      if (!isGetter('filch_plugin_abi') || !names.length)
        refuse('it has no kernel: each needs FILCH_KERNEL or its like, of filch.h');
      if (threadLocals) refuse(NO_THREAD_LOCALS);
      for (const [each, must] of Object.entries(CALLED)) {
        if (signatures.has(each) && signatures.get(each) !== must)
          refuse(`its function ${show(each)} is ${signatures.get(each)}, and must be ${must}`);
      }
      const { size, align, table } = dylink;
      if (data > size || start > size || elements > table)
        refuse('its section dylink.0 asks for less memory, or fewer table elements, than it fills');
      if (table > bytes.length)
        refuse(`its section dylink.0 asks for ${table} table elements, more than it has bytes`);
      const plugin = { shape: 'linked', module, tableSize: table, functions: names, bytes: size };
      return this.#install(plugin, names, name, refuse, { bytes: size, align: 2 ** align });
    }
    if (data || elements)
      refuse(
        `it has data, or fills the table, and was not built to be placed: clang takes -fPIC and -shared, other compilers may have neither${old}`,
      );
    if (!schemas)
      refuse('it was not built with filch.h: option "kernels" of load() must say what is in it');
    const functions = [...schemas.keys()];
    for (const each of functions) {
      if (signatures.get(each) !== SIGNATURE)
        refuse(
          `its function ${show(each)} is ${signatures.get(each) ?? 'not there'}, and must be ${SIGNATURE}`,
        );
    }
    return this.#install(
      { shape: 'plain', module, functions, tableSize: functions.length, schemas },
      functions,
      name,
      refuse,
      { bytes: 0 },
    );
  }

  /** Not alone: nothing else waits for the import. */
  define(kernel, url, schema) {
    const address = addressOf(url, 'define()');
    const refuse = (text) => {
      throw new PluginError(`kernel ${show(kernel)} of ${address}: ${text}`, { source: address });
    };
    if (typeof kernel !== 'string')
      throw new ArgumentError(`define() needs the name of a kernel, got ${show(kernel)}`);
    const plugin = {
      shape: 'script',
      url: address,
      tableSize: 1,
      functions: [kernel],
      schemas: schemasOf(() => ({ [kernel]: schema }), refuse, 'define()'),
    };
    return this.#install(plugin, [kernel], address, refuse, { bytes: 0 });
  }

  async #install(plugin, names, source, refuse, { bytes, align = 64 }) {
    const checkNames = () => {
      const twice = names.find((each) => this.#parts.kernels.has(each));
      if (twice) refuse(`there is a kernel ${show(twice)} already`);
    };
    checkNames();
    if (!this.#parts.wasm.__indirect_function_table) refuse('this module takes no plug-ins');
    const { schemas, ...rest } = plugin;
    const { pool } = this.#parts;
    const made = {
      id: ++this.#ids,
      type: LINK,
      source,
      ...rest,
      tableBase: this.#takeTable(plugin.tableSize),
    };
    const blocks = [];
    const indexes = [];
    let kernels;
    let told = false;
    try {
      if (bytes) {
        blocks.push(this.#parts.heap.reserve(bytes + align, `the plug-in ${source}`));
        made.memoryBase = Math.ceil(blocks[0].address / align) * align;
      }
      const structs =
        schemas &&
        names.map((each, i) =>
          this.#build(each, schemas.get(each), made.tableBase + i, blocks, refuse),
        );
      if (plugin.shape === 'script') Object.assign(made, this.#script(structs[0], refuse));
      // The owner runs no code of a plug-in, if there are workers: it might not return.
      if (made.url) await this.#parts.limited(link(made, this.#parts.wasm, this.#parts.memory));
      told = true;
      if (pool && !pool.wanted) await pool.resize({ wanted: 1 }); // idle: they have ended
      if (pool) await pool.tell(made);
      else if (!made.url) link(made, this.#parts.wasm, this.#parts.memory);
      if (made.shape === 'linked') checkAbi(made.begun.abi, refuse);
      checkNames(); // another change may have come meanwhile
      kernels = names.map((each, i) => {
        const index = this.#define(structs ? structs[i] : made.begun.structs[i], refuse);
        indexes.push(index);
        const kernel = { ...this.#parts.read(index), source };
        if (kernel.name !== each)
          refuse(`its kernel ${show(each)} calls itself ${show(kernel.name)}`);
        return kernel;
      });
    } catch (error) {
      if (told) await this.#unlink(made).catch(() => {});
      this.#drop({ made, blocks, indexes });
      if (error instanceof FilchError) throw error;
      throw new PluginError(`the plug-in ${source} cannot be linked: ${textOf(error)}`, {
        source,
        cause: error,
      });
    }
    for (const kernel of kernels) this.#parts.kernels.set(kernel.name, kernel);
    const result = new Plugin(names, source);
    this.#plugins.set(result, { made, blocks, indexes, kernels });
    return result;
  }

  /**
   * A JavaScript kernel's kind and fields. The struct is defined only while the owner reads them.
   */
  #script(struct, refuse) {
    const index = this.#define(struct, refuse);
    const { kind, fields } = signature(this.#parts.read(index));
    this.#parts.wasm.filch_host_undefine(index);
    const odd =
      kind === 'parallel' &&
      fields.find(({ role, type }) => role === 'state' && !/^[ui](32|64)$/.test(type));
    if (odd)
      refuse(
        `state ${show(odd.name)} of a parallel loop is added to by many at a time, and must be u32, i32, u64, or i64`,
      );
    return { kind, fields };
  }

  /** Gives the kernel that a struct in memory describes a number. */
  #define(struct, refuse) {
    const index = this.#parts.wasm.filch_host_define(struct);
    if (index === -2) refuse('its description of a kernel, in memory, cannot be one');
    if (index < 0) refuse('there are too many kernels');
    return index;
  }

  /** A kernel's description in memory, made of the copy of a schema: see schemas.js. */
  #build(name, { kind, fields }, place, blocks, refuse) {
    const wasm = this.#parts.wasm;
    const text = encoder.encode([name, ...fields.map(([each]) => each), ''].join('\0'));
    const size = wasm.filch_host_kernel_bytes(fields.length);
    const block = this.#parts.heap.reserve(size + text.length, `kernel ${show(name)}`);
    blocks.push(block);
    const bytes = new Uint8Array(this.#parts.memory.buffer, block.address, size + text.length);
    bytes.set(text, size);
    let at = block.address + size;
    wasm.filch_host_build_kernel(block.address, at, kind, place, fields.length);
    at += encoder.encode(name).length + 1;
    fields.forEach(([each, what], i) => {
      const [role, type] = what.split(' ');
      const built =
        ROLES.includes(role) &&
        wasm.filch_host_build_field(block.address, i, at, ROLES.indexOf(role), TYPES.indexOf(type));
      if (!built)
        refuse(
          `field ${show(each)} is ${show(what)}: it must be a role (${list(ROLES)}) and a type ("u8" to "f64"), all of them 64 bytes`,
        );
      at += encoder.encode(each).length + 1;
    });
    return block.address;
  }

  /** No worker has the plug-in any more. */
  async #unlink({ id }) {
    await this.#parts.pool?.tell({ type: UNLINK, id });
  }

  #takeTable(size) {
    const i = this.#gaps.findIndex((gap) => gap[1] >= size);
    if (i < 0) {
      this.#tableEnd += size;
      return this.#tableEnd - size;
    }
    const [begin, had] = this.#gaps[i];
    if (had > size) this.#gaps[i] = [begin + size, had - size];
    else this.#gaps.splice(i, 1);
    return begin;
  }

  #drop({ made, blocks, indexes }) {
    for (const index of indexes) this.#parts.wasm.filch_host_undefine(index);
    for (const block of blocks) this.#parts.heap.release(block);
    if (this.#parts.wasm.__indirect_function_table.length >= made.tableBase + made.tableSize)
      unlink(made, this.#parts.wasm);
    if (made.tableSize) this.#gaps.push([made.tableBase, made.tableSize]);
  }

  unload(plugin) {
    return this.#alone(async () => {
      const found = this.#plugins.get(plugin);
      if (!found)
        throw new ArgumentError(
          `unload() takes what load() or define() gave, once, got ${show(plugin)}`,
        );
      if (this.#parts.scheduler.uses(found.kernels)) {
        throw new PluginInUseError(
          `unload(): jobs of ${list(plugin.kernels)} are outstanding; await them, or cancel them and await that`,
        );
      }
      // no post finds the kernel any more
      for (const name of plugin.kernels) this.#parts.kernels.delete(name);
      this.#plugins.delete(plugin);
      await this.#unlink(found.made);
      this.#drop(found);
    });
  }
}
