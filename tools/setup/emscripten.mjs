// Emscripten, from the first provider that has a version in range.
import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { apt, distribution, libraries } from './apt.mjs';
import { firstOffered, unpackLLVM, wrapLLVM } from './clang.mjs';
import {
  ask,
  bin,
  entry,
  inRange,
  once,
  onPath,
  read,
  run,
  say,
  SetupError,
  tools,
  write,
} from './util.mjs';

const programs = ['emcc', 'em++', 'emar', 'emranlib', 'embuilder'];

export async function setupEmscripten(lock) {
  for (const provider of lock.emscripten.providers) {
    const found = await sources[provider.from](provider, lock);
    if (found) return found;
  }
  const { version } = lock.emscripten;
  throw new SetupError(
    `Emscripten ${version} was found nowhere; install it (emsdk install ${version} && emsdk activate ${version}), put emcc on PATH, and run \`make setup\` again`,
  );
}

const sources = { path: fromPath, emsdk: fromEmsdk, debian: fromDebian };

function fromPath(provider, { emscripten: { range } }) {
  const emcc =
    onPath('emcc') ?? (process.env.EMSDK && join(process.env.EMSDK, 'upstream/emscripten/emcc'));
  const version = emcc && ask(emcc, ['-dumpversion'])?.trim();
  if (!version) return null;
  if (!inRange(version, range))
    return void say(
      `emcc ${version} on this machine is outside ${range[0]} to ${range[1]}: not used`,
    );
  for (const name of programs) entry(join(bin, name), `exec "${emcc.slice(0, -4)}${name}" "$@"`);
  return { version, from: emcc };
}

async function fromEmsdk({ repository, seconds }, { emscripten: { version } }) {
  const quick = { seconds, env: { ...process.env, GIT_TERMINAL_PROMPT: '0' } };
  if (!ask('git', ['ls-remote', '--tags', repository, version], quick)) return null;
  const folder = await once('emsdk', version, async (folder) => {
    say(`Emscripten ${version} from the official emsdk`);
    await run('git', [
      'clone',
      '--quiet',
      '--depth',
      '1',
      '--branch',
      version,
      repository,
      join(folder, 'emsdk'),
    ]);
    const python = {
      ...process.env,
      EMSDK_PYTHON: join(bin, 'python3'),
      PATH: `${bin}:${process.env.PATH}`,
    };
    for (const verb of ['install', 'activate'])
      await run(join(folder, 'emsdk/emsdk'), [verb, version], { env: python });
  }).catch(
    (error) =>
      void say(
        `the official emsdk answered but could not be installed (${error.message.split('\n')[0]})`,
      ),
  );
  if (!folder) return null;
  for (const name of programs) {
    entry(
      join(bin, name),
      `export EMSDK_PYTHON="$tools/bin/python3"\nexec "$tools/emsdk/emsdk/upstream/emscripten/${name}" "$@"`,
    );
  }
  return { version, from: 'emsdk' };
}

async function fromDebian({ suite, llvm, packages, range, without = {} }, lock) {
  if (distribution !== 'debian') return null;
  const offered = await apt(suite)
    .version('emscripten')
    .catch((error) => void say(error.message));
  if (offered === undefined) return null;
  if (!offered || !inRange(offered, range ?? lock.emscripten.range)) {
    return void say(
      `${suite} has ${offered ? `Emscripten ${offered}` : 'no Emscripten'} now, which emsdk.lock does not allow: going on to the next provider`,
    );
  }
  if (offered !== packages.emscripten.version)
    say(
      `${suite} has moved on to Emscripten ${offered}: within the range of emsdk.lock, so it is used`,
    );
  const {
    majors,
    packages: names,
    leave,
  } = lock.llvm.providers.find(({ from }) => from === 'distribution');
  const major = await firstOffered(majors.filter((each) => each in llvm));
  if (!major)
    return void say(
      `Emscripten ${offered} needs clang ${Object.keys(llvm).join(' or ')}, which ${apt().name} does not have: going on to the next provider`,
    );
  await unpackLLVM(major, names, leave);

  const folder = await once('emscripten', `${suite} ${offered} ${major}`, async (folder) => {
    say(`Emscripten ${offered} from ${apt(suite).name}`);
    await apt(suite).unpackWithDependencies(['binaryen'], folder, { locked: packages });
    // Alone: its dependencies would bring a second clang, node, and python.
    await apt(suite).unpack(['emscripten', 'node-acorn'], folder, packages);
    symlinkSync('nodejs', join(folder, 'usr/share/node_modules'));
    for (const name of programs) {
      // Emscripten calls itself through these, which fail where the checkout's path has a space.
      const script = join(folder, 'usr/share/emscripten', name);
      write(script, read(script).replace('readlink -f $0', 'readlink -f "$0"'));
    }
    // An old version refuses builds that our own loader makes work: the JavaScript that the version
    // guards against is never made.
    for (const [file, refusal] of Object.entries(without)) {
      const path = join(folder, 'usr/share/emscripten', file);
      write(path, read(path).replace(refusal, ''));
    }
  });
  wrap(folder, major, llvm[major]);
  return { version: offered.match(/^[\d.]*\d/)[0], from: apt(suite).name };
}

function wrap(folder, major, linkFlags) {
  // Binaryen is of a newer suite than the machine: Binaryen runs on its own libc, started by that
  // libc's own loader.
  const inside = libraries(folder).slice(tools.length + 1);
  const loader = readdirSync(libraries(folder)).find((name) => name.startsWith('ld-linux'));
  for (const name of readdirSync(join(folder, 'usr/bin')).filter((name) =>
    name.startsWith('wasm'),
  )) {
    entry(
      join(folder, 'binaryen/bin', name),
      `own="$tools/${inside}"
exec "$own/${loader}" --library-path "$own" --argv0 "$0" "$tools/emscripten/usr/bin/${name}" "$@"`,
    );
  }
  wrapLLVM(major, join(folder, 'llvm/bin'), { 'wasm-ld': linkFlags });
  write(
    join(folder, 'config'),
    `import os, shutil
here = os.path.dirname(os.environ['EM_CONFIG'])
LLVM_ROOT = here + '/llvm/bin'
BINARYEN_ROOT = here + '/binaryen'
NODE_JS = shutil.which('node')
CACHE = here + '/cache'
`,
  );
  for (const name of programs) {
    // Emscripten was packaged for another LLVM; prove.mjs checks this one.
    const flags = /^em(cc|\+\+)$/.test(name) ? '-Wno-version-check ' : '';
    entry(
      join(bin, name),
      `export EM_CONFIG="$tools/emscripten/config" EMSDK_PYTHON="$tools/bin/python3"
exec "$tools/bin/python3" -E "$tools/emscripten/usr/share/emscripten/${name}.py" ${flags}"$@"`,
    );
  }
}
