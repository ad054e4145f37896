/* The results that the kernels must compute, by code that is written a second time: plain, scalar,
 * straight from each definition, and that shares nothing with tasks/. Slow where slow is plainer.
 * Build with -ffp-contract=off. */
#ifndef FILCH_REFERENCE_H
#define FILCH_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

/* A part of the plane, as tasks/mandelbrot.c has it. */
typedef struct reference_view {
    uint32_t width, height;
    double cx, cy, scale;
    uint32_t limit;
} reference_view;
/* The whole picture of tasks/mandelbrot.c: width * height * 4 bytes. */
void reference_mandelbrot(uint8_t *out, reference_view view);

/* The BLAKE3 hash of in[0 .. bytes). */
void reference_blake3(uint8_t hash[32], const uint8_t *in, size_t bytes);

/* RGBA, 4 bytes per pixel. */
typedef struct reference_picture {
    uint32_t width, height;
    uint8_t *pixels;
} reference_picture;
/* Scales `in` to the size of `out` by Lanczos's filter, as tasks/resize.c does in its two
 * passes. */
void reference_resize(reference_picture out, reference_picture in);

/* The number of primes p with from <= p < to. */
uint64_t reference_primes(uint64_t from, uint64_t to);

/* The generation after `now`, a circle of cells that are 0 or 1. */
void reference_automaton(uint8_t *next, const uint8_t *now, uint32_t cells, uint32_t rule);

/* The number of ways in which n queens stand on n by n squares; n at most 16. */
uint64_t reference_queens(int n);

/* The plate after `steps` steps of tasks/heat.c, in place. */
void reference_heat(double *plate, uint32_t width, uint32_t height, uint32_t steps);

/* Four random words, of a counter and a key. */
void reference_philox(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]);

#endif
