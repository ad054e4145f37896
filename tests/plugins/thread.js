// A kernel in JavaScript that writes about its thread, as JSON, and how long that is.
import { workerData } from 'node:worker_threads';

export default function ({ args, state }) {
  const { env, argv, execArgv } = process;
  const told = Buffer.from(JSON.stringify({ env, argv: argv.slice(2), execArgv, workerData }));
  if (told.length > args.out.length) return 1;
  args.out.set(told);
  state.length = told.length;
}
