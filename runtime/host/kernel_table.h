/* The kernels of the module: those it was built with, and those that the host defines later.
 *
 * Invariant: kernel_table holds kernel_count entries; NULL where the host has undefined one.
 * The owner writes it; a worker reads what a submission has published. */
#ifndef FILCH_KERNEL_TABLE_H
#define FILCH_KERNEL_TABLE_H

#include "core/types.h"

extern const filch_kernel *kernel_table[KERNELS_MAX];

/* How many the module was built with. */
uint32_t kernel_table_built_in(void);
/* Fills the table with the kernels of the build. Before kernel_table_attach(). */
void kernel_table_init(void);
/* From now on the table is this runtime's. */
void kernel_table_attach(filch_runtime *rt);
/* NULL: there is none. */
const filch_kernel *kernel_table_find(uint32_t kernel);

#endif
