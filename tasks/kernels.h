/* The kernels that ship with the runtime: the only list. X(name): defined in tasks/<name>.c as filch_kernel_<name>. */
#ifndef FILCH_KERNELS_H
#define FILCH_KERNELS_H

#define FILCH_KERNELS(X)                                                                                  \
    X(mandelbrot) X(resize) X(blake3) X(sieve) X(automaton) X(fib) X(queens) X(sort) X(quadrature) X(heat)  \
    X(stencil) X(dot) X(histogram) X(kmeans) X(pi)

#endif
