/* blake3: the BLAKE3 hash of one run of bytes, such as a file.
 *
 * One iteration hashes a subtree: 16 of BLAKE3's chunks, 16 KiB; the last one may be shorter. Post
 * ceil(bytes / 16384) iterations, or 1 if there are no bytes. The worker that finishes the second
 * of two neighbours hashes their parent, and so on up to the root. So the loop ends with the root.
 *
 *   input   the bytes
 *   bytes   how many of them to hash, 0 to 2^32 - 1
 *   tree    9 words for each iteration, which the caller sets to 0. When the loop has ended with
 *           OK, tree[0 .. 8) is the hash, its 32 bytes in order. After any other end, the caller
 *           sets the words to 0 again before the next loop
 *
 * Codes: 1 bytes is more than input has; 2 tree is too short; 3 the loop has more iterations than
 * there are subtrees.
 *
 * Source: J. O'Connor, J.-P. Aumasson, S. Neves, Z. Wilcox-O'Hearn, "BLAKE3: one function, fast
 * everywhere", 2020. Four chunks, or four parents, are hashed together, each in a lane of SIMD
 * vectors. The tree is left-balanced: at each height neighbours are paired, and a node without a
 * right neighbour moves up unchanged. */
#include "filch.h"

enum { INPUT_TOO_SHORT = 1, TREE_TOO_SHORT = 2, PAST_THE_INPUT = 3 };

enum {
    LANES = 4,
    WORDS = 8,
    BLOCK = 64,
    CHUNK = 1024,
    LEAVES = 16,
    SUBTREE = LEAVES * CHUNK,
    NODE = WORDS + 1,
};
enum { CHUNK_START = 1, CHUNK_END = 2, PARENT = 4, ROOT = 8 };

typedef uint32_t u32s __attribute__((vector_size(LANES * sizeof(uint32_t))));

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are read from memory as they are");

static const uint32_t IV[WORDS] = {
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
};

static inline u32s rotate(u32s x, int bits) { return x >> bits | x << (32 - bits); }

#define QUARTER(a, b, c, d, x, y)                                       \
    a += b + (x), d = rotate(d ^ a, 16), c += d, b = rotate(b ^ c, 12), \
    a += b + (y), d = rotate(d ^ a, 8), c += d, b = rotate(b ^ c, 7)

/* One round, with the message words in this order. */
#define ROUND(i0, i1, i2, i3, i4, i5, i6, i7, i8, i9, ia, ib, ic, id, ie, if) \
    QUARTER(v[0], v[4], v[8], v[12], m[i0], m[i1]),                           \
    QUARTER(v[1], v[5], v[9], v[13], m[i2], m[i3]),                           \
    QUARTER(v[2], v[6], v[10], v[14], m[i4], m[i5]),                          \
    QUARTER(v[3], v[7], v[11], v[15], m[i6], m[i7]),                          \
    QUARTER(v[0], v[5], v[10], v[15], m[i8], m[i9]),                          \
    QUARTER(v[1], v[6], v[11], v[12], m[ia], m[ib]),                          \
    QUARTER(v[2], v[7], v[8], v[13], m[ic], m[id]),                           \
    QUARTER(v[3], v[4], v[9], v[14], m[ie], m[if])

/* The compression function on a block of `length` bytes in each lane. h: the chaining values. */
static void compress(u32s h[WORDS], const uint8_t *const at[LANES], u32s counter, uint32_t length,
                     uint32_t flags)
{
    u32s m[16], v[16];
    for (int i = 0; i < 16; i += 4) { /* transposes a square: four words of four lanes */
        u32s r[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            __builtin_memcpy(&r[lane], at[lane] + 4 * i, sizeof r[lane]);
        }
        for (int k = 0; k < 4; k++) m[i + k] = (u32s){r[0][k], r[1][k], r[2][k], r[3][k]};
    }
    for (int i = 0; i < WORDS; i++) v[i] = h[i];
    for (int i = 0; i < 4; i++) v[8 + i] = (u32s){0} + IV[i];
    v[12] = counter;
    v[13] = (u32s){0}; /* the counter's high half: 2^32 bytes have 2^22 chunks */
    v[14] = (u32s){0} + length;
    v[15] = (u32s){0} + flags;

    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    ROUND(2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8);
    ROUND(3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1);
    ROUND(10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6);
    ROUND(12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4);
    ROUND(9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7);
    ROUND(11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13);

    for (int i = 0; i < WORDS; i++) h[i] = v[i] ^ v[8 + i];
}

/* Inputs of the same length, at most LANES of them. */
typedef struct hash_inputs {
    const uint8_t *from; /* the first */
    size_t stride;       /* bytes from one to the next */
    uint32_t length;
    uint32_t counter; /* the number of the first, if they are chunks */
    uint32_t flags;
} hash_inputs;

