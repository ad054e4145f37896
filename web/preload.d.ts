/**
 * `import 'filch/preload'` loads all code with the page. Otherwise some comes by import() at its
 * first use, which fails in service workers, and without a network.
 */
export {};
