import { Runtime } from 'filch';

const runtime = await Runtime.start({ workers: 2 });
const { state } = await runtime.post('sieve', { range: [0, 2], args: { limit: 1e6 } });

const schema = { fields: { data: 'array f64', sum: 'state i32' } };
await runtime.define('sum', new URL('./kernel.js', import.meta.url), schema);
const data = runtime.alloc(Float64Array, 1000).fill(1);
const {
  state: { sum },
} = await runtime.post('sum', { range: [0, data.length], args: { data } });

const text = `${runtime.mode}: ${state.count} primes, sum ${sum}`;
if (globalThis.document) document.title = text;
else console.log(text);
await runtime.close();
