// node tools/setup.mjs build      the compilers, in .tools/, without root
// node tools/setup.mjs packages   npm's packages
// node tools/setup.mjs test       those and the test browsers
//
// emsdk.lock names all of them, with their sources. Entry points are .tools/bin/{emcc,clang,...},
// whatever the provider. Where all is in place already, setup does and prints nothing.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { browsersThere, setupBrowsers } from './setup/browsers.mjs';
import { setupClang } from './setup/clang.mjs';
import { setupEmscripten } from './setup/emscripten.mjs';
import { prove } from './setup/prove.mjs';
import { setupPython } from './setup/python.mjs';
import { bin, read, root, run, say, SetupError, sha256, tools, write } from './setup/util.mjs';

const text = read(join(root, 'emsdk.lock'));
const lock = JSON.parse(text);

const build = {
  stamp: 'build.stamp',
  key: () => sha256(text) + existsSync(join(bin, 'emcc')),
  async work() {
    const start = Date.now();
    const found = { clang: await setupClang(lock.llvm), python: await setupPython(lock.python) };
    found.emscripten = await setupEmscripten(lock);
    found.clang.missing = await prove(found.clang.from !== 'PATH');
    for (const [name, { version, from }] of Object.entries(found))
      say(`${name} ${version} (${from})`);
    write(join(tools, 'found.json'), `${JSON.stringify(found, null, 2)}\n`);
    // lists and caches, read again when the lock changes
    rmSync(join(tools, 'apt'), { recursive: true, force: true });
    say(`compilers ready in ${Math.round((Date.now() - start) / 1000)} s`);
    return true;
  },
};

const packages = {
  stamp: 'npm.stamp',
  key: () => sha256(read(join(root, 'package-lock.json'))) + existsSync(join(root, 'node_modules')),
  async work() {
    say('npm ci');
    await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root }).catch((error) => {
      throw new SetupError(
        `${error.message}\nnpm must reach its registry (npm config get registry); then run \`make setup\` again`,
      );
    });
    return true;
  },
};

const browsers = {
  stamp: 'browsers.stamp',
  key: () => sha256(JSON.stringify(lock.browsers)) + browsersThere(lock.browsers),
  work: () => setupBrowsers(lock.browsers),
};

/**
 * Does a goal's work unless its stamp says that the work is done. Of two runs at once for one goal
 * the second waits.
 */
async function reach({ stamp, key, work }) {
  const file = join(tools, stamp),
    done = () => read(file) === key();
  if (done()) return;
  const release = await alone(`${file}.lock`);
  try {
    if (!done() && (await work())) write(file, key());
  } finally {
    release();
  }
}

async function alone(file) {
  mkdirSync(tools, { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file);
    } catch {
      if (alive(Number(read(file)))) await sleep(500);
      else rmSync(file, { force: true }); // left by a run that was killed
    }
  }
}

function alive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

const goals = { build: [build], packages: [packages], test: [packages, browsers] }[process.argv[2]];
if (!goals) {
  console.error('usage: node tools/setup.mjs build|packages|test');
  process.exit(2);
}
try {
  for (const goal of goals) await reach(goal);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup: ${error.message}`);
  process.exitCode = 1;
}
