/* The kernels of the module: those it was built with, and those that the host defines later.
 *
 * Invariant: an entry of kernel_table is NULL where there is no kernel, or where the host has
 * undefined one.
 * The owner writes it; a worker reads what a submission has published. */
#ifndef FILCH_KERNEL_TABLE_H
#define FILCH_KERNEL_TABLE_H

#include "core/plan.h"

extern const filch_kernel *kernel_table[KERNELS_MAX];

/* How many the module was built with. */
uint32_t kernel_table_built_in(void);
/* Fills the table with the kernels of the build. */
void kernel_table_init(void);
/* NULL: there is none. */
const filch_kernel *kernel_table_find(uint32_t kernel);

#endif
