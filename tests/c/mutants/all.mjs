// All seeded faults.
import { loops } from './loops.mjs';
import { losses } from './losses.mjs';
import { parts } from './parts.mjs';
import { priorities } from './priorities.mjs';
import { sleep } from './sleep.mjs';
import { trees } from './trees.mjs';
import { waits } from './waits.mjs';

/** @type {import('./faults.mjs').Mutant[]} */
export const mutants = [...parts, ...sleep, ...loops, ...trees, ...losses, ...priorities, ...waits];
