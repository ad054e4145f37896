/* blake3: the BLAKE3 hash of one run of bytes, such as a file.
 *
 * One iteration hashes one block of 16 KiB, a subtree of 16 chunks; the last one may be shorter. Post ceil(bytes / 16384)
 * iterations, and 1 for no bytes. Whoever finishes the second of two neighbours hashes their parent, and so on up: when the
 * loop is done, so is the root.
 *
 *   input   the bytes
 *   bytes   how many of them to hash, 0 to 2^32 - 1
 *   tree    9 words for each iteration, all 0 to begin with. After a loop that ran to its end the hash is tree[0 .. 8), its 32
 *           bytes in order; after any other (cancelled, failed) set the words to 0 again before the next
 *
 * Codes: 1 bytes is more than input has; 2 tree is too short; 3 the loop has more iterations than there are blocks.
 *
 * Source: J. O'Connor, J.-P. Aumasson, S. Neves, Z. Wilcox-O'Hearn, "BLAKE3: one function, fast everywhere", 2020. Chunks and
 * parents go four together, each in a lane of SIMD vectors. The tree is left-balanced, which is what pairing neighbours level
 * by level comes to when one that has no right neighbour moves up as it is. */
#include "filch.h"

enum { INPUT_TOO_SHORT = 1, TREE_TOO_SHORT = 2, PAST_THE_INPUT = 3 };

enum { LANES = 4, WORDS = 8, BLOCK = 64, CHUNK = 1024, LEAVES = 16, SUBTREE = LEAVES * CHUNK, NODE = WORDS + 1 };
enum { CHUNK_START = 1, CHUNK_END = 2, PARENT = 4, ROOT = 8 };

typedef uint32_t u32s __attribute__((vector_size(LANES * sizeof(uint32_t))));

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are read from memory as they are");

static const uint32_t IV[WORDS] = {
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
};

static inline u32s rotate(u32s x, int bits)
{
    return x >> bits | x << (32 - bits);
}

#define QUARTER(a, b, c, d, x, y)                            \
    a += b + (x), d = rotate(d ^ a, 16), c += d, b = rotate(b ^ c, 12), \
    a += b + (y), d = rotate(d ^ a, 8), c += d, b = rotate(b ^ c, 7)

/* One round; the arguments say which message word goes where. */
#define ROUND(i0, i1, i2, i3, i4, i5, i6, i7, i8, i9, ia, ib, ic, id, ie, if)                          \
    QUARTER(v[0], v[4], v[8], v[12], m[i0], m[i1]), QUARTER(v[1], v[5], v[9], v[13], m[i2], m[i3]),    \
    QUARTER(v[2], v[6], v[10], v[14], m[i4], m[i5]), QUARTER(v[3], v[7], v[11], v[15], m[i6], m[i7]),  \
    QUARTER(v[0], v[5], v[10], v[15], m[i8], m[i9]), QUARTER(v[1], v[6], v[11], v[12], m[ia], m[ib]),  \
    QUARTER(v[2], v[7], v[8], v[13], m[ic], m[id]), QUARTER(v[3], v[4], v[9], v[14], m[ie], m[if])