/* Hashes the inputs to out[0 .. count). */
static void hash(uint32_t (*out)[WORDS], int count, hash_inputs inputs)
{
    const uint8_t *at[LANES];
    const uint32_t counter = inputs.counter, flags = inputs.flags;
    uint32_t length = inputs.length;
    u32s h[WORDS], counters = {counter, counter + 1, counter + 2, counter + 3};
    if (flags & PARENT) counters = (u32s){0};
    for (int i = 0; i < WORDS; i++) h[i] = (u32s){0} + IV[i];
    for (int lane = 0; lane < LANES; lane++) {
        at[lane] = inputs.from + (lane < count ? lane * inputs.stride : 0);
    }

    uint32_t start = flags & PARENT ? 0 : CHUNK_START;
    /* The root's flag, too, is for the last block only. */
    const uint32_t last = flags & PARENT ? flags : flags | CHUNK_END;
    uint8_t padded[BLOCK];
    for (bool more = true; more; length -= BLOCK, start = 0) {
        more = length > BLOCK;
        if (length < BLOCK) { /* the very last block of all, so it is the only input */
            for (uint32_t i = 0; i < BLOCK; i++) padded[i] = i < length ? at[0][i] : 0;
            for (int lane = 0; lane < LANES; lane++) at[lane] = padded;
        }
        compress(h, at, counters, more ? BLOCK : length, more ? start : start | last);
        for (int lane = 0; lane < LANES; lane++) at[lane] += BLOCK;
    }
    for (int lane = 0; lane < count; lane++) {
        for (int i = 0; i < WORDS; i++) out[lane][i] = h[i][lane];
    }
}

static int at_most(uint32_t count, int most) { return count < (uint32_t)most ? (int)count : most; }

/* Hashes a subtree of 0 to SUBTREE bytes, whose first chunk is number `counter`, to out. root: the
 * subtree is the whole input. */
static void subtree(uint32_t out[WORDS], const uint8_t *from, uint32_t bytes, uint32_t counter,
                    int root)
{
    uint32_t values[LEAVES][WORDS], count = 0;
    const uint32_t whole = bytes / CHUNK, rest = bytes % CHUNK;
    const uint32_t flags = root && bytes <= CHUNK ? ROOT : 0;
    for (; count < whole; count += (uint32_t)at_most(whole - count, LANES)) {
        hash(&values[count], at_most(whole - count, LANES),
             (hash_inputs){
                 .from = from + count * CHUNK,
                 .stride = CHUNK,
                 .length = CHUNK,
                 .counter = counter + count,
                 .flags = flags,
             });
    }
    if (rest || bytes == 0) {
        hash(&values[count++], 1,
             (hash_inputs){
                 .from = from + whole * CHUNK,
                 .length = rest,
                 .counter = counter + whole,
                 .flags = flags,
             });
    }

    while (count > 1) {
        const uint32_t pairs = count / 2, parent = root && count == 2 ? PARENT | ROOT : PARENT;
        /* In place: a parent overwrites its own children, or those of an earlier parent. */
        for (uint32_t i = 0; i < pairs; i += LANES) {
            hash(&values[i], at_most(pairs - i, LANES),
                 (hash_inputs){
                     .from = (const uint8_t *)values[2 * i],
                     .stride = 2 * sizeof values[0],
                     .length = BLOCK,
                     .flags = parent,
                 });
        }
        if (count % 2) __builtin_memcpy(values[pairs], values[count - 1], sizeof values[0]);
        count = pairs + count % 2;
    }
    __builtin_memcpy(out, values[0], sizeof values[0]);
}

/* Subtree `node` is hashed: hashes its ancestors, as long as their other children are hashed.
 *   - An inner node is stored in place of its first subtree.
 *   - The ninth word of a right child belongs to both children. The worker of each child flips the
 *     word. The second worker finds the word 1, and hashes the parent. That worker sees the hash of
 *     the first one, because the flips are sequentially consistent. */
static void climb(uint32_t *tree, uint32_t node, uint32_t subtrees)
{
    for (uint32_t span = 1; span < subtrees; span *= 2) {
        const uint32_t left = node & ~span, right = node | span;
        node = left;
        if (right >= subtrees) continue; /* no right neighbour: the node moves up unchanged */
        uint32_t *flips = &tree[(size_t)NODE * right + WORDS];
        if (__atomic_fetch_xor(flips, 1, __ATOMIC_SEQ_CST) == 0) return;
        uint32_t pair[2][WORDS];
        __builtin_memcpy(pair[0], &tree[(size_t)NODE * left], sizeof pair[0]);
        __builtin_memcpy(pair[1], &tree[(size_t)NODE * right], sizeof pair[1]);
        hash((void *)&tree[(size_t)NODE * left], 1,
             (hash_inputs){
                 .from = (const uint8_t *)pair,
                 .length = BLOCK,
                 .flags = 2 * span >= subtrees ? PARENT | ROOT : PARENT,
             });
    }
}

#define BLAKE3_ARGS(F) F(array, u8, input) F(value, u32, bytes) F(array, u32, tree)
FILCH_KERNEL(parallel, blake3, BLAKE3_ARGS)
{
    (void)task;
    const filch_u8_array input = args->input;
    const filch_u32_array tree = args->tree;
    const uint32_t bytes = args->bytes, subtrees = bytes ? (bytes - 1) / SUBTREE + 1 : 1;
    if (bytes > input.length) return INPUT_TOO_SHORT;
    if (tree.length / NODE < subtrees) return TREE_TOO_SHORT;
    if (end > subtrees) return PAST_THE_INPUT;
    for (uint32_t i = (uint32_t)begin; i < end; i++) {
        const uint32_t first = i * SUBTREE, rest = bytes - first;
        subtree(&tree.at[(size_t)NODE * i], input.at + first, rest < SUBTREE ? rest : SUBTREE,
                i * LEAVES, subtrees == 1);
        climb(tree.at, i, subtrees);
    }
    return FILCH_OK;
}
