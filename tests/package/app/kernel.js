/** Adds numbers up. */
export default function ({ args, state }, begin, end) {
  for (let i = begin; i < end; i++) state.sum += args.data[i];
}
