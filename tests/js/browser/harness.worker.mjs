// Sleeps on the first word of the memory in its message, then says how the sleep ended.
onmessage = ({ data: memory }) => {
  const word = new Int32Array(memory.buffer);
  const woken = Atomics.wait(word, 0, 0);
  Atomics.store(word, 1, 42);
  postMessage(woken);
};
