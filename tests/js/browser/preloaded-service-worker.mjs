// The same service worker with all code of the package: for environment.test.mjs.
import '/preload.js';
import './service-worker.mjs';
