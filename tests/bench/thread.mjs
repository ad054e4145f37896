// Runs in a thread of its own: what the contenders of the runtime need. Owner's side: lab.mjs.

import { Serial } from './serial.mjs';

const isNode = typeof process === 'object';
const port = isNode ? (await import('node:worker_threads')).parentPort : self;
let serial;

const commands = {
  load: (module) => void (serial = new Serial(module)),
  prepare: (loop) => serial.prepare(loop),
  run: (what) => serial.run(what),
  warm: (what) => serial.warm(what),
  echo: (value) => value,

  /** The least that a round trip takes: waits for words[0], answers at words[1]. Ends when words[0] is 2. */
  answer(words) {
    for (;;) {
      Atomics.wait(words, 0, 0);
      if (Atomics.load(words, 0) === 2) return;
      Atomics.store(words, 0, 0);
      Atomics.store(words, 1, 1);
      Atomics.notify(words, 1);
    }
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
