// Emscripten is written in Python: the machine's own where it is new and whole, else one unpacked
// beside it.
import { join } from 'node:path';
import { apt, distribution } from './apt.mjs';
import { libraryPath, shareLibraries } from './clang.mjs';
import { ask, bin, entry, inRange, once, onPath, say, SetupError } from './util.mjs';

// A minimal Python lacks some of these modules.
const probe =
  'import argparse, concurrent.futures, json, multiprocessing, sys, urllib.parse; print(sys.executable, sys.version.split()[0])';

export async function setupPython(lock) {
  for (const provider of lock.providers) {
    const found = provider.from === 'path' ? fromPath(lock) : await fromDistribution(provider);
    if (found) return found;
  }
  throw new SetupError(
    `Emscripten needs Python ${lock.range[0]} or newer; install python3 and run \`make setup\` again`,
  );
}

function fromPath({ range }) {
  const python = onPath('python3');
  const [file, version] =
    (python &&
      ask(python, ['-c', probe])
        ?.trim()
        .split(/ (?=\S+$)/)) ||
    [];
  if (!version || !inRange(version, range)) return null;
  entry(join(bin, 'python3'), `exec "${file}" "$@"`);
  return { version, from: file };
}

async function fromDistribution({ packages, leave }) {
  if (!distribution) return null;
  await once('python', packages.join(' '), async (folder) => {
    say(`Python from ${apt().name}`);
    await apt().unpackWithDependencies(packages, folder, { leave });
    shareLibraries(folder);
  });
  entry(
    join(bin, 'python3'),
    `${libraryPath('python')}\nexec "$tools/python/usr/bin/python3" "$@"`,
  );
  return {
    version: ask(join(bin, 'python3'), ['-c', probe])?.trim().split(' ').at(-1),
    from: apt().name,
  };
}
