/** Classes of any realm: frames, node:vm, Jest, and jsdom have classes of their own. */

/** @param {string} tag as 'URL', 'Map', 'WebAssembly.Memory' */
export const isA = (tag, value) => Object.prototype.toString.call(value) === `[object ${tag}]`;
