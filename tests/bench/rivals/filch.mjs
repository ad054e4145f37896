// Filch beside its rivals: see ../measures/rivals.mjs for what a contender is. It takes as many posts as are given at once.

import { start } from '../lab.mjs';

const one = { range: [0, 1] };

async function checked(job, count) {
  const { iterations } = await job;
  if (iterations !== count) throw new Error(`${iterations} of ${count} tasks ran`);
}

export async function filch(workers, tasks) {
  const runtime = await start({ workers, maxQueue: tasks });
  await runtime.define('empty_js', new URL('./filch.kernel.js', import.meta.url), {});
  const loops = Array.from({ length: tasks }, () => one);
  const each = (post) => () => Promise.all(loops.map(post));
  return {
    trips: { run: () => runtime.run('empty', one), 'run, a kernel in JavaScript': () => runtime.run('empty_js', one) },
    bulks: {
      post: each(() => runtime.post('empty', one)),
      run: each(() => runtime.run('empty', one)),
      postMany: () => checked(runtime.postMany('empty', loops), tasks),
      'postMany, a kernel in JavaScript': () => checked(runtime.postMany('empty_js', loops), tasks),
    },
    end: () => runtime.close(),
  };
}
