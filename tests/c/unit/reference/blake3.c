/* BLAKE3, from section 2 of its paper: one block at a time, the tree by recursion from the root. */
#include <string.h>

#include "reference.h"

static const uint32_t iv[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                               0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
static const uint8_t permutation[16] = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};
static const uint8_t columns_and_diagonals[8][4] = {
    {0, 4, 8, 12},  {1, 5, 9, 13},  {2, 6, 10, 14}, {3, 7, 11, 15},
    {0, 5, 10, 15}, {1, 6, 11, 12}, {2, 7, 8, 13},  {3, 4, 9, 14},
};

static uint32_t turn(uint32_t x, unsigned bits) { return x >> bits | x << (32 - bits); }

static void compress(uint32_t h[8], const uint8_t block[64], uint64_t counter, uint32_t length,
                     uint32_t flags)
{
    uint32_t m[16], v[16];
    for (int i = 0; i < 16; i++) {
        const uint8_t *bytes = block + 4 * i;
        m[i] = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
               (uint32_t)bytes[3] << 24;
    }
    memcpy(v, h, 32);
    memcpy(v + 8, iv, 16);
    v[12] = (uint32_t)counter;
    v[13] = (uint32_t)(counter >> 32);
    v[14] = length;
    v[15] = flags;
    for (int round = 0; round < 7; round++) {
        for (int g = 0; g < 8; g++) {
            const uint8_t *at = columns_and_diagonals[g];
            uint32_t *a = &v[at[0]], *b = &v[at[1]], *c = &v[at[2]], *d = &v[at[3]];
            for (int half = 0; half < 2; half++) {
                *a += *b + m[2 * g + half];
                *d = turn(*d ^ *a, half ? 8 : 16);
                *c += *d;
                *b = turn(*b ^ *c, half ? 7 : 12);
            }
        }
        uint32_t permuted[16];
        for (int i = 0; i < 16; i++) permuted[i] = m[permutation[i]];
        memcpy(m, permuted, sizeof m);
    }
    for (int i = 0; i < 8; i++) h[i] = v[i] ^ v[i + 8];
}

static void chunk(uint32_t h[8], const uint8_t *in, size_t bytes, uint64_t counter, uint32_t root)
{
    memcpy(h, iv, 32);
    size_t done = 0;
    do {
        uint8_t block[64] = {0};
        const size_t length = bytes - done < 64 ? bytes - done : 64;
        if (length) memcpy(block, in + done, length);
        const uint32_t start = done == 0 ? 1 : 0, last = done + length == bytes ? 2 | root : 0;
        compress(h, block, counter, (uint32_t)length, start | last);
        done += length;
    } while (done < bytes);
}

static void node(uint32_t h[8], const uint8_t *in, size_t bytes, uint64_t counter, uint32_t root)
{
    if (bytes <= 1024) {
        chunk(h, in, bytes, counter, root);
        return;
    }
    size_t left =
        1024; /* the greatest power of two chunks that leaves at least a byte to the right */
    while (left * 2 < bytes) left *= 2;
    uint32_t children[16];
    node(children, in, left, counter, 0);
    node(children + 8, in + left, bytes - left, counter + left / 1024, 0);
    uint8_t block[64];
    for (int i = 0; i < 64; i++) block[i] = (uint8_t)(children[i / 4] >> i % 4 * 8);
    memcpy(h, iv, 32);
    compress(h, block, 0, 64, 4 | root);
}

void reference_blake3(uint8_t hash[32], const uint8_t *in, size_t bytes)
{
    uint32_t h[8];
    node(h, in, bytes, 0, 8);
    for (int i = 0; i < 32; i++) hash[i] = (uint8_t)(h[i / 4] >> i % 4 * 8);
}
