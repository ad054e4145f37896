/* pi: counts random points of a square that lie in its circle.
 *
 * One iteration is one point, so total.inside / iterations is about pi / 4. A counter-based
 * generator computes point i from i and the seed alone. So the result does not depend on which
 * worker runs which chunk.
 *
 * Source of the generator, Philox-4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as
 * easy as 1, 2, 3", 2011. */
#include "filch.h"

static void philox(uint32_t counter[4], uint32_t key0, uint32_t key1)
{
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)counter[0] * 0xd2511f53u, b = (uint64_t)counter[2] * 0xcd9e8d57u;
        uint32_t c0 = (uint32_t)(b >> 32) ^ counter[1] ^ key0;
        uint32_t c2 = (uint32_t)(a >> 32) ^ counter[3] ^ key1;
        counter[0] = c0;
        counter[1] = (uint32_t)b;
        counter[2] = c2;
        counter[3] = (uint32_t)a;
        key0 += 0x9e3779b9u;
        key1 += 0xbb67ae85u;
    }
}

#define PI_ARGS(F) F(value, u64, seed)
#define PI_TOTAL(NUMBER, ARRAY) NUMBER(u64, inside)
FILCH_REDUCTION(pi, PI_ARGS, PI_TOTAL, { total->inside = 0; }, { into->inside += from->inside; })
{
    (void)task;
    uint64_t inside = 0;
    for (uint64_t i = begin; i < end; i++) {
        uint32_t counter[4] = {(uint32_t)i, (uint32_t)(i >> 32), 0, 0};
        philox(counter, (uint32_t)args->seed, (uint32_t)(args->seed >> 32));
        double x = (double)(counter[0] >> 1) * 0x1p-31, y = (double)(counter[1] >> 1) * 0x1p-31;
        inside += x * x + y * y < 1;
    }
    total->inside += inside;
    return FILCH_OK;
}
