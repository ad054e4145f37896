/* pair's arguments: see pair.c; pairs.c posts loops of it. */
#ifndef PAIR_H
#define PAIR_H

#include "filch.h"

#define PAIR_ARGS(F) F(array, u32, words) F(value, u32, begun) F(value, u32, meet)

#endif
