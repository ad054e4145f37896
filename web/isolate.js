export { isolate } from './api/isolate.js';
