// Run in the page by harness.test.mjs.

export async function a_shared_memory_reaches_a_worker_and_a_notify_wakes_it() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const word = new Int32Array(memory.buffer);
  const worker = new Worker(new URL('./harness.worker.mjs', import.meta.url), { type: 'module' });
  try {
    const answer = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(`worker: ${message}`));
    });
    worker.postMessage(memory);
    await Promise.race([notifyUntilHeard(word), answer]);
    const woken = await answer;
    if (woken !== 'ok') throw new Error(`Atomics.wait said ${woken}`);
    if (word[1] !== 42) throw new Error(`the worker's store reads ${word[1]}`);
  } finally {
    worker.terminate();
  }
}

/** Atomics.notify counts the threads that it wakes: one, as soon as the worker sleeps. */
async function notifyUntilHeard(word) {
  while (Atomics.notify(word, 0) === 0) await new Promise((resolve) => setTimeout(resolve));
}

export async function a_test_may_be_skipped({ engine, skip }) {
  skip(`shows how a test is skipped in ${engine}`);
}
