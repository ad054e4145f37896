// A kernel in JavaScript: sums data[i], and the squares of it.
export default function ({ args, state, worker }, begin, end) {
  if (end > args.data.length) return 2;
  for (let i = begin; i < end; i++) {
    if (args.data[i] === args.bad) throw new RangeError(`element ${i} is ${args.bad}, seen by worker ${worker}`);
    state.sum += args.data[i];
  }
  state.big += BigInt(end - begin);
}
