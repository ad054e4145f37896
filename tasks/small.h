/* SMALL stands before a loop that runs once for each worker's part of a reduction: speed counts for
 * nothing there, and the module is smaller without the copies that unrolling makes. */
#ifndef SMALL_H
#define SMALL_H

#define SMALL _Pragma("clang loop unroll(disable)")

#endif
