// Plain clang: for --target=wasm32 and for native test builds with sanitizers. A clang from
// packages brings its own sysroot (headers, crt files, libgcc, cmocka), so that the machine needs
// no compiler at all.
import { copyFileSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { apt, distribution, libraries } from './apt.mjs';
import { ask, bin, entry, inRange, once, onPath, say, SetupError, tools } from './util.mjs';

/** The programs that Emscripten, the Makefile, and the tests call. */
export const programs = [
  'clang',
  'clang++',
  'clang-format',
  'clang-scan-deps',
  'wasm-ld',
  'ld.lld',
  ...[
    'ar',
    'cov',
    'dwarfdump',
    'dwp',
    'nm',
    'objcopy',
    'objdump',
    'profdata',
    'ranlib',
    'readelf',
    'size',
    'strip',
    'symbolizer',
  ].map((name) => `llvm-${name}`),
];

export async function setupClang(lock) {
  for (const provider of lock.providers) {
    const found = provider.from === 'path' ? fromPath(lock) : await fromDistribution(provider);
    if (found) return { ...found, format: formatter(lock.version.split('.')[0]) };
  }
  throw new SetupError(
    `no clang ${lock.range[0]} or newer with lld was found; install clang and lld, then run \`make setup\` again`,
  );
}

function fromPath(lock) {
  const clang = onPath('clang'),
    version = clang && ask(clang, ['--version'])?.match(/version (\S+)/)?.[1];
  if (!version || !onPath('wasm-ld') || !inRange(version, lock.range)) return null;
  for (const name of programs) {
    const file = onPath(name);
    if (file) entry(join(bin, name), `exec "${file}" "$@"`);
  }
  return { version, from: 'PATH' };
}

/**
 * The version of clang-format, or null. Two major versions format differently: where clang did not
 * come with the locked one, a developer's own on PATH may be used.
 */
function formatter(major) {
  const versionOf = (file) => file && ask(file, ['--version'])?.match(/version (\S+)/)?.[1];
  const fits = (file) => versionOf(file)?.split('.')[0] === major;
  const ours = join(bin, 'clang-format');
  if (!fits(ours)) {
    const file = [`clang-format-${major}`, 'clang-format'].map(onPath).find(fits);
    if (file) entry(ours, `exec "${file}" "$@"`);
    else
      say(
        `no clang-format ${major} here: \`make format\` and the test of the C sources' format need it`,
      );
  }
  return versionOf(ours) ?? null;
}

async function fromDistribution({ majors, packages, leave }) {
  if (!distribution) return null;
  const major = await firstOffered(majors).catch((error) => void say(error.message));
  if (!major) return null;
  const { version } = await unpackLLVM(major, packages, leave);
  // --start-no-unused-arguments: no warning about the choice of linker where nothing is linked.
  const driver = [
    `--sysroot="$tools/llvm-${major}"`,
    '--start-no-unused-arguments',
    '-fuse-ld=lld',
    '--end-no-unused-arguments',
  ];
  wrapLLVM(major, bin, { clang: driver, 'clang++': driver });
  // Debian has cmocka as a shared library only. In a folder of its own the library can be on a run
  // path, with no other library.
  const from = libraries(join(tools, `llvm-${major}`));
  mkdirSync(join(tools, 'lib'), { recursive: true });
  for (const name of readdirSync(from).filter((name) => /^libcmocka\.so\.\d+$/.test(name)))
    copyFileSync(join(from, name), join(tools, 'lib', name));
  return { version, from: apt().name, major };
}

/** The first of these that the machine's own distribution has. */
export async function firstOffered(majors) {
  for (const major of majors) if (await apt().version(`clang-${major}`)) return major;
  return null;
}

/**
 * LLVM of the machine's own distribution in .tools/llvm-<major>: it runs on the machine's own libc.
 */
export async function unpackLLVM(major, packages, leave) {
  const names = packages.map((name) => name.replace('@', major));
  const folder = await once(`llvm-${major}`, names.join(' '), async (folder) => {
    say(`clang and lld ${major} from ${apt().name}`);
    await apt().unpackWithDependencies(names, folder, { leave });
    shareLibraries(folder);
  });
  const version = ask(join(folder, `usr/lib/llvm-${major}/bin/clang`), ['--version'], {
    env: { LD_LIBRARY_PATH: join(folder, 'shared') },
  })?.match(/version (\d[\d.]*)/)?.[1];
  if (!version)
    throw new SetupError(
      `the unpacked clang ${major} does not run here; remove .tools and run \`make setup\` again`,
    );
  return { version, folder };
}

/** Entry points to LLVM's programs in `folder`, some with flags of their own. */
export function wrapLLVM(major, folder, flags = {}) {
  const at = `llvm-${major}/usr/lib/llvm-${major}/bin`;
  for (const name of programs.filter((name) => existsSync(join(tools, at, name)))) {
    entry(
      join(folder, name),
      `${libraryPath(`llvm-${major}`)}\n${['exec', `"$tools/${at}/${name}"`, ...(flags[name] ?? []), '"$@"'].join(' ')}`,
    );
  }
}

export const libraryPath = (part) =>
  `export LD_LIBRARY_PATH="$tools/${part}/shared\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"`;

/**
 * Links to the root's shared libraries, but for libc's own: a libc must be of one piece with the
 * loader that started the program, and that one is the machine's.
 */
export function shareLibraries(folder) {
  const libc =
    /^(ld-linux|lib(c|m|mvec|dl|rt|pthread|util|resolv|anl|nsl|nss_\w+|thread_db|BrokenLocale|c_malloc_debug|memusage|pcprofile)\.so)/;
  mkdirSync(join(folder, 'shared'), { recursive: true });
  const from = libraries(folder);
  for (const name of readdirSync(from)) {
    if (!/\.so\.\d/.test(name) || libc.test(name)) continue;
    symlinkSync(join('..', from.slice(folder.length + 1), name), join(folder, 'shared', name));
  }
}
