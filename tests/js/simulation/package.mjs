// A copy of the package for the simulation. Two things of JavaScript cannot be replaced from
// outside: the operator import(), and a call that blocks its thread. In the copy the first asks the
// environment, and the second is awaited. The copy tells the oracle which job has which slot. A
// mutant has one more place changed.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';

import { replaceOnce } from '../../c/mutants/match.mjs';

const root = new URL('../../../', import.meta.url);
const web = new URL('web/', root);

const IMPORT = /(?<![.\w]|async )import\(\s*(?:\/\*[^*]*\*\/\s*)*/g;

/** A worker's run of the module ends when the worker comes home, here in a later event. */
const RECEIVER = [
  [/\bfunction (run|workOn)\(/g, 'async function $1('],
  [/\bwork\(/g, 'await work('],
  [/(?<=return )wasm\.filch_host_worker_run\(/g, 'await wasm.filch_host_worker_run('],
];

/** What comes with its first use comes again in each simulation: a seed replays alone. */
const AGAIN = {
  find: '  let loading;\n  return () =>\n    (loading',
  replace: `  let loading;
  let place;
  return () =>
    (place !== (place = globalThis.filchSimulation) && (loading = undefined), loading`,
};

const GAVE = {
  find: '    this.used++;\n',
  replace: '    this.used++;\n    globalThis.filchSimulation.gave(task.id, handle);\n',
};

function awaited(text) {
  for (const [find, replace] of RECEIVER) text = text.replaceAll(find, replace);
  if (!text.includes('await wasm.filch_host_worker_run('))
    throw new Error('workers/receiver.js runs the module in another way: see RECEIVER');
  return text;
}

/**
 * @param {string} name of the copy's folder
 * @param {{ file: string, find: string, replace: string }[]} [faults]
 * @returns {Promise<{ url: URL, files: string[], remove: () => Promise<void> }>} url: the folder;
 *   files: the scripts in it
 */
export async function copyOfPackage(name, faults = []) {
  const url = new URL(`build/simulation/${name}/`, root);
  await rm(url, { recursive: true, force: true });
  await mkdir(url, { recursive: true });
  await cp(web, url, {
    recursive: true,
    filter: (path) => !/\.wasm$|\/demo(\/|$)/.test(path),
  });
  const files = (await readdir(url, { recursive: true })).filter((file) => file.endsWith('.js'));
  await Promise.all(
    files.map(async (file) => {
      let text = await readFile(new URL(file, url), 'utf8');
      for (const { find, replace } of faults.filter((fault) => fault.file === file))
        text = replaceOnce(text, find, replace);
      if (file === 'workers/receiver.js') text = awaited(text);
      if (file === 'core/lazy.js') text = replaceOnce(text, AGAIN.find, AGAIN.replace);
      if (file === 'tasks/slots.js') text = replaceOnce(text, GAVE.find, GAVE.replace);
      text = text.replaceAll(IMPORT, 'globalThis.filchSimulation.import(import.meta.url, ');
      await writeFile(new URL(file, url), text);
    }),
  );
  return { url, files, remove: () => rm(url, { recursive: true, force: true }) };
}
