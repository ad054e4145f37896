// The calls of a storm, one row each. weight: how often; inside: also while a thread is inside the
// module.
import { calls } from './operations-calls.mjs';
import { control } from './operations-control.mjs';
import { posts } from './operations-posts.mjs';
import { rings } from './operations-rings.mjs';
import { waits } from './operations-waits.mjs';

export const operations = [...posts, ...rings, ...calls, ...waits, ...control];
