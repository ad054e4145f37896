// Shared by the tests of the host.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { Runtime } from '../../web/index.js';
import { createMemory } from '../../web/wasm/module.js';
import { place } from '../../web/wasm/placement.js';
import { beforeHeap as lowPart, highMemory, startHigh, TAKEN } from './high.mjs';
import { BUILDS } from './tiers/host.mjs';

export { heapOf } from './high.mjs';

/** Where the built modules are. */
const build = process.env.FILCH_BUILD
  ? pathToFileURL(`${process.env.FILCH_BUILD}/`)
  : new URL('../../build/', import.meta.url);

/** See high.mjs. */
export const HIGH = process.env.FILCH_TEST_HIGH;

/**
 * The modules with the test kernels: Emscripten's and plain clang's, or one of them; or the one to
 * be placed. In `make test` the tests run with Emscripten's, and many of them once more with plain
 * clang's (tests/js/tiers); in `make nightly` always with both.
 */
export const builds = HIGH === 'all' ? ['filch-placed-test.wasm'] : buildsAskedFor().split(' ');

function buildsAskedFor() {
  const { FILCH_TEST_BUILDS, NIGHTLY } = process.env;
  return FILCH_TEST_BUILDS ?? (NIGHTLY === '1' ? BUILDS : 'filch-test.wasm');
}

export const moduleUrl = (name) => new URL(name, build);

const compiled = new Map();

export function moduleOf(name) {
  if (!compiled.has(name)) {
    const bytes = readFile(moduleUrl(name)).catch(() =>
      assert.fail(`${moduleUrl(name)} is missing: run make build`),
    );
    compiled.set(
      name,
      bytes.then((found) => WebAssembly.compile(found)),
    );
  }
  return compiled.get(name);
}

/** Whether the module can be placed in a region. */
const canBePlaced = (name) => name.includes('placed');

/** Runtime.start(), and where the environment says so, with high addresses. */
export async function startAt(options, Class = Runtime) {
  const isOurs = HIGH !== 'all' || options.module === (await moduleOf(builds[0]));
  return startHigh(Class, options, isOurs ? HIGH : undefined);
}

/** See high.mjs. */
export const beforeHeap = (runtime, first) => lowPart(runtime, first, HIGH);

/** A memory for a module's exports alone: { memory, place, end }, all of it high for 'all'. */
export function bareMemory(module, bytes) {
  if (HIGH !== 'all') return { memory: createMemory(bytes).memory, place: undefined, end: bytes };
  const memory = highMemory(bytes);
  const end = TAKEN + bytes;
  return { memory, place: place(module, memory, { address: TAKEN, bytes }, end), end };
}

export const shippedModule = () => moduleOf('filch.wasm');

/**
 * A test of the host on each build. `body(start, t)`: start(options) gives a runtime on that build,
 * with two workers unless the options say otherwise, closed when the test ends.
 */
export function eachBuild(name, body, { files = builds, ...options } = {}) {
  for (const file of files) {
    test(`${name} [${file.replace('.wasm', '')}]`, { timeout: 60_000, ...options }, async (t) => {
      const module = await moduleOf(file);
      const start = async (more = {}) => {
        const runtime = await startAt({ module, workers: 2, memory: 2 ** 24, ...more });
        t.after(() => runtime.close());
        return runtime;
      };
      await body(start, t, file);
    });
  }
}

/**
 * The same, each time with threads and in the cooperative mode, where start() gives one worker.
 * body(start, t, mode).
 */
export function eachMode(name, body, options) {
  for (const mode of ['threads', 'cooperative']) {
    eachBuild(
      `${name}, ${mode}`,
      (start, t) => body((more) => start({ mode, ...more }), t, mode),
      options,
    );
  }
}

/** eachMode() on one build, for what JavaScript alone does. */
export const bothModes = (name, body, options) =>
  eachMode(name, body, { ...options, files: builds.slice(0, 1) });

/** The range of a loop that runs for days: tests cancel that loop. */
export const ENDLESS = [0, 2 ** 53 - 1];

/** Resolves when `condition` holds; fails after `limit` ms. */
export async function until(condition, what = String(condition), limit = 20_000) {
  const end = performance.now() + limit;
  while (!condition()) {
    if (performance.now() > end) assert.fail(`not within ${limit} ms: ${what}`);
    await sleep(2);
  }
}

/**
 * { job }, paused halfway. A promise would wait for the job itself.
 */
export async function halfway(post) {
  for (let round = 0; round < 100; round++) {
    const job = post();
    while (job.progress === 0) {
      // The job may last no longer than a turn of the event loop: look at little else.
      for (let end = performance.now() + 2; job.progress === 0 && performance.now() < end; );
      if (job.progress === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await job.pause();
    if (job.status === 'paused' && job.progress < 1) return { job };
    job.resume(); // a job that ran to its end before the pause settles on resume()
    await job;
  }
  assert.fail('it always ends before it can be paused');
}

/** Holds workers inside a kernel until open(). */
export class Gate {
  constructor(runtime) {
    this.runtime = runtime;
    this.words = runtime.alloc(Uint32Array, 2);
  }

  /** Resolves when `count` iterations stand at the gate. */
  async hold(count = 1, options = {}) {
    const before = Atomics.load(this.words, 1);
    const jobs = Array.from({ length: count }, () => this.post(options));
    await until(
      () => Atomics.load(this.words, 1) - before === count,
      `${count} iterations at the gate`,
    );
    return jobs;
  }

  post(options = {}) {
    return this.runtime.post('gate', { range: [0, 1], args: { gate: this.words }, ...options });
  }

  open() {
    Atomics.store(this.words, 0, 1);
  }

  shut() {
    Atomics.store(this.words, 0, 0);
  }
}

/**
 * Runs an ES module's text in a process of its own; `runtime` may be started there by
 * `start(options)`, which the text HEAD makes. Gives { code, stdout, stderr, ms }.
 */
export function inProcess(
  source,
  { limit = 30_000, flags = [], file = builds[0], before = '' } = {},
) {
  const at = (name) => JSON.stringify(new URL(name, import.meta.url).href);
  const high = HIGH === 'all' && !canBePlaced(file) ? undefined : HIGH;
  const head = `
    const filch = await import(${at('../../web/index.js')});
    const { startHigh } = await import(${at('high.mjs')});
    const module = new URL(${JSON.stringify(moduleUrl(file).href)});
    const start = (options) => startHigh(
      filch.Runtime, { module, workers: 2, memory: 2 ** 24, ...options }, ${JSON.stringify(high)});
  `;
  const program = `${before}; const HEAD = ${JSON.stringify(head)}; ${head} ${source}`;
  const began = performance.now();
  return new Promise((resolve) => {
    const args = [...flags, '--input-type=module', '--eval', program];
    execFile(process.execPath, args, { timeout: limit }, (error, stdout, stderr) => {
      resolve({
        code: error ? (error.code ?? error.signal) : 0,
        stdout: stdout.trim(),
        stderr,
        ms: performance.now() - began,
      });
    });
  });
}

/** For inProcess()'s `before`: see like-a-browser.mjs. */
export const likeABrowser = (query = '') =>
  `await import(${JSON.stringify(new URL(`./like-a-browser.mjs${query}`, import.meta.url).href)});`;

/** Arguments of the kernel mandelbrot, for a picture of 8 by 8 points. */
export function picture(runtime, more) {
  return {
    out: runtime.alloc(Uint8Array, 4 * 64),
    width: 8,
    height: 8,
    cx: 0,
    cy: 0,
    scale: 1,
    limit: 10,
    ...more,
  };
}
