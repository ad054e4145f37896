export { isolate } from './api/isolate-page.js';
