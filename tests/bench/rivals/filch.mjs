// Filch beside its rivals: see ../measures/rivals.mjs for what a contender is. Filch takes as many
// posts as are given at once.

import { start } from '../lab.mjs';

const one = { range: [0, 1] };
const functions = new URL('../../fixtures/modules/tasks.js', import.meta.url);
/** A number there, and another one back. */
const number = {
  bytes: 2 ** 20,
  args: { by: 1 },
  encode(view, value) {
    view.setUint32(0, value, true);
    return 4;
  },
  decode: (view) => view.getUint32(0, true),
};

async function sentAll(ring, count) {
  const sent = [];
  for (let i = 0; i < count; i++) {
    if (ring.needsDrain) await ring.ready();
    sent.push(ring.send(i + 2 ** 20));
  }
  const sum = (await Promise.all(sent)).reduce((a, b) => a + b, 0);
  if (sum !== (count * (count - 1)) / 2 + count * (2 ** 20 + 1))
    throw new Error('records came back wrong');
}

async function checked(job, count) {
  const { iterations } = await job;
  if (iterations !== count) throw new Error(`${iterations} of ${count} tasks ran`);
}

export async function filch(workers, tasks) {
  const runtime = await start({ workers, maxQueue: tasks });
  await runtime.define('empty_js', new URL('./filch.kernel.js', import.meta.url), {});
  const loops = Array.from({ length: tasks }, () => one);
  await runtime.call(functions, 'nothing');
  const ring = runtime.ring('record', number);
  const each = (post) => () => Promise.all(loops.map(post));
  return {
    trips: {
      run: () => runtime.run('empty', one),
      'run, a kernel in JavaScript': () => runtime.run('empty_js', one),
      call: () => runtime.call(functions, 'nothing'),
    },
    bulks: {
      ring: () => sentAll(ring, tasks),
      call: each(() => runtime.call(functions, 'nothing')),
      post: each(() => runtime.post('empty', one)),
      run: each(() => runtime.run('empty', one)),
      postMany: () => checked(runtime.postMany('empty', loops), tasks),
      'postMany, a kernel in JavaScript': () => checked(runtime.postMany('empty_js', loops), tasks),
    },
    end: () => runtime.close(),
  };
}
