/* automaton: an elementary cellular automaton (rule 30, rule 110, ...) on a circle of cells.
 *
 * One iteration is one generation: iteration k computes generation k + 1 from generation k. A chunk
 * depends on nothing but `cells` and the number of its first iteration. So the loop can stop
 * anywhere, and go on later, on another worker or from a copy.
 *
 *   cells   two generations of cells.length / 2 words. A word has 64 cells, the first one in its
 *           lowest bit. An even generation is in the first half, an odd one in the second. The
 *           caller fills generation `begin` of the loop
 *   rule    0 to 255, by S. Wolfram's numbering: bit 4 * left + 2 * middle + right is the next
 *           state of a cell with these neighbours
 *   image   pixels of 4 bytes, in rows of 32 * cells.length. Iteration k paints generation k on row
 *           k modulo the number of rows: a cell that is 1 black, a cell that is 0 white
 *
 * Codes: 1 cells has an odd number of words, or none; 2 rule is above 255; 3 image is given, and
 * shorter than a row. */
#include "filch.h"

enum { BAD_CELLS = 1, BAD_RULE = 2, IMAGE_TOO_SHORT = 3 };

static const uint32_t BLACK = 0xFF000000, WHITE = 0xFFFFFFFF; /* alpha, blue, green, red */

/* The next state of 64 cells. Each bit that is set in `rule` stands for one neighbourhood in which
 * a cell becomes 1. */
static uint64_t step(uint32_t rule, uint64_t left, uint64_t middle, uint64_t right)
{
    uint64_t next = 0;
    for (uint32_t k = 0; k < 8; k++) {
        const uint64_t here =
            (k & 4 ? left : ~left) & (k & 2 ? middle : ~middle) & (k & 1 ? right : ~right);
        next |= rule >> k & 1 ? here : 0;
    }
    return next;
}

static void paint(uint32_t *row, const uint64_t *cells, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++) {
        for (uint32_t bit = 0; bit < 64; bit++) {
            row[64 * i + bit] = cells[i] >> bit & 1 ? BLACK : WHITE;
        }
    }
}

#define AUTOMATON_ARGS(F) F(array, u64, cells) F(value, u32, rule) F(option, u32, image)
FILCH_KERNEL(sequential, automaton, AUTOMATON_ARGS)
{
    (void)task;
    const filch_u64_array cells = args->cells;
    const filch_u32_array image = args->image;
    const uint32_t rule = args->rule, words = cells.length / 2;
    const uint32_t rows = words ? image.length / 64 / words : 0;
    if (words == 0 || cells.length % 2) return BAD_CELLS;
    if (rule > 255) return BAD_RULE;
    if (image.at && rows == 0) return IMAGE_TOO_SHORT;

    for (uint64_t k = begin; k < end; k++) {
        const uint64_t *now = k % 2 ? cells.at + words : cells.at;
        uint64_t *next = k % 2 ? cells.at : cells.at + words;
        if (image.at) paint(image.at + k % rows * (64 * (size_t)words), now, words);
        for (uint32_t i = 0; i < words; i++) {
            const uint64_t before = now[i ? i - 1 : words - 1];
            const uint64_t after = now[i + 1 < words ? i + 1 : 0];
            next[i] = step(rule, now[i] << 1 | before >> 63, now[i], now[i] >> 1 | after << 63);
        }
    }
    return FILCH_OK;
}
