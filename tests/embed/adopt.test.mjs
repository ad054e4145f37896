// start({ memory, region }): the runtime in an Emscripten application's memory.

import { test } from 'node:test';
import { pageTests } from '../js/browser/suite.mjs';

const cases = await import('./adopt.page.mjs');
for (const [name, body] of Object.entries(cases))
  test(`${name} in Node`, { timeout: 60_000 }, body);
pageTests(new URL('./adopt.page.mjs', import.meta.url));
