// Runs simulations, one seed after the other: node tests/js/simulation/run.mjs --count 1000
//
//   --seed S          the first seed (1)
//   --count N         how many (1)
//   --like KIND       what the package finds around it: node, or browser
//   --tell            prints what happens
//   --skip A,B        leaves out these calls
//   --fault NAME      with a fault of mutants.mjs in the package
//   --stop            stops at the first seed that fails
//   --hashes          prints each seed's hash
//
// The last line is `N seeds, N failed, hash H`. A failed seed prints why, and the end of its log.
import * as diagnostics from 'node:diagnostics_channel';
import { readFile } from 'node:fs/promises';
import * as os from 'node:os';
import * as util from 'node:util';

import { install } from './environment.mjs';
import { mutants } from './mutants.mjs';
import { copyOfPackage } from './package.mjs';
import { World } from './world.mjs';

const { values } = util.parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1' },
    like: { type: 'string', default: 'node' },
    tell: { type: 'boolean', default: false },
    skip: { type: 'string', default: '' },
    fault: { type: 'string' },
    hashes: { type: 'boolean', default: false },
    stop: { type: 'boolean', default: false },
  },
});
const [first, count] = [Number(values.seed), Number(values.count)];
const root = new URL('../../../', import.meta.url);
const faults = mutants.filter(({ name }) => name === values.fault);
const copy = await copyOfPackage(`${process.pid}`, faults);
const module = await WebAssembly.compile(await readFile(new URL('build/filch-test.wasm', root)));

let world;
install(values.like, (error, how) => {
  if (!world) throw error;
  world.heard(error, how);
});

const files = {};
for (const file of copy.files.filter((each) => !/^(worker|isolat.*)\.js$/.test(each))) {
  const url = new URL(file, copy.url).href;
  files[url] = await import(url);
}
const own = {
  kind: values.like,
  module,
  files,
  filch: files[new URL('index.js', copy.url).href],
  receiver: files[new URL('workers/receiver.js', copy.url).href].receiver,
  builtins: {
    'node:os': { ...os, availableParallelism: () => 2 },
    'node:diagnostics_channel': diagnostics,
    'node:util': util,
  },
};
await copy.remove();

/** The end of a log. */
const TAIL = 40;
let [failed, hash, fired, done] = [0, 0, 0, 0];
for (let seed = first; seed < first + count; seed++) {
  world = new World(seed, own, { tell: values.tell, skip: values.skip.split(',') });
  try {
    await world.run();
  } catch (error) {
    world.wrong(error.stack);
  }
  done++;
  fired += world.agenda.fired;
  hash = (Math.imul(hash, 31) + Number.parseInt(world.agenda.hash, 16)) >>> 0;
  if (values.hashes) console.log(`seed ${seed} hash ${world.agenda.hash}`);
  if (!world.faults.length) continue;
  failed++;
  const like = values.like === 'node' ? '' : ` --like ${values.like}`;
  const tail = values.tell ? [] : world.agenda.lines.slice(-TAIL);
  console.log(
    [
      ...tail,
      `seed ${seed} failed: ${world.faults.join('; ')}`,
      `again: node tests/js/simulation/run.mjs --seed ${seed}${like} --tell`,
    ].join('\n'),
  );
  if (values.stop) break;
}
console.log(`${fired} events`);
console.log(`${done} seeds, ${failed} failed, hash ${hash.toString(16).padStart(8, '0')}`);
process.exit(failed ? 1 : 0);
