/* Random numbers, the same for the same seed (Steele, Lea and Flood, SplitMix, 2014). */
#include "stress.h"

uint64_t stress_seed;

uint64_t random64(void)
{
    static uint64_t state, of;
    if (of != stress_seed) state = of = stress_seed; /* a new round */
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
