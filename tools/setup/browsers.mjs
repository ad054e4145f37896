// The browsers that the tests drive: the distribution's packages. Playwright's own are used where
// it has them.
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { distribution, install } from './apt.mjs';
import { ask, inRange, onPath, say, SetupError } from './util.mjs';

/** True when nothing is missing: a look at PATH, fast enough for every `make test`. */
export const browsersThere = (browsers) =>
  Object.entries(browsers).every(([name, browser]) => there(name, browser));

const there = (name, { programs }) => programs.every(onPath) || playwrightHas(name);

function playwrightHas(name) {
  const places = [
    process.env.PLAYWRIGHT_BROWSERS_PATH,
    join(homedir(), '.cache/ms-playwright'),
    join(homedir(), 'Library/Caches/ms-playwright'),
  ];
  const prefix = `${name.toLowerCase().replace('gtk', '')}-`;
  return places.some(
    (place) =>
      place && existsSync(place) && readdirSync(place).some((folder) => folder.startsWith(prefix)),
  );
}

/**
 * Installs missing packages where that is possible, and prints those that it cannot install;
 * returns whether all are there.
 */
export async function setupBrowsers(browsers) {
  const missing = () => Object.entries(browsers).filter(([name, browser]) => !there(name, browser));
  const packages = missing().flatMap(([, browser]) => browser.packages);
  // Elsewhere (Ubuntu) packages of these names only point to snaps, which no test driver can start.
  if (packages.length && distribution === 'debian' && process.getuid() === 0) {
    say(`test browsers: apt-get install ${packages.join(' ')}`);
    await install(packages);
  }
  for (const [name, { version, range, packages }] of Object.entries(browsers)) {
    const found =
      distribution &&
      ask('dpkg-query', ['-W', '-f', '${Version}', packages[0]])?.match(/\d+(\.\d+)+/)?.[0];
    if (found)
      say(
        `${name} ${found}${inRange(found, range) ? '' : ` (outside the tested range; emsdk.lock has ${version})`}`,
      );
  }
  const names = missing().map(([name]) => name);
  if (!names.length) return true;
  const mend =
    distribution === 'debian'
      ? `sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`
      : 'npx playwright-core install --with-deps chromium firefox webkit';
  const sentence = `${names.join(', ')} not found, so the tests in ${names.length > 1 ? 'them' : 'it'} are skipped; to have ${names.length > 1 ? 'them' : 'it'}: ${mend}`;
  if (process.env.CI === 'true') throw new SetupError(sentence);
  say(sentence);
  return false;
}
