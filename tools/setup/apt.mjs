// Debian packages without root: a private apt (own state, cache, and sources) finds, downloads, and
// signature-checks them; tar unpacks them into a folder of ours. Nothing of the system is written.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { ask, onPath, read, run, say, SetupError, sha256, tools, write } from './util.mjs';

const release = Object.fromEntries(
  (read('/etc/os-release') ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(/=(.*)/s).slice(0, 2))
    .map(([name, value]) => [name, value.replaceAll('"', '')]),
);

export const distribution = onPath('apt-get') && onPath('dpkg-deb') ? release.ID : null;

/**
 * The mirrors that this machine already uses for its own release: apt itself reads .list and
 * .sources. A third party's repository among them does no harm: it has no such suite, or not under
 * the distribution's key.
 */
function mirrors(suites) {
  const listed =
    ask('apt-get', [
      'indextargets',
      '--no-release-info',
      '--format',
      '$(RELEASE) $(COMPONENT) $(REPO_URI)',
      'Created-By: Packages',
    ]) ?? '';
  const targets = listed.split('\n').map((line) => line.split(' '));
  return new Set(
    targets
      .filter(([suite, component]) => suites.includes(suite) && component === 'main')
      .map(([, , address]) => address),
  );
}

/** Lines for sources.list: this suite of Debian, from wherever the machine takes its own. */
function lines(suite, path = (address) => address) {
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const signed = existsSync(keyring) ? `[signed-by=${keyring}] ` : '';
  const own = mirrors([release.VERSION_CODENAME, 'stable', 'testing', 'unstable', 'sid']);
  return [...own].map((address) => `deb ${signed}${path(address)} ${suite} main\n`).join('');
}

/**
 * The machine's own sources, and Debian's security suite, which has the newer compilers.
 */
function ownSources() {
  const security = `${release.VERSION_CODENAME}-security`;
  const missing = release.ID === 'debian' && !mirrors([security]).size;
  return (
    (read('/etc/apt/sources.list') ?? '') +
    '\n' +
    (missing ? lines(security, (address) => address.replace(/\/?$/, '-security')) : '')
  );
}

/** The files that apt-get would fetch, as its --print-uris names them. */
const fileNames = (printed) =>
  printed
    .split('\n')
    .filter((line) => line.startsWith("'"))
    .map((line) => line.split(' ')[1]);

const opened = new Map();

/**
 * The private apt of one suite of Debian, or of this machine's own distribution (no suite named).
 */
export function apt(suite) {
  const name = suite ?? 'own';
  if (!opened.has(name)) opened.set(name, new Apt(name, suite));
  return opened.get(name);
}

class Apt {
  #updated;

  constructor(name, suite) {
    this.name = suite ? `Debian ${suite}` : release.PRETTY_NAME;
    this.folder = join(tools, 'apt', name);
    for (const part of ['state/lists/partial', 'cache/archives/partial'])
      mkdirSync(join(this.folder, part), { recursive: true });
    // As if no package were installed: the result is the same on every machine.
    write(join(this.folder, 'status'), '');
    const settings = {
      'Dir::State': join(this.folder, 'state'),
      'Dir::State::status': join(this.folder, 'status'),
      'Dir::Cache': join(this.folder, 'cache'),
      'APT::Install-Recommends': 'false',
      'Acquire::Retries': '3',
      'Acquire::Languages': 'none',
    };
    // The user _apt may not reach this folder.
    if (process.getuid() === 0) settings['APT::Sandbox::User'] = 'root';
    write(join(this.folder, 'sources.list'), suite ? lines(suite) : ownSources());
    settings['Dir::Etc::sourcelist'] = join(this.folder, 'sources.list');
    if (suite) settings['Dir::Etc::sourceparts'] = '/dev/null';
    // The machine's hooks stay out; its settings for reaching a mirror (proxy, certificates,
    // limits) are kept.
    const network = (ask('apt-config', ['dump']) ?? '')
      .split('\n')
      .filter((line) => /^Acquire::(?!IndexTargets|Languages|Changelogs)/.test(line));
    const ours = Object.entries({
      ...settings,
      'Dir::Etc::main': '/dev/null',
      'Dir::Etc::parts': '/dev/null',
    }).map(([key, value]) => `${key} "${value}";`);
    write(join(this.folder, 'apt.conf'), [...network, ...ours, ''].join('\n'));
    this.env = { ...process.env, LC_ALL: 'C', APT_CONFIG: join(this.folder, 'apt.conf') };
  }

