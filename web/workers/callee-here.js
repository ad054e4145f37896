/** The callee of call() in the mode without threads: on the owner's thread. */
import { parcel, unpack } from '../memory/values.js';
import { Callee } from './callee.js';

/** came(answer, reply): see tasks/answers.js. */
export function calleeHere(memory, came) {
  const reply = (more) => callee.take(more);
  const answer = (message, transfer) => {
    unpack(parcel([message], transfer).message) // a clone, as a worker's
      .then(([copy]) => came(copy, reply));
  };
  const callee = new Callee({ memory, answer, leave: () => {} });
  return callee;
}
