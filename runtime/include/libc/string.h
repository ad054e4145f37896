/* Of C's <string.h>, for plug-ins built without a C library (make kernel): what works on blocks of
 * memory, and strlen(). Any thread. */
#ifndef FILCH_STRING_H
#define FILCH_STRING_H

#include <stddef.h>

#define FILCH_STRING(type) static inline __attribute__((unused)) type

/* The first three are instructions. */
FILCH_STRING(void *) memcpy(void *restrict into, const void *restrict from, size_t bytes)
{
    return __builtin_memcpy(into, from, bytes);
}
FILCH_STRING(void *) memmove(void *into, const void *from, size_t bytes)
{
    return __builtin_memmove(into, from, bytes);
}
FILCH_STRING(void *) memset(void *into, int byte, size_t bytes)
{
    return __builtin_memset(into, byte, bytes);
}
FILCH_STRING(int) memcmp(const void *one, const void *other, size_t bytes)
{
    const unsigned char *a = (const unsigned char *)one, *b = (const unsigned char *)other;
    for (size_t i = 0; i < bytes; i++) {
        if (a[i] != b[i]) return a[i] - b[i];
    }
    return 0;
}
FILCH_STRING(void *) memchr(const void *in, int byte, size_t bytes)
{
    const unsigned char *at = (const unsigned char *)in;
    for (size_t i = 0; i < bytes; i++) {
        if (at[i] == (unsigned char)byte) return (void *)(at + i);
    }
    return NULL;
}
FILCH_STRING(size_t) strlen(const char *text)
{
    size_t length = 0;
    while (text[length]) length++;
    return length;
}

#undef FILCH_STRING

#endif
