// The package in a realm of its own, as in Jest: classes there are not those of Node's modules and
// messages, and jsdom lacks some.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { builds, moduleUrl } from '../helpers.mjs';

const program = fileURLToPath(new URL('./realm.mjs', import.meta.url));
const REALMS = {
  "jsdom's globals": [],
  "jsdom's globals, and Node's bytes": ['ArrayBuffer', 'Uint8Array'],
  "Node's globals":
    'ArrayBuffer BroadcastChannel MessageChannel TextDecoder TextEncoder Uint8Array fetch setImmediate structuredClone'.split(
      ' ',
    ),
};

for (const mode of ['threads', 'cooperative']) {
  for (const [name, shared] of Object.entries(REALMS)) {
    test(`in a realm with ${name}, ${mode}`, async () => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--experimental-vm-modules', program, mode, moduleUrl(builds[0]).href, ...shared],
        { timeout: 60_000 },
      );
      assert.equal(stdout, 'done\n');
    });
  }
}
