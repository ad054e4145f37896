// A kernel in JavaScript that is not there at once: it adds two numbers, when it has waited for what it needs.
import { setTimeout as sleep } from 'node:timers/promises';

await sleep(60);
const ready = true;

export default function ({ args, state }) {
  state.sum = ready ? args.a + args.b : NaN;
}
