/** The callee of call() in the mode without threads: on the owner's thread. */
import { parcel, unpack } from '../memory/values.js';
import { Callee } from './callee.js';

/** came(answer, reply): see tasks/running-calls.js. */
export function calleeHere(memory, came) {
  const reply = (more) => callee.take(more);
  let last; // a promise: answers come in their order
  const answer = (message, transfer) => {
    const sent = parcel([message], transfer).message; // a clone, as a worker's
    const unread = () => {}; // the next answer tells
    last = Promise.resolve(last).then(() =>
      unpack(sent).then(([copy]) => came(copy, reply), unread),
    );
  };
  const callee = new Callee({ memory, answer, leave: () => {} });
  return callee;
}
