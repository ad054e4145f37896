/* An elementary cellular automaton, one cell (a byte, 0 or 1) after the other, by looking its
 * neighbourhood up in the rule. */
#include "reference.h"

void reference_automaton(uint8_t *next, const uint8_t *now, uint32_t cells, uint32_t rule)
{
    for (uint32_t i = 0; i < cells; i++) {
        const uint32_t left = now[(i + cells - 1) % cells], right = now[(i + 1) % cells];
        next[i] = rule >> (4 * left + 2 * now[i] + right) & 1;
    }
}