  /**
   * Reads the package lists, once. A source may fail, but not the one that has libc6.
   */
  update() {
    return (this.#updated ??= run('apt-get', ['update', '-o', 'APT::Update::Error-Mode=any'], {
      env: this.env,
    })
      .catch((error) => error.message)
      .then((said) => {
        if (this.#show('libc6') !== null) return;
        const why = said.match(/[EW]: .*/)?.[0] ?? 'apt-get update';
        throw new SetupError(
          `the package lists of ${this.name} could not be read; check the network and run \`make setup\` again (${why})`,
        );
      }));
  }

  #show(name) {
    return ask('apt-cache', ['show', '--no-all-versions', name], { env: this.env });
  }

  #get(args, options) {
    return run('apt-get', args, { env: this.env, ...options }).catch((error) => {
      throw new SetupError(
        `${error.message}\nPackages of ${this.name} could not be had; check the network and run \`make setup\` again`,
      );
    });
  }

  /** The version that the suite offers, without Debian's epoch, or null. */
  async version(name) {
    await this.update();
    return this.#show(name)?.match(/^Version: (?:\d+:)?(.*)$/m)?.[1] ?? null;
  }

  /**
   * Unpacks packages with all that they depend on, but for those whose names begin as `leave` says.
   */
  async unpackWithDependencies(names, folder, { leave = [], locked } = {}) {
    await this.update();
    const files = fileNames(await this.#get(['install', '--print-uris', '-y', ...names]));
    const kept = files.filter((file) => !leave.some((start) => file.startsWith(start)));
    await this.unpack(
      kept.map((file) => file.split('_', 2).map(decodeURIComponent).join('=')),
      folder,
      locked,
    );
  }

  /** Unpacks just these. `locked` gives version and checksum for some of them. */
  async unpack(names, folder, locked = {}) {
    await this.update();
    // Files are kept until all are unpacked: an interrupted run goes on from here.
    const store = join(this.folder, `debs-${basename(folder)}`);
    mkdirSync(store, { recursive: true });
    const files = fileNames(await this.#get(['download', '--print-uris', ...names])).map((file) =>
      join(store, file),
    );
    await this.#get(['download', ...names], { cwd: store });
    for (const file of files) check(file, locked);
    // Debian's merged layout, so that it does not matter which of the two places a package was
    // built for.
    for (const part of ['bin', 'lib', 'lib64', 'sbin']) {
      mkdirSync(join(folder, 'usr', part), { recursive: true });
      if (!existsSync(join(folder, part))) symlinkSync(`usr/${part}`, join(folder, part));
    }
    const one = async () => {
      while (files.length) await untar(files.pop(), folder);
    };
    await Promise.all(Array.from({ length: availableParallelism() }, one));
    anchor(folder);
    rmSync(store, { recursive: true });
  }
}

function check(file, locked) {
  const [name, version] = basename(file, '.deb').split('_');
  const pin = locked[name];
  if (pin?.version === decodeURIComponent(version) && pin.sha256 !== sha256(readFileSync(file))) {
    rmSync(file);
    throw new SetupError(
      `${basename(file)} is not the file that emsdk.lock pins (its checksum differs); run \`make setup\` again`,
    );
  }
}

const untar = (file, folder) =>
  run('sh', [
    '-c',
    `dpkg-deb --fsys-tarfile "$1" | tar -x --no-same-owner --keep-directory-symlink \
  --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale -C "$2"`,
    'untar',
    file,
    folder,
  ]);

/** Links that packages make to absolute places are turned to the same place inside `folder`. */
function anchor(folder) {
  for (const item of readdirSync(join(folder, 'usr'), { recursive: true, withFileTypes: true })) {
    if (!item.isSymbolicLink()) continue;
    const link = join(item.parentPath ?? item.path, item.name),
      target = readlinkSync(link);
    if (!target.startsWith('/')) continue;
    rmSync(link);
    symlinkSync(relative(dirname(link), join(folder, target)), link);
  }
}

/** The folder of a root's shared libraries: usr/lib/x86_64-linux-gnu and its like. */
export function libraries(folder) {
  const name = readdirSync(join(folder, 'usr/lib')).find((part) => /-linux-gnu/.test(part));
  return join(folder, 'usr/lib', name);
}

/** apt-get as root, on the system itself. Another apt may be at work: wait for it. */
export async function install(names) {
  const get = (...args) =>
    run('apt-get', ['-o', 'DPkg::Lock::Timeout=600', '-y', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  const packages = () => get('install', '--no-install-recommends', ...names);
  await packages()
    .catch(() => get('update').then(packages)) // the package lists may be old, or not there at all
    .catch((error) => say(error.message));
}
