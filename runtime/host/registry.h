/* The kernels of the module: those it was built with, and those that the host defines later.
 *
 * Invariant: registry_table holds kernel_count entries; NULL where the host has undefined one.
 * The owner writes it; a worker reads what a submission has published. */
#ifndef FILCH_REGISTRY_H
#define FILCH_REGISTRY_H

#include "core/types.h"

extern const filch_kernel *registry_table[KERNELS_MAX];

/* How many the module was built with. */
uint32_t registry_built_in(void);
/* Fills the table with the kernels of the build. Before registry_attach(). */
void registry_init(void);
/* From now on the table is this runtime's. */
void registry_attach(filch_runtime *rt);
/* NULL: there is none. */
const filch_kernel *registry_find(uint32_t kernel);

#endif
