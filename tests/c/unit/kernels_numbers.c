/* The kernels of tasks/ that hash, count, and simulate. */
#include <pthread.h>
#include <stdio.h>

#include "kernels_test.h"
#include "reference/reference.h"

/* blake3 */

static uint32_t blocks_of(uint32_t bytes) { return bytes ? (bytes - 1) / 16384 + 1 : 1; }

static call blake3(uint8_t *input, uint32_t bytes)
{
    call c = call_of(&filch_kernel_blake3);
    give(&c, "input", input, bytes);
    set(&c, "bytes", bytes);
    uint32_t *tree = calloc(9 * blocks_of(bytes), sizeof *tree);
    assert_non_null(tree);
    give(&c, "tree", tree, 9 * blocks_of(bytes));
    return c;
}

static uint32_t *tree_of(const call *c)
{
    filch_u32_array tree;
    memcpy(&tree, c->args + field_of(c->kernel, "tree")->offset, sizeof tree);
    return tree.at;
}

void blake3_equals_published_vectors(void **state)
{
    (void)state;
    /* The first 32 bytes of each `hash` in the BLAKE3 team's test_vectors.json; byte i of the input
     * is i modulo 251. */
    static const struct {
        uint32_t bytes;
        const char *hash;
    } vectors[] = {
        {.bytes = 0, .hash = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"},
        {.bytes = 1, .hash = "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"},
        {.bytes = 1023, .hash = "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"},
        {.bytes = 1024, .hash = "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"},
        {.bytes = 1025, .hash = "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"},
        {.bytes = 2048, .hash = "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a"},
        {.bytes = 2049, .hash = "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"},
        {.bytes = 3072, .hash = "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2"},
        {.bytes = 3073, .hash = "7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3"},
        {.bytes = 4096, .hash = "015094013f57a5277b59d8475c0501042c0b642e531b0a1c8f58d2163229e969"},
        {.bytes = 4097, .hash = "9b4052b38f1c5fc8b1f9ff7ac7b27cd242487b3d890d15c96a1c25b8aa0fb995"},
        {.bytes = 5120, .hash = "9cadc15fed8b5d854562b26a9536d9707cadeda9b143978f319ab34230535833"},
        {.bytes = 5121, .hash = "628bd2cb2004694adaab7bbd778a25df25c47b9d4155a55f8fbd79f2fe154cff"},
        {.bytes = 6144, .hash = "3e2e5b74e048f3add6d21faab3f83aa44d3b2278afb83b80b3c35164ebeca205"},
        {.bytes = 6145, .hash = "f1323a8631446cc50536a9f705ee5cb619424d46887f3c376c695b70e0f0507f"},
        {.bytes = 7168, .hash = "61da957ec2499a95d6b8023e2b0e604ec7f6b50e80a9678b89d2628e99ada77a"},
        {.bytes = 7169, .hash = "a003fc7a51754a9b3c7fae0367ab3d782dccf28855a03d435f8cfe74605e7817"},
        {.bytes = 8192, .hash = "aae792484c8efe4f19e2ca7d371d8c467ffb10748d8a5a1ae579948f718a2a63"},
        {.bytes = 8193, .hash = "bab6c09cb8ce8cf459261398d2e7aef35700bf488116ceb94a36d0f5f1b7bc3b"},
        {.bytes = 16384,
         .hash = "f875d6646de28985646f34ee13be9a576fd515f76b5b0a26bb324735041ddde4"},
        {.bytes = 31744,
         .hash = "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47"},
        {.bytes = 102400,
         .hash = "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint8_t *input = some(vectors[i].bytes), reference[32];
        char hash[65], expected[65];
        for (uint32_t k = 0; k < vectors[i].bytes; k++) input[k] = (uint8_t)(k % 251);
        call c = blake3(input, vectors[i].bytes);
        run(&c, blocks_of(vectors[i].bytes));
        reference_blake3(reference, input, vectors[i].bytes);
        for (int k = 0; k < 32; k++) {
            snprintf(hash + 2 * k, 3, "%02x", ((uint8_t *)tree_of(&c))[k]);
            snprintf(expected + 2 * k, 3, "%02x", reference[k]);
        }
        assert_string_equal(hash, vectors[i].hash);
        assert_string_equal(expected, vectors[i].hash);
        free(tree_of(&c)), free(input);
    }
}

void blake3_equals_reference(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        const uint32_t near = 16384 * (uint32_t)random_below(20);
        const uint32_t bytes = near + (uint32_t)random_below(i % 3 ? 16384 : 3);
        uint8_t *input = some(bytes), reference[32];
        call c = blake3(input, bytes);
        reference_blake3(reference, input, bytes);
        for (int twice = 0; twice < 2;
             twice++) { /* a loop that ran to its end leaves the tree fit for the next */
            run(&c, blocks_of(bytes));
            assert_memory_equal(tree_of(&c), reference, 32);
        }
        free(tree_of(&c)), free(input);
    }
}

typedef struct share {
    call *call;
    uint64_t first, step, blocks;
    pthread_t thread;
} share;

static void *run_share(void *argument)
{
    const share *s = argument;
    int32_t code = FILCH_OK;
    for (uint64_t i = s->first; i < s->blocks; i += s->step) code |= chunk(s->call, i, i + 1);
    return code ? argument : NULL;
}

void blake3_is_hashed_by_four_threads_at_once(void **state)
{
    (void)state;
    enum { THREADS = 4, BYTES = 77 * 16384 + 5 };
    uint8_t *input = some(BYTES), reference[32];
    reference_blake3(reference, input, BYTES);
    for (int i = 0; i < 20; i++) {
        call c = blake3(input, BYTES);
        share shares[THREADS];
        for (int t = 0; t < THREADS; t++) {
            shares[t] = (share){
                .call = &c, .first = (uint64_t)t, .step = THREADS, .blocks = blocks_of(BYTES)};
            assert_int_equal(pthread_create(&shares[t].thread, NULL, run_share, &shares[t]), 0);
        }
        for (int t = 0; t < THREADS; t++) {
            void *failed;
            pthread_join(shares[t].thread, &failed);
            assert_null(failed);
        }
        assert_memory_equal(tree_of(&c), reference, 32);
        free(tree_of(&c));
    }
    free(input);
}

void blake3_refuses_bad_sizes(void **state)
{
    (void)state;
    uint8_t *input = some(20000);
    call good = blake3(input, 20000), c;
    c = good, set(&c, "bytes", 20001), assert_int_equal(chunk(&c, 0, 1), 1);
    c = good, set(&c, "bytes", UINT32_MAX), assert_int_equal(chunk(&c, 0, 1), 1);
    c = good, give(&c, "tree", tree_of(&good), 17), assert_int_equal(chunk(&c, 0, 1), 2);
    c = good, give(&c, "tree", NULL, 0), set(&c, "bytes", 0), assert_int_equal(chunk(&c, 0, 1), 2);
    c = good, assert_int_equal(chunk(&c, 1, 3), 3);
    c = good, give(&c, "input", input, UINT32_MAX), set(&c, "bytes", UINT32_MAX);
    assert_int_equal(chunk(&c, 0, 1), 2);
    free(tree_of(&good)), free(input);
}

/* sieve */

static uint64_t primes_up_to(uint64_t limit, uint64_t first_segment)
{
    call c = call_of(&filch_kernel_sieve);
    set(&c, "limit", limit);
    /* Two segments too many: they count nothing. */
    run_from(&c, first_segment, limit / (1 << 19) + 3);
    return get(&c, "count");
}

void sieve_equals_trial_division(void **state)
{
    (void)state;
    for (uint32_t limit = 0; limit < 300; limit++) {
        assert_int_equal(primes_up_to(limit, 0), reference_primes(0, limit + 1));
    }
    const uint32_t segment = 1 << 19;
    const uint64_t before = reference_primes(0, segment - 40);
    for (uint32_t limit = segment - 41; limit < segment + 200;
         limit += 1 + (uint32_t)random_below(9)) {
        assert_int_equal(primes_up_to(limit, 0),
                         before + reference_primes(segment - 40, limit + 1));
    }
    static const uint64_t ends[] = {10007 * 10007, 4093ull * 4093 + 1, 65521ull * 65521,
                                    UINT32_MAX - 3000, UINT32_MAX};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0];
         i++) { /* squares of primes, and the very end */
        const uint64_t end = ends[i], s = end / segment;
        const uint64_t begin = end - (end % segment < 1500 ? end % segment : 1500);
        const uint64_t primes = primes_up_to(end, s) - primes_up_to(begin, s);
        assert_int_equal(primes, reference_primes(begin + 1, end + 1));
    }
}