/* The compression function on one block in each lane, h the chaining values. */
static void compress(u32s h[WORDS], const uint8_t *const at[LANES], u32s counter, uint32_t length, uint32_t flags)
{
    u32s m[16], v[16];
    for (int i = 0; i < 16; i += 4) { /* four words of each lane are a 4 x 4 square to be transposed */
        u32s r[LANES];
        for (int lane = 0; lane < LANES; lane++) __builtin_memcpy(&r[lane], at[lane] + 4 * i, sizeof r[lane]);
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

/* Hashes up to four inputs of the same length, the first at `from`, each `stride` after the one before, to out[0 .. count). */
static void hash(uint32_t (*out)[WORDS], int count, const uint8_t *from, size_t stride, uint32_t length, uint32_t counter,
                 uint32_t flags)
{
    const uint8_t *at[LANES];
    u32s h[WORDS], counters = {counter, counter + 1, counter + 2, counter + 3};
    if (flags & PARENT) counters = (u32s){0};
    for (int i = 0; i < WORDS; i++) h[i] = (u32s){0} + IV[i];
    for (int lane = 0; lane < LANES; lane++) at[lane] = from + (lane < count ? lane * stride : 0);

    uint32_t start = flags & PARENT ? 0 : CHUNK_START;
    const uint32_t last = flags & PARENT ? flags : flags | CHUNK_END; /* the root's flag, too, is for the last block only */
    for (; length > BLOCK; length -= BLOCK, start = 0) {
        compress(h, at, counters, BLOCK, start);
        for (int lane = 0; lane < LANES; lane++) at[lane] += BLOCK;
    }
    uint8_t padded[BLOCK];
    if (length < BLOCK) { /* the very last block of all, and so alone */
        for (uint32_t i = 0; i < BLOCK; i++) padded[i] = i < length ? at[0][i] : 0;
        for (int lane = 0; lane < LANES; lane++) at[lane] = padded;
    }
    compress(h, at, counters, length, start | last);
    for (int lane = 0; lane < count; lane++) {
        for (int i = 0; i < WORDS; i++) out[lane][i] = h[i][lane];
    }
}

static int at_most(uint32_t count, int most)
{
    return count < (uint32_t)most ? (int)count : most;
}

/* Hashes a block of 0 to SUBTREE bytes, the one that starts at chunk `counter`, to out; root: it is all there is. */
static void subtree(uint32_t out[WORDS], const uint8_t *from, uint32_t bytes, uint32_t counter, int root)
{
    uint32_t values[LEAVES][WORDS], count = 0;
    const uint32_t whole = bytes / CHUNK, rest = bytes % CHUNK;
    const uint32_t flags = root && bytes <= CHUNK ? ROOT : 0;
    for (; count < whole; count += (uint32_t)at_most(whole - count, LANES)) {
        hash(&values[count], at_most(whole - count, LANES), from + count * CHUNK, CHUNK, CHUNK, counter + count, flags);
    }
    if (rest || bytes == 0) hash(&values[count++], 1, from + whole * CHUNK, 0, rest, counter + whole, flags);

    while (count > 1) {
        const uint32_t pairs = count / 2, parent = root && count == 2 ? PARENT | ROOT : PARENT;
        for (uint32_t i = 0; i < pairs; i += LANES) { /* in place: parents go where their children or earlier ones were */
            hash(&values[i], at_most(pairs - i, LANES), (const uint8_t *)values[2 * i], 2 * sizeof values[0], BLOCK, 0, parent);
        }
        if (count % 2) __builtin_memcpy(values[pairs], values[count - 1], sizeof values[0]);
        count = pairs + count % 2;
    }
    __builtin_memcpy(out, values[0], sizeof values[0]);
}

/* Block `node` is hashed: hashes its ancestors, as far as their other children are. An inner node lives where its first block's
 * does. Its two children are told apart from those of all others by the first block of the right one, whose ninth word
 * both flip: the second to come finds it 1, and finds what the first wrote, because the flip is sequentially consistent. */
static void climb(uint32_t *tree, uint32_t node, uint32_t blocks)
{
    for (uint32_t span = 1; span < blocks; span *= 2) {
        const uint32_t left = node & ~span, right = node | span;
        node = left;
        if (right >= blocks) continue; /* no right neighbour: moves up as it is */
        if (__atomic_fetch_xor(&tree[(size_t)NODE * right + WORDS], 1, __ATOMIC_SEQ_CST) == 0) return;
        uint32_t pair[2][WORDS];
        __builtin_memcpy(pair[0], &tree[(size_t)NODE * left], sizeof pair[0]);
        __builtin_memcpy(pair[1], &tree[(size_t)NODE * right], sizeof pair[1]);
        hash((uint32_t(*)[WORDS]) & tree[(size_t)NODE * left], 1, (const uint8_t *)pair, 0, BLOCK, 0,
             2 * span >= blocks ? PARENT | ROOT : PARENT);
    }
}

#define BLAKE3_ARGS(F) F(array, u8, input) F(value, u32, bytes) F(array, u32, tree)
FILCH_KERNEL(parallel, blake3, BLAKE3_ARGS)
{
    (void)task;
    const filch_u8_array input = args->input;
    const filch_u32_array tree = args->tree;
    const uint32_t bytes = args->bytes, blocks = bytes ? (bytes - 1) / SUBTREE + 1 : 1;
    if (bytes > input.length) return INPUT_TOO_SHORT;
    if (tree.length / NODE < blocks) return TREE_TOO_SHORT;
    if (end > blocks) return PAST_THE_INPUT;
    for (uint32_t block = (uint32_t)begin; block < end; block++) {
        const uint32_t first = block * SUBTREE, rest = bytes - first;
        subtree(&tree.at[(size_t)NODE * block], input.at + first, rest < SUBTREE ? rest : SUBTREE, block * LEAVES, blocks == 1);
        climb(tree.at, block, blocks);
    }
    return FILCH_OK;
}
