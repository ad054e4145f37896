// Faults of the host that the simulation must find, each by itself in a copy of web/. A row has the
// fault's name, the file, the code to find, the code in its place, and what the package finds
// around it, if only that shows the fault. `quick` ones are in make test.

/** @type {[name: string, find: string, replace: string, how?: object][]} */
const of = (file, rows) =>
  rows.map(([name, find, replace, how = {}]) => ({ name, file, find, replace, ...how }));

export const mutants = [
  ...of('tasks/settle.js', [
    ['a task may settle twice', 'if (first.settled) return;', '', { quick: true }],
    ['a dependent may settle twice', 'if (task.settled) continue;', ''],
    [
      'queued dependents of a broken job are forgotten',
      '(isBroken(task) && dependents) || NONE',
      'NONE',
    ],
    ['a dependent that came early is forgotten', '...(early ?? NONE)', ''],
  ]),
  ...of('tasks/scheduler.js', [
    [
      'a queued task that is cancelled stays outstanding',
      'if (!--this.outstanding) this.#parts.busy(false);',
      'if (task.handle && !--this.outstanding) this.#parts.busy(false);',
      { quick: true },
    ],
    [
      'slots of settled jobs stay taken',
      'if (!task.stopped || task.awaitsAnswer) this.#slots.takeBack(task);',
      "if (state === 'done') this.#slots.takeBack(task);",
    ],
    [
      'a lost worker is not recovered in the module',
      'this.#wasm.filch_host_worker_lost(worker);',
      '',
    ],
  ]),
  ...of('tasks/resources.js', [
    ['arrays of a job stay in use', 'for (const block of this.blocks) block.users--;', ''],
    ['memory of a job stays', 'if (block?.live) heap.release(block);', ''],
  ]),
  ...of('tasks/running-calls.js', [
    [
      'calls whose worker is gone are awaited for ever',
      "this.#parts.settle(task, 'failed', workerLost(task, 'the worker that ran it has ended'));",
      '{}',
    ],
    ['an answer settles nothing', 'if (task.awaitsAnswer) this.#parts.settle(task);', ''],
  ]),
  ...of('tasks/backpressure.js', [
    [
      'ready() of one caller resolves alone',
      'for (const resolve of this.#waiting.splice(0)) resolve();',
      'for (const resolve of this.#waiting.splice(0, 1)) resolve(); this.#waiting = [];',
    ],
  ]),
  ...of('tasks/waits.js', [
    ['no worker hears of jobs that go on', 'this.#wasm.filch_host_wake();', ''],
    ['the end of a time is not told', 'this.#wasm.filch_host_ring();', '', { quick: true }],
    ['the first wait alone gets a timer', 'this.#timer = undefined;', ''],
  ]),
  ...of('tasks/wait-paused.js', [
    ['pause() of a job that has settled waits on', 'this.#waits.get(task)?.poll();', ''],
  ]),
  ...of('workers/handle.js', [
    [
      'the answer of a worker that links is lost',
      '[LINKED]: (answer) => this.#asked.get(answer.ask)?.(answer),',
      '[LINKED]: () => {},',
      { quick: true },
    ],
    [
      'a dead worker answers nothing',
      'for (const answer of this.#asked.values()) answer(this);',
      '',
    ],
  ]),
  ...of('workers/pool.js', [
    [
      'the owner is not told of a worker that has ended',
      'if (!this.#closing) this.#parts.recover(worker);',
      '',
      { quick: true },
    ],
    [
      'a worker that is ended takes further tasks',
      'if (!isNow) this.#recall(handle); handle.fail',
      'handle.fail',
      { like: 'browser' },
    ],
    [
      'workers that stand by are not asked back',
      'for (const handle of this.#handles) if (handle) this.#runAgain(handle);',
      '',
      { like: 'browser' },
    ],
  ]),
  ...of('workers/linker.js', [
    [
      'the only worker is replaced again and again for what it cannot link',
      'if (!known.some((each) => this.#parts.isWorking(each) && hasAll(each))) return;',
      '',
    ],
  ]),
  ...of('workers/linker.js', [
    [
      'code that a module has left behind keeps its worker for ever',
      "if (!isBusy(handle.worker)) handle.fail('code that a module has left there does not end');",
      '{}',
      { quick: true },
    ],
    [
      'a recalled worker in a long task is taken for one with code left behind',
      'if (!isBusy(handle.worker)) handle.fail',
      'handle.fail',
    ],
    [
      'a start function that hangs is awaited for ever',
      'inTime(answer, this.#parts.importLimit, LATE),',
      'answer,',
    ],
  ]),
  ...of('wasm/link.js', [
    [
      'a kernel that is not linked traps like any other',
      'throw notLinked(`${source}: ${why}`);',
      'throw new Error(why);',
      { quick: true },
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
      'soon(this.#poll);\n    }\n    if (this.#glancing',
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
  ...of('api/parts.js', [
    ['a job keeps the process for ever', 'alive.reasons += on ? 1 : -1;', 'alive.reasons++;'],
    [
      'no job keeps the process',
      'alive.reasons += on ? 1 : -1;\n      parts.autoscale',
      'parts.autoscale',
    ],
  ]),
  ...of('api/runtime.js', [
    [
      'jobs are outstanding after close()',
      'this.#abandon(); doorbell?.close();',
      'doorbell?.close();',
    ],
  ]),
];
