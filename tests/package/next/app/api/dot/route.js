import { copied, Runtime } from 'filch';

export async function GET() {
  const runtime = await Runtime.start({ workers: 2 });
  const array = copied(new Float64Array(1000).fill(2));
  const { sum } = await runtime.reduce('dot', { range: [0, 1000], args: { a: array, b: array } });
  const { mode } = runtime;
  await runtime.close();
  return Response.json({ mode, sum });
}
