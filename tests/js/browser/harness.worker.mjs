// Sleeps on the first word of the memory that it is sent, then says how it was woken.
onmessage = ({ data: memory }) => {
  const word = new Int32Array(memory.buffer);
  const woken = Atomics.wait(word, 0, 0);
  Atomics.store(word, 1, 42);
  postMessage(woken);
};
