// A kernel in JavaScript that ends its thread: it uses up the heap (how 0), or exits (1); any other way it does no harm.
const kept = [];

export default function ({ args }) {
  if (args.how === 1) process.exit(3);
  while (args.how === 0) kept.push(new Array(1000).fill(kept.length));
}
