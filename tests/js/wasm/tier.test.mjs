// A futex wait, compiled by each tier of the engine: see tests/fixtures/kernels/waits.c. Runs in
// every tier, see tests/js/tiers.
import assert from 'node:assert/strict';

import { eachBuild } from '../helpers.mjs';

eachBuild('values that live across a futex wait come back', async (start, t) => {
  const runtime = await start();
  const word = runtime.alloc(Uint32Array, 1);
  const { state } = await runtime.post('waits', { range: [0, 500], args: { word } });
  t.diagnostic(
    `${process.execArgv.join(' ')}: a wait amid live locals lost some of them ${state.lost_inline} times in 500`,
  );
  assert.equal(state.lost, 0);
});
