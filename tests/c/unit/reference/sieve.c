/* pi(limit), by trial division: no sieve at all. */
#include "reference.h"

uint64_t reference_primes(uint64_t from, uint64_t to)
{
    uint64_t count = 0;
    for (uint64_t n = from; n < to; n++) {
        uint64_t divisor = 2;
        while (divisor * divisor <= n && n % divisor != 0) divisor++;
        count += n >= 2 && divisor * divisor > n;
    }
    return count;
}
