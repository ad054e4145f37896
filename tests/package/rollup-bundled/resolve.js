// Finds packages, as @rollup/plugin-node-resolve does, and tells Rollup what their "sideEffects"
// says.
import { readFileSync } from 'node:fs';

const { exports, sideEffects } = JSON.parse(readFileSync('node_modules/filch/package.json'));

export default () => ({
  name: 'resolve',
  resolveId(source) {
    if (!source.startsWith('filch')) return null;
    const target = exports[source.replace('filch', '.')];
    return {
      id: `${process.cwd()}/node_modules/filch/${target.default ?? target}`,
      moduleSideEffects: sideEffects.includes(target),
    };
  },
});
