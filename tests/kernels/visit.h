/* visit's arguments: see visit.c; nest.c posts loops of it. */
#ifndef VISIT_H
#define VISIT_H

#include "filch.h"

#define VISIT_ARGS(F) F(array, u32, visits)

#endif
