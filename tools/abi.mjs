// The facts that JavaScript knows of C: generates web/wasm/abi.js from the headers of the runtime,
// by `make abi`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const OUT = 'web/wasm/abi.js';
const FLAGS = [
  '-std=gnu11',
  '-O1',
  '--target=wasm32',
  '-matomics',
  '-mbulk-memory',
  '-nostdlib',
  '-iquote',
  'runtime/include',
  '-iquote',
  'runtime',
  '-Wl,--no-entry,--export=filch_abi_facts,--export=filch_abi_count,--shared-memory,--max-memory=1048576',
];

/**
 * The facts of runtime/host/abi_table.c: [{ group, name, value }]. A text that is NULL is
 * undefined.
 */
async function readFacts() {
  mkdirSync(`${root}/build`, { recursive: true });
  execFileSync('.tools/bin/clang', [...FLAGS, 'runtime/host/abi_table.c', '-o', 'build/abi.wasm'], {
    cwd: root,
    stdio: 'inherit',
  });
  const { instance } = await WebAssembly.instantiate(readFileSync(`${root}/build/abi.wasm`));
  const { memory, filch_abi_facts: facts, filch_abi_count: count } = instance.exports;
  const bytes = new Uint8Array(memory.buffer);
  const view = new DataView(memory.buffer);
  const text = (at) =>
    at ? new TextDecoder().decode(bytes.slice(at, bytes.indexOf(0, at))) : undefined;
  return Array.from({ length: view.getUint32(count.value, true) }, (_, i) => {
    const at = facts.value + i * 16; // two addresses and a double
    return {
      group: text(view.getUint32(at, true)),
      name: text(view.getUint32(at + 4, true)),
      value: view.getFloat64(at + 8, true),
    };
  });
}

/**
 * The text of the file: numbers, offsets in bytes as STRUCT_MEMBER, and lists. Bundlers inline each
 * number.
 */
export async function abi() {
  const lines = [
    '/** What this package knows of the module: generated from the headers of runtime/ by `make abi`. */',
  ];
  const lists = new Map();
  let list;
  for (const { group, name, value } of await readFacts()) {
    if (group === '[]') lists.set(name, (list = []));
    else if (group === '') list.push(`'${name}'`);
    else lines.push(`export const ${group ? `${group}_` : ''}${name.toUpperCase()} = ${value};`);
  }
  for (const [name, items] of lists) {
    const line = `export const ${name} = [${items.join(', ')}];`;
    lines.push(
      line.length <= 100
        ? line
        : `export const ${name} = [\n${items.map((item) => `  ${item},\n`).join('')}];`,
    );
  }
  return `${lines.join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(`${root}/${OUT}`, await abi());
