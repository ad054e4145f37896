// The interface of a page for tests, the same in every engine. Coordinates and sizes are CSS
// pixels.

import { setTimeout as sleep } from 'node:timers/promises';

/** How long anything may take, in milliseconds, unless a caller says otherwise. */
export const LIMIT = 30_000;

const POLL = 50;

/** Settles as `promise` does, or fails after `limit` ms and names the condition. */
export async function within(limit, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${limit} ms`)), limit);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Calls `attempt` until it returns something truthy, and returns that. A throw counts as "not
 * yet": the last one is the cause of the error that names the condition.
 */
export async function eventually(limit, what, attempt) {
  const end = performance.now() + limit;
  for (;;) {
    let cause;
    try {
      const value = await attempt();
      if (value) return value;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > end) {
      const why = cause ? ` (${cause.message})` : '';
      throw new Error(`${what}: not within ${limit} ms${why}`, { cause });
    }
    await sleep(POLL);
  }
}

/** The part that all engines share; PlaywrightPage and WebKitPage add the rest. */
export class Page {
  /** The longest that any one call may take, in milliseconds; opening has the usual limit. */
  limit = LIMIT;

  constructor(engine) {
    this.engine = engine;
  }

  /**
   * Runs a function, or the source of an expression, in the page and returns the result, or the
   * result of a promise. A function sees nothing of the module around it; arguments and result pass
   * as JSON. An error of the page is thrown here, with the page's stack.
   */
  async evaluate(code, ...args) {
    // One string in and one string out: engines differ in how they carry anything richer.
    const source = `(async () => {
      try {
        const value = (${code}
        );
        const result = typeof value === 'function' ? value(...${JSON.stringify(args)}) : value;
        return JSON.stringify({ result: await result });
      } catch (error) {
        const { name = 'Error', message = String(error), stack = '' } = error ?? {};
        return JSON.stringify({ error: { name, message, stack } });
      }
    })()`;
    const what = `${this.engine}: evaluating ${String(code).slice(0, 80)}`;
    const { result, error } = JSON.parse(await within(this.limit, what, this.run(source)));
    if (error) throw pageError(this.engine, error);
    return result;
  }

  /** Evaluates until the result is truthy, and returns it. */
  waitFor(code, ...args) {
    const what = `${this.engine}: waiting for ${String(code).slice(0, 80)}`;
    return eventually(this.limit, what, () => this.evaluate(code, ...args));
  }

  async reload() {
    await this.goto(await this.evaluate('location.href'));
  }

  /** Presses at `from`, moves to `to` and lets go; both are relative to the element's corner. */
  async drag(selector, from, to) {
    const { x, y } = await this.box(selector);
    const dragging = this.dragBetween(
      { x: x + from.x, y: y + from.y },
      { x: x + to.x, y: y + to.y },
    );
    await within(this.limit, `${this.engine}: dragging on ${selector}`, dragging);
  }

  /** Turns the wheel over the middle of the element. */
  async wheel(selector, dx, dy) {
    const { x, y, width, height } = await this.box(selector);
    const scrolling = this.scrollAt({ x: x + width / 2, y: y + height / 2 }, dx, dy);
    await within(this.limit, `${this.engine}: the wheel on ${selector}`, scrolling);
  }

  /** Where the element stands in the viewport, scrolled into view. */
  box(selector) {
    return this.waitFor((selector) => {
      const element = document.querySelector(selector);
      element?.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
      return element?.getBoundingClientRect().toJSON();
    }, selector);
  }
}

function pageError(engine, { name, message, stack }) {
  const error = new Error(message);
  error.name = name;
  // V8's stacks begin with name and message, the others' do not.
  const frames = stack.startsWith(`${name}: ${message}`)
    ? stack.slice(`${name}: ${message}`.length).trim()
    : stack;
  error.stack = [`${name}: ${message}`, `(in the page, ${engine})`, ...frames.split('\n')]
    .map((line) => line.trim())
    .filter(Boolean)
    .join('\n    ');
  return error;
}
