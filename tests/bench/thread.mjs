// The thread of the runtime's contenders. lab.mjs is the owner's side.

import { Serial } from './serial.mjs';

const isNode = typeof process === 'object';
const port = isNode ? (await import('node:worker_threads')).parentPort : self;
let serial;

const commands = {
  load: (module) => void (serial = new Serial(module)),
  prepare: (loop) => serial.prepare(loop),
  run: (what) => serial.run(what),
  share: (what) => serial.share(what),
  warm: (what) => serial.warm(what),
  echo: (value) => value,

  /**
   * The least time of a round trip: waits for words[0], answers at words[1]. Ends when words[0] is
   * 2.
   */
  answer(words) {
    for (;;) {
      Atomics.wait(words, 0, 0);
      if (Atomics.load(words, 0) === 2) return;
      Atomics.store(words, 0, 0);
      Atomics.store(words, 1, 1);
      Atomics.notify(words, 1);
    }
  },

  /**
   * Wakes the thread that is in answer(), each time after a sleep of about `rest` nanoseconds.
   * @returns microseconds until each answer was there
   */
  wake({ words, trips, rest }) {
    const times = [];
    while (times.length < trips) {
      for (const end = performance.now() + rest / 1e6; performance.now() < end; );
      const begin = performance.now();
      Atomics.store(words, 0, 1);
      Atomics.notify(words, 0);
      while (!Atomics.load(words, 1));
      times.push((performance.now() - begin) * 1000);
      Atomics.store(words, 1, 0);
    }
    return times;
  },

  /**
   * Two threads that never sleep hand a number to and fro; both words begin at 0.
   * @returns microseconds of a round trip
   */
  volley({ words, trips, serve }) {
    let begin = 0;
    for (let i = 1; i <= trips; i++) {
      if (serve) Atomics.store(words, 0, i);
      while (Atomics.load(words, serve ? 1 : 0) !== i);
      if (!serve) Atomics.store(words, 1, i);
      begin ||= performance.now();
    }
    return ((performance.now() - begin) * 1000) / (trips - 1);
  },
};

function receive({ id, name, value }) {
  try {
    port.postMessage({ id, result: commands[name](value) });
  } catch (error) {
    port.postMessage({ id, error: error.message });
  }
}

if (isNode) port.on('message', receive);
else port.onmessage = ({ data }) => receive(data);
port.postMessage({ id: 0 });
