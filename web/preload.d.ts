/**
 * Loads the code for calls, plug-ins, rings, and save() with the page: `import 'filch/preload'`.
 * Otherwise each comes by import() when it is first used. Service workers have no import(), and a
 * page that works without a network, or past a new release, may have no file to import.
 */
export {};
