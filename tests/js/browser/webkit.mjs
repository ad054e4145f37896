// WebKitGTK's MiniBrowser, by WebDriver, on a virtual display.
//
// Each page is a browser process of its own. The process starts in a third of a second, can be
// killed when the page hangs, and has its own storage and colour scheme, as with Playwright's
// contexts.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { LIMIT, Page, eventually, within } from './page.mjs';
import { onPath } from './playwright.mjs';
import { supervise } from './supervise.mjs';
import { Session, miniBrowser } from './webdriver.mjs';

const SCREEN = '2560x1600x24';

/** A page's own limit comes before its session's, because the page can name the condition. */
const GRACE = 1_000;

export function available() {
  const missing = ['WebKitWebDriver', 'Xvfb', 'dbus-run-session'].filter((name) => !onPath(name));
  if (!miniBrowser()) missing.push('MiniBrowser');
  if (missing.length === 0) return { ok: true };
  const reason = `no webkit: ${missing.join(', ')} missing (Debian: webkit2gtk-driver xvfb dbus)`;
  return { ok: false, reason };
}

export async function launch() {
  // Without a number, the server takes a free one and prints the number.
  const screen = supervise(['Xvfb', '-displayfd', '1', '-screen', '0', SCREEN, '-nolisten', 'tcp']);
  const sessions = new Set();
  const close = async () => {
    await Promise.all([...sessions].map((session) => session.stop()));
    await screen.stop();
  };

  try {
    const told = once(screen.stdout, 'data');
    const [number] = await within(LIMIT, 'Xvfb names its display', told);
    const display = `:${String(number).trim()}`;
    return {
      engine: 'webkit',
      version: await version(display),
      async open(url, { width = 1280, height = 720, colorScheme = 'light', limit = LIMIT } = {}) {
        const session = await Session.start(display, colorScheme);
        sessions.add(session);
        const page = new WebKitPage(session, () => sessions.delete(session));
        await page.resize(width, height);
        await page.goto(url);
        page.limit = limit;
        session.limit = limit + GRACE;
        return page;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function version(display) {
  const { stdout } = await promisify(execFile)(miniBrowser(), ['--version'], {
    env: { ...process.env, DISPLAY: display },
    timeout: LIMIT,
  });
  return stdout.trim().split(' ').pop();
}

class WebKitPage extends Page {
  #session;
  #forget;
  #errorsOfEarlierDocuments = [];

  constructor(session, forget) {
    super('webkit');
    this.#session = session;
    this.#forget = forget;
  }

  /** Sets the viewport, which is the window less the bars that the browser puts around it. */
  async resize(width, height) {
    const inner = () => this.evaluate('({ width: innerWidth, height: innerHeight })');
    const outer = await this.#session.send('GET', '/window/rect');
    const bars = await inner();
    await this.#session.send('POST', '/window/rect', {
      width: width + outer.width - bars.width,
      height: height + outer.height - bars.height,
    });
    await eventually(this.limit, `webkit: viewport of ${width} x ${height}`, async () => {
      const now = await inner();
      return now.width === width && now.height === height;
    });
  }

  run(source) {
    return this.#session.script(`return ${source}`);
  }

  async goto(url) {
    this.#errorsOfEarlierDocuments.push(...((await this.#collected()) ?? []));
    await this.#session.send('POST', '/url', { url });
  }

  async click(selector) {
    await this.#session.onElement(selector, 'click');
  }

  async dragBetween(from, to) {
    const steps = [1, 2, 3, 4, 5].map((step) => ({
      x: from.x + ((to.x - from.x) * step) / 5,
      y: from.y + ((to.y - from.y) * step) / 5,
    }));
    await this.#act({
      type: 'pointer',
      id: 'mouse',
      parameters: { pointerType: 'mouse' },
      actions: [
        moveTo(from),
        { type: 'pointerDown', button: 0 },
        ...steps.map(moveTo),
        { type: 'pointerUp', button: 0 },
      ],
    });
  }

  async scrollAt({ x, y }, deltaX, deltaY) {
    const scroll = { type: 'scroll', x: Math.round(x), y: Math.round(y), deltaX, deltaY };
    await this.#act({ type: 'wheel', id: 'wheel', actions: [scroll] });
  }

  #act(source) {
    return this.#session.send('POST', '/actions', { actions: [source] });
  }

  async select(selector, value) {
    await this.#session.clickOption(selector, value);
  }

  async setFile(selector, file) {
    await this.#session.onElement(selector, 'value', { text: path.resolve(file) });
  }

  async screenshot(file) {
    const image = Buffer.from(await this.#session.send('GET', '/screenshot'), 'base64');
    await writeFile(file, image);
    return image;
  }

  /** This engine tells a driver nothing of the console, so the page itself keeps the errors. */
  async consoleErrors() {
    const here = await this.#collected();
    if (!here) {
      throw new Error('webkit tells errors only of pages that are served with collect-errors.js');
    }
    return [...this.#errorsOfEarlierDocuments, ...here];
  }

  #collected() {
    return this.evaluate(() => globalThis.collectedErrors);
  }

  async close() {
    this.#forget();
    await this.#session.stop();
  }
}

function moveTo({ x, y }) {
  return { type: 'pointerMove', duration: 0, x: Math.round(x), y: Math.round(y) };
}