void sieve_knows_pi(void **state)
{
    (void)state;
    static const uint64_t pi[][2] = {
        /* OEIS A006880 */
        {10, 4}, {1000, 168}, {1000000, 78498}, {10000000, 664579}, {100000000, 5761455},
    };
    for (size_t i = 0; i < sizeof pi / sizeof pi[0]; i++)
        assert_int_equal(primes_up_to(pi[i][0], 0), pi[i][1]);
    call c = call_of(&filch_kernel_sieve);
    set(&c, "limit", (uint64_t)1 << 32);
    assert_int_equal(chunk(&c, 0, 1), 1);
    set(&c, "limit", UINT32_MAX);
    assert_int_equal(chunk(&c, UINT64_MAX - 1, UINT64_MAX), FILCH_OK);
    assert_int_equal(get(&c, "count"), 0);
}

/* automaton */

void automaton_equals_reference(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++) {
        const uint32_t rule = i < 256 ? i : 30 + 80 * (i % 2), first = i % 5;
        const uint32_t words = 1 + (uint32_t)random_below(4), width = 64 * words;
        const uint32_t rows = 1 + (uint32_t)random_below(40);
        const uint32_t generations = 1 + (uint32_t)random_below(60);
        uint64_t *cells = some(16 * words);
        uint32_t *image = some(4 * width * rows);
        uint8_t now[256], next[256];
        for (uint32_t k = 0; k < width; k++)
            now[k] = cells[first % 2 * words + k / 64] >> k % 64 & 1;

        call c = call_of(&filch_kernel_automaton);
        give(&c, "cells", cells, 2 * words), set(&c, "rule", rule);
        if (i % 2) give(&c, "image", image, width * rows);
        run_from(&c, first, first + generations);

        for (uint32_t g = first; g < first + generations; g++) {
            for (uint32_t k = 0; i % 2 && g + rows >= first + generations && k < width; k++) {
                assert_int_equal(image[g % rows * width + k], now[k] ? 0xFF000000 : 0xFFFFFFFF);
            }
            reference_automaton(next, now, width, rule);
            memcpy(now, next, width);
        }
        const uint64_t *last = cells + (first + generations) % 2 * words;
        for (uint32_t k = 0; k < width; k++) assert_int_equal(last[k / 64] >> k % 64 & 1, now[k]);
        free(cells), free(image);
    }
}

void automaton_refuses_bad_arguments(void **state)
{
    (void)state;
    uint64_t *cells = some(32);
    uint32_t *image = some(4 * 127);
    call c = call_of(&filch_kernel_automaton);
    set(&c, "rule", 30);
    assert_int_equal(chunk(&c, 0, 1), 1);
    give(&c, "cells", cells, 3), assert_int_equal(chunk(&c, 0, 1), 1);
    give(&c, "cells", cells, 1), assert_int_equal(chunk(&c, 0, 1), 1);
    give(&c, "cells", cells, 4), set(&c, "rule", 256), assert_int_equal(chunk(&c, 0, 1), 2);
    set(&c, "rule", 255), give(&c, "image", image, 127), assert_int_equal(chunk(&c, 0, 1), 3);
    give(&c, "image", NULL, 0),
        assert_int_equal(chunk(&c, (uint64_t)1 << 52, ((uint64_t)1 << 52) + 3), FILCH_OK);
    free(cells), free(image);
}
