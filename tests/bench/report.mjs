// Rows of measures as text, and as the Markdown table for the README. A row:
//
//   what     the measure
//   of       the ratio or the quantile
//   figure   a summary (stats.mjs), in `unit`
//   aim      { most } or { least }, or none
//   lines    further summaries: { name, unit, ... }

const digits = (value, unit) => {
  if (unit === 'per second') return Math.round(value).toLocaleString('en');
  const size = Math.abs(value);
  return value.toFixed(unit === 'x' && size < 10 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0);
};
const amount = (value, unit) =>
  unit === 'x' ? digits(value, unit) : `${digits(value, unit)} ${unit}`;
const spread = ({ low, high, min, max, n }, unit) =>
  n > 1
    ? ` (quartiles ${digits(low, unit)}..${digits(high, unit)}, all ${digits(min, unit)}..${digits(max, unit)})`
    : '';

export const met = ({ figure, aim }) =>
  !aim || (aim.most === undefined ? figure.median >= aim.least : figure.median <= aim.most);
const aimed = ({ aim, unit }) =>
  !aim
    ? ''
    : aim.most === undefined
      ? `at least ${amount(aim.least, unit)}`
      : `at most ${amount(aim.most, unit)}`;

export function text(row) {
  const { what, of, figure, unit, lines } = row;
  return [
    `  ${what}`,
    `    ${amount(figure.median, unit)}  ${of}${spread(figure, unit)}${row.aim ? `; aim: ${aimed(row)}: ${met(row) ? 'met' : 'MISSED'}` : ''}`,
    ...lines.map(
      (line) => `      ${line.name}: ${amount(line.median, line.unit)}${spread(line, line.unit)}`,
    ),
  ].join('\n');
}

/**
 * One row for each measure, one column for each environment.
 * @param {{ name: string, rows: object[] }[]} results
 */
export function markdown(results) {
  const rows = new Map();
  results.forEach(({ rows: own }) => own.forEach((row) => rows.set(`${row.what}: ${row.of}`, row)));
  const cell = (row) =>
    row ? `${amount(row.figure.median, row.unit)}${met(row) ? '' : ' (missed)'}` : '';
  const find = ({ rows: own }, what) =>
    cell(own.find((row) => row.what === what.what && row.of === what.of));
  const lines = [...rows.values()].map(
    (row) =>
      `| ${row.what}: ${row.of} | ${aimed(row)} | ${results.map((result) => find(result, row)).join(' | ')} |`,
  );
  const head = ['measure', 'aim', ...results.map(({ name }) => name)];
  return [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...lines].join('\n');
}
