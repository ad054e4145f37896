/* Philox-4x32-10 as the paper defines it (J. Salmon, M. Moraes, R. Dror, D. Shaw, SC 2011, section
 * 3.3), the words one by one. */
#include "reference.h"

void reference_philox(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2])
{
    const uint64_t m0 = 0xd2511f53, m1 = 0xcd9e8d57;
    const uint32_t weyl0 = 0x9e3779b9,
                   weyl1 = 0xbb67ae85; /* of the golden ratio and of sqrt(3) - 1 */
    uint32_t l0 = counter[0], r0 = counter[1], l1 = counter[2], r1 = counter[3];
    for (uint32_t round = 0; round < 10; round++) {
        const uint32_t high0 = (uint32_t)(m0 * l0 >> 32), low0 = (uint32_t)(m0 * l0);
        const uint32_t high1 = (uint32_t)(m1 * l1 >> 32), low1 = (uint32_t)(m1 * l1);
        l0 = high1 ^ r0 ^ (key[0] + round * weyl0);
        r0 = low1;
        l1 = high0 ^ r1 ^ (key[1] + round * weyl1);
        r1 = low0;
    }
    out[0] = l0, out[1] = r0, out[2] = l1, out[3] = r1;
}
