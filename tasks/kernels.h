/* The kernels that the module contains: the only list. X(name): tasks/<name>.c defines the kernel
 * filch_kernel_<name>. */
#ifndef FILCH_KERNELS_H
#define FILCH_KERNELS_H

#define FILCH_KERNELS(X)                                                             \
    X(mandelbrot) X(resize) X(blake3) X(sieve) X(automaton) X(fib) X(queens) X(sort) \
    X(quadrature) X(heat) X(stencil) X(dot) X(histogram) X(kmeans) X(pi)

#endif
