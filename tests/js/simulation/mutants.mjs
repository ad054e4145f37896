// Faults of the host that the simulation must find, each by itself in a copy of web/. A row has the
// fault's name, the file, the code to find, the code in its place, and what the package finds
// around it, if only that shows the fault. `quick` ones are in make test.

/** @type {[name: string, find: string, replace: string, how?: object][]} */
const of = (file, rows) =>
  rows.map(([name, find, replace, how = {}]) => ({ name, file, find, replace, ...how }));

export const mutants = [
  ...of('tasks/scheduler.js', [
    [
      'a task may settle twice',
      'if (task.settled || (!end.length &&',
      'if ((!end.length &&',
      { quick: true },
    ],
    [
      'a queued task that is cancelled stays outstanding',
      'if (!--this.outstanding) this.#busy(false);',
      'if (task.handle && !--this.outstanding) this.#busy(false);',
      { quick: true },
    ],
    [
      'queued dependents of a broken job are forgotten',
      "for (const next of dependents) all.push([next, ['failed', dependencyFailed(next, task)]]);",
      '{}',
    ],
    [
      'a dependent that came early is forgotten',
      'for (const next of early) all.push([next, []]);',
      '',
    ],
    [
      'memory of a job that is not done stays',
      'task.resources.release(this.#heap);\n    task.settle(state, outcome);',
      "if (state === 'done') task.resources.release(this.#heap);\n    task.settle(state, outcome);",
    ],
    [
      'arrays of a job that is not done stay in use',
      'for (const block of task.resources.blocks) block.users--;',
      "for (const block of task.resources.blocks) block.users -= Number(state === 'done');",
    ],
    [
      'slots of settled jobs stay taken',
      'this.#posted--;\n      this.#trace',
      "this.#posted -= Number(state === 'done');\n      this.#trace",
    ],
    [
      'calls whose worker is gone are awaited for ever',
      "this.#settle(task, 'failed', workerLost(task, 'the worker that ran it has ended'));",
      '',
    ],
    [
      'a lost worker is not recovered in the module',
      'this.#wasm.filch_host_worker_lost(worker);',
      '',
    ],
    [
      'a post finds no slot after an answer',
      'this.#settle(task);\n    this.refill();\n  }\n\n  recover(',
      'this.#settle(task);\n  }\n\n  recover(',
    ],
  ]),
  ...of('tasks/backpressure.js', [
    [
      'ready() of one caller resolves alone',
      'for (const resolve of this.#waiting.splice(0)) resolve();',
      'for (const resolve of this.#waiting.splice(0, 1)) resolve(); this.#waiting = [];',
    ],
  ]),
  ...of('tasks/wait-paused.js', [
    ['pause() of a job that has settled waits on', 'this.#waits.get(task)?.poll();', ''],
  ]),
  ...of('workers/handle.js', [
    [
      'the answer of a worker that links is lost',
      "this.#asked.shift()?.(data.reason ?? '');",
      'this.#asked.shift();',
      { quick: true },
    ],
    ['a dead worker answers nothing', 'for (const answer of this.#asked) answer(reason);', ''],
    ['a worker dies twice', "if (this.state === 'dead') return;", ''],
  ]),
  ...of('workers/pool.js', [
    [
      'the owner is not told of a worker that has ended',
      'this.#on.recover(worker);\n    if (worker >= this.#wanted) {',
      'if (worker >= this.#wanted) {',
      { quick: true },
    ],
    [
      'a worker that is ended takes further tasks',
      'if (afterlife && handle) this.#recall(handle); handle?.fail',
      'handle?.fail',
      { like: 'browser' },
    ],
    [
      'workers that stand by are not asked back',
      'for (const handle of this.#handles) this.#runAgain(handle);',
      '',
    ],
  ]),
  ...of('workers/doorbell.js', [
    [
      'the owner listens once',
      'this.#waiting = false;\n        this.notify();',
      'this.notify();',
      { quick: true },
    ],
    [
      'a post silences the workers',
      'this.#soon();\n    }\n    if (this.#glancing',
      '}\n    if (this.#glancing',
    ],
  ]),
  ...of('workers/autoscale.js', [
    [
      'workers do not come back after idle time',
      'this.#pool.resize({ wanted: this.#asked });\n    }\n  }',
      '}\n  }',
    ],
  ]),
  ...of('api/runtime.js', [
    ['a job keeps the process for ever', 'alive.reasons += on ? 1 : -1;', 'alive.reasons++;'],
    [
      'no job keeps the process',
      'alive.reasons += on ? 1 : -1;\n        this.#autoscale',
      'this.#autoscale',
    ],
    ['jobs are outstanding after close()', 'await end();\n    this.#abandon();', 'await end();'],
  ]),
  ...of('workers/receiver.js', [
    ['a worker stays out after its functions', 'if (!home) home = again();', 'home = true;'],
  ]),
];
