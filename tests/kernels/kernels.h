/* The kernels that tests and benchmarks use, and that no shipped module contains: the only list.
 * X(name): defined in tests/kernels/<name>.c as filch_kernel_<name>. */
#ifndef FILCH_TEST_KERNELS_H
#define FILCH_TEST_KERNELS_H

#define FILCH_TEST_KERNELS(X) \
    X(empty) X(spin) X(shaped) X(visit) X(forever) X(gate) X(ticket) X(fail) X(trap) X(overflow) X(iterate) X(waits) \
    X(fibserial) X(pair) X(pairs) X(skynet) X(uts) X(utsserial) X(matmul) X(matmulrows) \
    X(chain) X(nest) X(reenter) X(deep) X(crowd) X(unjoined) X(forkfail) X(point) X(record)

#endif
