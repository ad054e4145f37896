// The arrows between files, and whether each points down: see layers.mjs. The runtime is compiled
// as one file, so the compiler sees neither a missing #include nor a call to a file above: both are
// looked for here.
import { posix } from 'node:path';

import { readC } from './c.mjs';
import { readJs } from './js.mjs';

/** @typedef {{ from: string, to: string, says: string }} Arrow */

const withoutEnd = (path) => path.replace(/\.(c|h|js)$/, '');

/**
 * @returns {{ layer: number, folder: string, place: number } | null} Where a file stands; null:
 * nowhere.
 */
function placeOf(path, { root, layers }) {
  const [first, ...rest] = posix.relative(root, path).split('/');
  const folder = rest.length ? first : '.';
  const layer = layers.findIndex(({ folders }) => folders.includes(folder));
  if (layer < 0) return null;
  const { files, only } = layers[layer];
  const name = withoutEnd(rest.length ? rest.join('/') : first);
  const place = files ? files.indexOf(name) : 0;
  return place < 0 || (only && !only.includes(name)) ? null : { layer, folder, place };
}

/**
 * @returns {Arrow[]} Of C: includes, and calls and uses of other files. `problems` gets what could
 * hide one.
 */
function arrowsOfC(files, { root }, problems) {
  const parsed = new Map([...files].map(([path, text]) => [path, readC(text)]));
  /** name -> the files that define it, for others to use. @type {Map<string, Set<string>>} */
  const definers = new Map();
  const names = new Map();
  for (const [path, { functions, objects }] of parsed) {
    const others = functions.filter(({ isStatic }) => !isStatic || path.endsWith('.h'));
    for (const { name } of [...others, ...objects])
      definers.set(name, (definers.get(name) ?? new Set()).add(path));
    for (const { name } of functions) names.set(name, '()');
  }
  const found = [];
  for (const [path, { includes, odd, promised, uses, functions }] of parsed) {
    for (const { text } of odd) problems.push(`${path} has ${text}: an include names its file`);
    for (const { name } of promised) {
      if (!functions.some((each) => each.name === name))
        problems.push(`${path} declares ${name}() static and does not define it`);
    }
    for (const { path: name, isSystem } of includes) {
      const places = [posix.dirname(path), root, posix.join(root, 'include')].map((folder) =>
        posix.join(folder, name),
      );
      const to = places.find((place) => files.has(place)) ?? name;
      if (isSystem && !files.has(to)) continue;
      found.push({ from: path, to, says: `${path} includes ${to}` });
    }
    const own = new Set(functions.map(({ name }) => name));
    for (const name of new Set(uses.map((use) => use.name))) {
      const those = [...(definers.get(name) ?? [])];
      if (own.has(name) || those.some((to) => withoutEnd(to) === withoutEnd(path))) continue;
      const verb = names.has(name) ? 'calls' : 'uses';
      for (const to of those)
        found.push({
          from: path,
          to,
          name,
          says: `${path} ${verb} ${name}${names.get(name) ?? ''} of ${to}`,
        });
    }
  }
  return found;
}

/**
 * @returns {Arrow[]} Of JavaScript: imports of every kind, and `new URL('./x.js',
 * import.meta.url)`. `problems` gets imports whose file only the program knows.
 */
function arrowsOfJs(files, { ends, computed = {} }, problems) {
  for (const from of Object.keys(computed))
    if (!files.has(from)) problems.push(`${from} has no computed imports: it is not there`);
  return [...files].flatMap(([from, text]) => {
    const { imports, odd } = readJs(from, text);
    const allowed = computed[from]?.imports ?? 0;
    if (odd.length < allowed)
      problems.push(`${from} has ${odd.length} computed imports, and ${allowed} are allowed`);
    if (odd.length > allowed)
      for (const { text: call, line } of odd)
        problems.push(`${from}:${line} has ${call}: an import names its file`);
    return imports
      .filter(({ path }) => ends.some((end) => path.endsWith(end)))
      .map(({ path: to }) => ({ from, to, says: `${from} imports ${to}` }));
  });
}

/**
 * @returns {string[][]} One circle of each knot of the graph, its first node repeated at its end.
 */
