/* record: of a ring, a number, and `by` more of it; what follows it is inverted. Code 7: it is 0xdead.
 *
 *   log   how many so far, then each in its turn */
#include "filch.h"

#define RECORD_ARGS(F) F(array, u8, record) F(value, u32, by) F(option, u32, log)
FILCH_KERNEL(parallel, record, RECORD_ARGS)
{
    (void)task;
    for (uint64_t i = begin; i < end; i++) {
        uint32_t value;
        if (args->record.length < sizeof value) return 1;
        __builtin_memcpy(&value, args->record.at, sizeof value);
        if (value == 0xdead) return 7;
        if (args->log.length) args->log.at[1 + __atomic_fetch_add(args->log.at, 1, __ATOMIC_SEQ_CST) % (args->log.length - 1)] = value;
        value += args->by;
        __builtin_memcpy(args->record.at, &value, sizeof value);
        for (uint32_t k = sizeof value; k < args->record.length; k++) args->record.at[k] ^= 0xff;
    }
    return FILCH_OK;
}
