// A WebDriver session with WebKitGTK's MiniBrowser, a driver process of its own to each.
//
// The dozen commands of the tests are one fetch of JSON each; the npm clients bring a framework
// along.

import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { LIMIT, eventually } from './page.mjs';
import { supervise, temporaryFolder } from './supervise.mjs';

/** The driver's own limits, out of the way of ours. */
const FOREVER = 2 ** 31 - 1;

/** The key of an element reference, fixed by the W3C recommendation. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

export class Session {
  #driver;
  #base;

  /** The limit of every command, in milliseconds. */
  limit = LIMIT;

  /**
   * @param {string} display the X display to show the window on, as in `:1`
   * @param {'light' | 'dark'} colorScheme
   */
  static async start(display, colorScheme) {
    const session = new Session();
    const port = await freePort();
    const folder = temporaryFolder();
    session.#driver = supervise(['dbus-run-session', '--', 'WebKitWebDriver', `--port=${port}`], {
      env: environment(display, folder, colorScheme),
      folder,
    });
    try {
      await session.#connect(`http://127.0.0.1:${port}`);
    } catch (error) {
      const said = session.#driver.errors();
      await session.stop();
      throw new Error(`webkit did not start: ${error.message}\n${said}`, { cause: error });
    }
    return session;
  }

  async #connect(driver) {
    this.#base = driver;
    await eventually(LIMIT, 'WebKitWebDriver answers', () => this.send('GET', '/status'));
    const { sessionId } = await this.send('POST', '/session', {
      capabilities: {
        alwaysMatch: {
          browserName: 'MiniBrowser',
          timeouts: { script: FOREVER, pageLoad: FOREVER },
          'webkitgtk:browserOptions': { binary: miniBrowser(), args: ['--automation'] },
        },
      },
    });
    this.#base = `${driver}/session/${sessionId}`;
  }

  /** One command; returns its value. */
  async send(method, command, body) {
    const what = `webkit: ${method} ${command}`;
    let response;
    try {
      response = await fetch(this.#base + command, {
        method,
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(this.limit),
      });
    } catch (error) {
      const why = error.name === 'TimeoutError' ? `not within ${this.limit} ms` : error.cause;
      throw new Error(`${what}: ${why}`, { cause: error });
    }
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${what}: ${value.error}: ${value.message}`);
    return value;
  }

  script(body, ...args) {
    return this.send('POST', '/execute/sync', { script: body, args });
  }

  /** A command of an element, which is found afresh until the command is accepted. */
  onElement(selector, command, body = {}) {
    return eventually(this.limit, `webkit: ${command} of ${selector}`, async () => {
      const element = await this.send('POST', '/element', {
        using: 'css selector',
        value: selector,
      });
      return this.#command(element, command, body);
    });
  }

  async clickOption(selector, value) {
    await eventually(this.limit, `webkit: option ${value} of ${selector}`, async () => {
      const option = await this.script(
        `return [...document.querySelector(arguments[0]).options]
           .find(({ value }) => value === arguments[1]);`,
        selector,
        value,
      );
      return this.#command(option, 'click', {});
    });
  }

  async #command(element, command, body) {
    await this.send('POST', `/element/${element[ELEMENT]}/${command}`, body);
    return true;
  }

  stop() {
    return this.#driver.stop();
  }
}

/** MiniBrowser is not on PATH: distributions keep MiniBrowser beside its library. */
export function miniBrowser() {
  const roots = ['/usr/libexec', '/usr/lib64', '/usr/lib'];
  if (existsSync('/usr/lib')) roots.push(...readdirSync('/usr/lib').map((at) => `/usr/lib/${at}`));
  return ['webkit2gtk-4.1', 'webkitgtk-6.0', 'webkit2gtk-4.0']
    .flatMap((library) => roots.map((root) => `${root}/${library}/MiniBrowser`))
    .find(existsSync);
}

/**
 * The tool bar with its address entry cannot be hidden and keeps the window wider than a phone;
 * shrunk, the bar allows viewports from 290 pixels on.
 */
const smallBars = `
window * {
  border: 0; font-size: 1px; margin: 0; min-height: 0; min-width: 0; padding: 0;
}`;

function environment(display, home, colorScheme) {
  mkdirSync(path.join(home, 'gtk-3.0'));
  writeFileSync(path.join(home, 'gtk-3.0', 'gtk.css'), smallBars);
  return {
    ...process.env,
    DISPLAY: display,
    // Sockets, caches and settings of the session stay out of the user's.
    XDG_CACHE_HOME: home,
    XDG_CONFIG_HOME: home,
    XDG_DATA_HOME: home,
    XDG_RUNTIME_DIR: home,
    GDK_BACKEND: 'x11',
    GTK_THEME: colorScheme === 'dark' ? 'Adwaita:dark' : 'Adwaita',
    // Without this switch shared memory cannot be posted, although pages call themselves isolated;
    // with the switch, shared memory works in pages that are not isolated, too.
    JSC_useSharedArrayBuffer: '1',
    // The sandbox refuses to run as root, the user of most containers.
    ...(process.getuid() === 0 && { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' }),
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