export function circles(edges) {
  const found = [];
  const over = new Set();
  for (const start of [...edges.keys()].sort()) {
    if (over.has(start)) continue;
    const path = shortestWayBack(edges, start);
    if (!path) continue;
    found.push(path);
    for (const node of path) over.add(node);
  }
  return found;
}

function shortestWayBack(edges, start) {
  const cameFrom = new Map();
  const queue = [start];
  for (const node of queue) {
    for (const next of edges.get(node) ?? []) {
      if (next === start) {
        const path = [start];
        for (let at = node; at !== start; at = cameFrom.get(at)) path.unshift(at);
        return [start, ...path];
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  return null;
}

function graph(arrows, nodeOf) {
  const edges = new Map();
  for (const { from, to } of arrows) {
    const [a, b] = [nodeOf(from), nodeOf(to)];
    if (a !== b) edges.set(a, (edges.get(a) ?? new Set()).add(b));
  }
  return edges;
}

/**
 * @param {Map<string, string>} files path from the root of the project -> text
 * @param {import('./layers.mjs').Layers} table
 * @returns {string[]} The problems, a line each.
 */
export function checkLayers(files, table) {
  const problems = [];
  const ours = new Map([...files].filter(([path]) => table.ends.some((end) => path.endsWith(end))));
  const places = new Map([...ours.keys()].map((path) => [path, placeOf(path, table)]));
  for (const [path, place] of places)
    if (!place) problems.push(`${path} has no place in tools/tidy/layers.mjs`);
  const there = new Set(
    [...ours.keys()].map((path) => withoutEnd(posix.relative(table.root, path))),
  );
  for (const { folders, files: names, only } of table.layers) {
    for (const name of names ?? only ?? []) {
      const path = posix.join(folders[0], name);
      if (!there.has(path))
        problems.push(`${table.root}/${path} stands in tools/tidy/layers.mjs and is no file`);
    }
  }

  const isC = table.ends.includes('.c');
  const all = (isC ? arrowsOfC : arrowsOfJs)(ours, table, problems);
  for (const { from, to } of all) {
    const { uses } = table.allowed.find((rule) => rule.uses && from.endsWith(rule.to)) ?? {};
    if (uses && !uses.includes(to)) problems.push(`${from} may not import ${to}`);
  }
  const used = new Set();
  const arrows = all.filter(({ from, to }) => {
    const rule = table.allowed.find((each) => from.startsWith(each.from) && to.endsWith(each.to));
    if (rule) used.add(rule);
    return !rule;
  });
  for (const rule of table.allowed) {
    if (!used.has(rule))
      problems.push(
        `${rule.from} is allowed to use ${rule.to} in tools/tidy/layers.mjs and does not`,
      );
  }

  const isUp = ({ from, to }) => {
    const [a, b] = [places.get(from), places.get(to)];
    return a && b && (b.layer > a.layer || (b.layer === a.layer && b.place > a.place));
  };
  const isDown = (arrow) => places.get(arrow.to) && !isUp(arrow);
  const lines = new Set();
  for (const arrow of arrows) {
    if (!places.has(arrow.to)) lines.add(`${arrow.says}, which is no file of ${table.root}/`);
    // A function of the platform is defined once for each platform: one of the definitions must
    // stand below.
    const isElsewhere =
      arrow.name &&
      arrows.some(
        (other) => other.from === arrow.from && other.name === arrow.name && isDown(other),
      );
    if (isUp(arrow) && !isElsewhere) lines.add(`${arrow.says}, which stands above it`);
  }
  problems.push(...lines);

  const known = arrows.filter(({ from, to }) => places.get(from) && places.get(to));
  const real = known.filter(
    (arrow) => !(arrow.name && isUp(arrow)) || lines.has(`${arrow.says}, which stands above it`),
  );
  for (const circle of circles(graph(real, isC ? withoutEnd : (path) => path)))
    problems.push(`a circle: ${circle.join(' -> ')}`);
  const folderOf = (path) => posix.join(table.root, places.get(path).folder);
  for (const circle of circles(graph(real, folderOf)))
    problems.push(`a circle of folders: ${circle.join(' -> ')}`);
  return problems;
}
