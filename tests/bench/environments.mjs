// Where measures run: Node, in a new process for each measure, and browsers, in a new page.
//
//   name, kind ('node' or 'page')
//   call(url, name, ...args)   runs an exported function of a module there; arguments and
//                              result pass as JSON
//   threads()                  the threads, for cpu.mjs
//   fresh()                    a new process or page
//   close()

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { serve } from '../../tools/serve.mjs';
import { available, launch } from '../js/browser/engines.mjs';
import { threadsBelow } from './cpu.mjs';

const project = new URL('../../', import.meta.url);
/** Milliseconds that one call may take. */
const LIMIT = 180_000;

export const names = ['node', 'chromium', 'firefox'];

/** Why this machine does not have the environment; '' where it does. */
export const missing = (name) => (name === 'node' ? '' : (available(name).reason ?? ''));

export const open = (name) => (name === 'node' ? new Node() : Browser.open(name));

class Node {
  name = `Node ${process.versions.node}`;
  kind = 'node';
  #child;
  #pending = new Map();
  #last = 0;

  async fresh() {
    this.#child?.kill();
    const child = fork(fileURLToPath(new URL('./node.mjs', import.meta.url)));
    child.on('message', ({ id, result, error }) => {
      const { resolve, reject } = this.#pending.get(id);
      this.#pending.delete(id);
      if (error) reject(new Error(error));
      else resolve(result);
    });
    child.on('exit', (code) => {
      if (child !== this.#child) return;
      for (const { reject } of this.#pending.values())
        reject(new Error(`the process ended with code ${code}`));
    });
    this.#child = child;
  }

  call(url, name, ...args) {
    return new Promise((resolve, reject) => {
      this.#pending.set(++this.#last, { resolve, reject });
      this.#child.send({ id: this.#last, url, name, args });
    });
  }

  threads() {
    return threadsBelow(this.#child.pid, { itself: true });
  }

  async close() {
    this.#child?.kill();
  }
}

class Browser {
  kind = 'page';
  #server;
  #browser;
  #page;

  static async open(engine) {
    const browser = new Browser();
    browser.#server = await serve({ root: fileURLToPath(project) });
    browser.#browser = await launch(engine);
    browser.name = `${engine[0].toUpperCase()}${engine.slice(1)} ${browser.#browser.version.split('.')[0]}`;
    return browser;
  }

  async fresh() {
    await this.#page?.close();
    this.#page = await this.#browser.open(`${this.#server.url}tests/bench/page.html`, {
      limit: LIMIT,
    });
  }

  call(url, name, ...args) {
    const inPage = `/${url.slice(project.href.length)}`;
    const run = async (module, name, args) => (await import(module))[name](...args);
    return this.#page.evaluate(run, inPage, name, args);
  }

  /** All threads of the browser. The caller makes sure that this process started nothing else. */
  threads() {
    return threadsBelow(process.pid);
  }

  async close() {
    await this.#browser.close();
    await this.#server.close();
  }
}
