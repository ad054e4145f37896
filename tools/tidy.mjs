// node tools/tidy.mjs           all that the tests of tests/tidy/ would say, in a second or two
// node tools/tidy.mjs words     one of: layers, columns, addresses, lines, parameters, words,
//                               initialisers
// node tools/tidy.mjs words runtime/core   of paths that contain this
import { checkLayers } from './tidy/arrows.mjs';
import { readFiles } from './tidy/files.mjs';
import { runtime, web } from './tidy/layers.mjs';
import { checkRules, ENDS } from './tidy/rules.mjs';

const [rule, path = ''] = process.argv.slice(2);
const layers = [runtime, web].flatMap((table) =>
  checkLayers(readFiles([table.root], table.ends), table),
);
const found = { layers, ...checkRules(readFiles(['.'], ENDS)) };
if (rule && !found[rule]) {
  console.error(`usage: node tools/tidy.mjs [${Object.keys(found).join('|')}] [part of a path]`);
  process.exit(2);
}
for (const [name, problems] of Object.entries(found)) {
  if (rule && name !== rule) continue;
  const ours = problems.filter((problem) => problem.split(': "')[0].includes(path));
  for (const problem of ours) console.log(problem);
  console.log(`${name}: ${ours.length}`);
  if (ours.length) process.exitCode = 1;
}
