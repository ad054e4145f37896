/**
 * Signals between a ring's owner and its producer: a changed word in shared memory, or a message.
 */

/** The channel that carries signals where the engine has no Atomics.waitAsync. */
export const channelOf = ({ name, byMessage }) =>
  byMessage ? new BroadcastChannel(name) : undefined;

/**
 * Calls `look` whenever the word has changed, or at each message of the channel.
 *
 * @returns {() => void} ends that
 */
export function hear(words, word, channel, look) {
  let on = true;
  let seen = Atomics.load(words, word);
  const changed = () => {
    if (!on) return;
    seen = Atomics.load(words, word);
    look();
  };
  if (channel) {
    channel.onmessage = changed;
    channel.unref?.();
    return () => {
      on = false;
      channel.close();
    };
  }
  (async () => {
    while (on) {
      const wait = Atomics.waitAsync(words, word, seen);
      await (wait.async ? wait.value : undefined);
      changed();
    }
  })();
  return () => {
    on = false;
    Atomics.notify(words, word);
  };
}
