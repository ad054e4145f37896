// The panels, in the order of the page. One whose kernels the module does not have is left out.

import { automaton } from './automaton.js';
import { hash } from './hash.js';
import { mandelbrot } from './mandelbrot.js';
import { primes } from './primes.js';
import { resize } from './resize.js';

export const panels = [mandelbrot, resize, hash, primes, automaton];
