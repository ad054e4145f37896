// Chromium and Firefox, and WebKit where Playwright's own build is installed, by playwright-core.

import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as playwright from 'playwright-core';
import { LIMIT, Page, within } from './page.mjs';

const systemNames = {
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
  firefox: ['firefox-esr', 'firefox'],
};

// A distribution's browsers look for updates and accounts, which a test run does without.
const quiet = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** Playwright's own build of an engine comes first: Playwright is tested with that build. */
const ownBuild = (engine) => existsSync(playwright[engine].executablePath());

export function available(engine) {
  if (ownBuild(engine) || systemPath(engine)) return { ok: true };
  const names = systemNames[engine]?.join(', ') ?? 'nothing else';
  return { ok: false, reason: `no ${engine}: neither Playwright's own build nor ${names} on PATH` };
}

// By default Playwright closes its browsers on a signal but lets the process go on. Playwright also
// kills them when the process exits.
const ownSignals = { handleSIGHUP: false, handleSIGINT: false, handleSIGTERM: false };
let exitsOnSignals = false;

function exitOnSignals() {
  if (exitsOnSignals) return;
  exitsOnSignals = true;
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) {
    process.once(signal, () => process.exit(128 + os.constants.signals[signal]));
  }
}

export async function launch(engine, options = {}) {
  exitOnSignals();
  const start = (colorScheme) =>
    playwright[engine].launch({
      ...ownSignals,
      timeout: LIMIT,
      ...(ownBuild(engine) ? {} : systemSettings(engine, colorScheme)),
      ...options.playwright,
    });
  // Firefox behind WebDriver BiDi takes its colour scheme from a preference at start: one
  // process for each scheme that a test asks for. The others set it per page.
  const perScheme = engine === 'firefox' && !ownBuild(engine);
  const running = new Map();
  const browserFor = (colorScheme) => {
    const key = perScheme ? colorScheme : 'any';
    if (!running.has(key)) running.set(key, start(colorScheme));
    return running.get(key);
  };

  const first = await browserFor('light');
  return {
    engine,
    version: first.version(),
    async open(url, { width = 1280, height = 720, colorScheme = 'light', limit = LIMIT } = {}) {
      const browser = await browserFor(colorScheme);
      const opening = browser.newPage({ viewport: { width, height }, colorScheme });
      const page = new PlaywrightPage(
        engine,
        await within(LIMIT, `${engine}: a new page`, opening),
      );
      await page.goto(url);
      page.limit = limit;
      return page;
    },
    async close() {
      for (const browser of running.values()) {
        await within(LIMIT, `${engine}: closing`, (await browser).close());
      }
    },
  };
}

class PlaywrightPage extends Page {
  #page;
  #errors = [];

  constructor(engine, page) {
    super(engine);
    this.#page = page;
    page.on('console', (message) => {
      if (message.type() === 'error') this.#errors.push(message.text());
    });
    page.on('pageerror', ({ name, message }) => this.#errors.push(`${name}: ${message}`));
  }

  run(source) {
    return this.#page.evaluate(source);
  }

  async goto(url) {
    await this.#page.goto(url, { timeout: this.limit });
  }

  click(selector) {
    return this.#page.click(selector, { timeout: this.limit });
  }

  async dragBetween(from, to) {
    const { mouse } = this.#page;
    await mouse.move(from.x, from.y);
    await mouse.down();
    await mouse.move(to.x, to.y, { steps: 5 });
    await mouse.up();
  }

  async scrollAt(point, dx, dy) {
    await this.#page.mouse.move(point.x, point.y);
    await this.#page.mouse.wheel(dx, dy);
  }

  async select(selector, value) {
    await this.#page.selectOption(selector, value, { timeout: this.limit });
  }

  async setFile(selector, file) {
    await this.#page.setInputFiles(selector, path.resolve(file), { timeout: this.limit });
  }

  screenshot(file) {
    return this.#page.screenshot({ path: file, timeout: this.limit });
  }

  async consoleErrors() {
    return [...this.#errors];
  }

  close() {
    return this.#page.close();
  }
}

function systemSettings(engine, colorScheme) {
  const executablePath = systemPath(engine);
  if (engine === 'firefox') {
    return {
      executablePath: fileURLToPath(new URL('tethered.sh', import.meta.url)),
      env: { ...process.env, TETHERED: executablePath },
      channel: 'moz-firefox',
      firefoxUserPrefs: {
        'layout.css.prefers-color-scheme.content-override': colorScheme === 'dark' ? 0 : 1,
      },
    };
  }
  // Chromium's sandbox refuses to run as root, the user of most containers.
  const args = process.getuid?.() === 0 ? [...quiet, '--no-sandbox'] : quiet;
  return { executablePath, args };
}

function systemPath(engine) {
  return systemNames[engine]?.map(onPath).find(Boolean);
}

export function onPath(name) {
  return process.env.PATH.split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find(existsSync);
}
