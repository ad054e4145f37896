// Errors by the types: each line that follows an expectation is an error, or the compiler reports
// the expectation.
import {
  type KernelFunction,
  copied,
  Runtime,
  transfer,
  type Job,
  type Ring,
  type RingPort,
} from 'filch';
import { connectRing } from 'filch/ring';

declare module 'filch' {
  interface Kernels {
    least: { args: { data: Float32Array }; state: {}; total: { least: number } };
    walk: { kind: 'fork'; args: { depth: number }; state: {} };
  }
}

declare const runtime: Runtime;
declare const job: Job<{ count: bigint }>;
declare const bytes: Uint8Array;

// @ts-expect-error made by start()
new Runtime();
// @ts-expect-error no such option
Runtime.start({ threads: 4 });
// @ts-expect-error a number, or 'auto'
Runtime.start({ workers: 'all' });
// @ts-expect-error no such mode
Runtime.start({ mode: 'serial' });
// @ts-expect-error not a typed array of the kernels'
runtime.alloc(Array, 8);
// @ts-expect-error a length
runtime.alloc(Uint8Array, '8');
// @ts-expect-error an array
runtime.free(8);

const args = { out: bytes, width: 8, height: 8, cx: 0, cy: 0, scale: 1, limit: 10 };
runtime.post('mandelbrot', { range: [0, 64], args });
// @ts-expect-error no options
runtime.post('mandelbrot');
// @ts-expect-error no args
runtime.post('mandelbrot', { range: [0, 64] });
// @ts-expect-error no range
runtime.post('mandelbrot', { args });
// @ts-expect-error a range has two ends
runtime.post('mandelbrot', { range: [64], args });
// @ts-expect-error no such priority
runtime.post('mandelbrot', { range: [0, 64], args, priority: 'urgent' });
// @ts-expect-error no such option
runtime.post('mandelbrot', { range: [0, 64], args, workers: 2 });
// @ts-expect-error an array of bytes
runtime.post('mandelbrot', { range: [0, 64], args: { ...args, out: new Float32Array(8) } });
runtime.post('mandelbrot', {
  range: [0, 64],
  // @ts-expect-error missing: limit
  args: { out: bytes, width: 8, height: 8, cx: 0, cy: 0, scale: 1 },
});
runtime.post('mandelbrot', {
  range: [0, 64],
  // @ts-expect-error no such argument
  args: { out: bytes, width: 8, height: 8, cx: 0, cy: 0, scale: 1, limit: 10, colour: 1 },
});
// @ts-expect-error a number
runtime.post('mandelbrot', { range: [0, 64], args: { ...args, width: '8' } });
runtime.post('resize', {
  range: [0, 1],
  args: {
    source: bytes,
    middle: new Float32Array(4),
    out: bytes,
    source_width: 1,
    source_height: 1,
    width: 1,
    height: 1,
    // @ts-expect-error neither pass
    pass: 2,
  },
});
// @ts-expect-error not an argument of any kernel
runtime.post('not-declared', { range: [0, 1], args: { text: true } });

// @ts-expect-error read only
job.id = 3;
// @ts-expect-error read only
job.progress = 1;
// @ts-expect-error no such field
job.then((result) => result.state.sum);
// @ts-expect-error no such state
job.status === 'pending';
// @ts-expect-error read only
runtime.mode = 'threads';

const data = new Float32Array(8);
// @ts-expect-error true or false
runtime.post('least', { range: [0, 8], args: { data }, deterministic: 1 });
// @ts-expect-error no reduction
runtime.post('mandelbrot', { range: [0, 64], args, deterministic: true });
// @ts-expect-error a range
runtime.post('least', { args: { data } });
// @ts-expect-error a fork has no range
runtime.post('walk', { range: [0, 1], args: { depth: 1 } });
// @ts-expect-error nor a grain
runtime.post('walk', { grain: 1, args: { depth: 1 } });
// @ts-expect-error no such field
runtime.post('least', { range: [0, 8], args: { data } }).then((result) => result.total.most);
// @ts-expect-error not a job
runtime.post('mandelbrot', { range: [0, 64], args, after: 7 });
// @ts-expect-error milliseconds
runtime.post('mandelbrot', { range: [0, 64], args, timeout: '1 s' });
// @ts-expect-error no such priority
job.priority = 'urgent';
// @ts-expect-error read only
job.args = {};
// @ts-expect-error bytes
runtime.restore('bytes');
// @ts-expect-error its range is saved
runtime.restore(new Uint8Array(8), { range: [0, 8] });

