// Numbers as the page writes them.

const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', {
  notation: 'compact',
  compactDisplay: 'long',
  maximumFractionDigits: 1,
});

export const count = (n) => whole.format(Math.round(n));
export const brief = (n) => (n < 10_000 ? count(n) : short.format(n));
export const percent = (share) => `${Math.round(share * 100)} %`;

export function duration(ms) {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms < 10 && ms >= 0.05 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** Bytes, in powers of 1024. */
export function bytes(n) {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) (n /= 1024), unit++;
  return `${n < 10 && unit ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}

/** A ratio, as in "2.4 times". */
export const times = (ratio) => `${ratio < 10 ? ratio.toFixed(1) : Math.round(ratio)} times`;

export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
