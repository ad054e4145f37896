// Rings under every schedule with up to so many preemptions, then random ones: the package's own
// files, on two threads in lock-step.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { explore } from './explore.mjs';
import { scenarios } from './scenarios.mjs';

const web = new URL('../../../../web', import.meta.url).href;

describe('rings', () => {
  for (const name of Object.keys(scenarios)) {
    test(name, async (t) => {
      const { executions, wrong, plan } = await explore(web, name, { preemptions: 2, walks: 5000 });
      assert.equal(wrong, undefined, `with the other side going on at the steps ${plan}`);
      t.diagnostic(`${executions} executions`);
    });
  }
});