// @ts-expect-error the wrong array
runtime.post('mandelbrot', { range: [0, 64], args: { ...args, out: copied(new Float32Array(4)) } });
// @ts-expect-error text is for bytes alone
runtime.post('least', { range: [0, 8], args: { data: 'text' } });
// @ts-expect-error a range each
runtime.postMany('mandelbrot', [{ args }]);
// @ts-expect-error no such option
runtime.postMany('mandelbrot', [{ range: [0, 1], args }], { deterministic: true });
// @ts-expect-error no such detail
runtime.addEventListener('worker-crash', ({ detail }) => detail.job);
// @ts-expect-error no such order
Runtime.start({ queueOrder: 'random' });
// @ts-expect-error no such way
Runtime.start({ background: 'stop' });
// @ts-expect-error a number
runtime.resize('2');
// @ts-expect-error no such percentile
runtime.stats().runTime.p42;

// @ts-expect-error no such type
runtime.define('sum', 'https://example.org/sum.js', { fields: { data: 'array f16' } });
// @ts-expect-error no such kind
runtime.load('./k.wasm', { kernels: { k: { kind: 'fork' } } });
// @ts-expect-error a plug-in
runtime.unload('k');

const tasks = new URL('file:///tasks.js');
// @ts-expect-error the name of a function
runtime.call(tasks);
// @ts-expect-error arguments in an array
runtime.call(tasks, 'add', 1);
// @ts-expect-error no such option
runtime.call(tasks, 'add', [], { range: [0, 1] });
// @ts-expect-error a call has no grain
runtime.call(tasks, 'add', [], { grain: 1 });
// @ts-expect-error objects
runtime.call(tasks, 'add', [], { transfer: [8] });
// @ts-expect-error what it gives was said to be a number
runtime.call<number>(tasks, 'add', [1, 2]).then((text: string) => text);
// @ts-expect-error no result of a kernel
runtime.call<number>(tasks, 'add', [1, 2]).then((result) => result.iterations);
// @ts-expect-error a list of what is moved
transfer(new Float32Array(8));
// @ts-expect-error it stays what it was
transfer(new Float32Array(8), []) satisfies string;

const encode = (view: DataView, n: number) => view.byteLength + n;
const decode = (view: DataView) => view.getInt8(0);
declare const port: RingPort;
declare const ring: Ring<number, number>;
// @ts-expect-error no decode()
runtime.ring('whatever', { encode });
// @ts-expect-error it returns how many bytes
runtime.ring('whatever', { encode: () => 'text', decode });
// @ts-expect-error numbers alone
runtime.ring('whatever', { encode, decode }).send('text');
// @ts-expect-error neither way
runtime.ring('whatever', { encode, decode, flush: 'later' });
// @ts-expect-error no such option
runtime.ring('whatever', { encode, decode, size: 8 });
// @ts-expect-error a number
runtime.ring('mandelbrot', { encode, decode, args: { width: '8' } });
// @ts-expect-error the producer says that
runtime.ringPort('whatever', { encode, decode });
// @ts-expect-error its port, not both
connectRing(runtime.ringPort('whatever'), { encode, decode });
// @ts-expect-error no such option
connectRing(port, { encode, decode, bytes: 8 });
// @ts-expect-error numbers come back
ring.send(5).then((text: string) => text);
// @ts-expect-error read only
ring.needsDrain = true;
// @ts-expect-error made by ring() and connectRing()
new Ring();

// @ts-expect-error a name or a promise
runtime.event(5);
// @ts-expect-error it comes later
runtime.event('go').pulse();
// @ts-expect-error a number
(await runtime.event('go')).pulse('2');
// @ts-expect-error read only
(await runtime.event('go')).permits = 2;
const kept: KernelFunction = ({ wait }) => {
  // @ts-expect-error no such option
  return wait({ for: 5 });
};
// @ts-expect-error what wait() gives, alone
const made: KernelFunction = () => ({ event: 1 });
console.log(kept, made);
