/* picture <width> <height> <cx> <cy> <scale> <limit> [file]: the reference Mandelbrot picture, for
 * tests that look at a canvas. Prints the FNV-1a digest (64 bits, 16 hexadecimal digits) of its
 * width * height * 4 bytes of RGBA; writes them to `file` if one is named, to the standard output
 * in the digest's place if `file` is `-`. Arguments of C's strtod() and strtoul(). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"

int main(int argc, char **argv)
{
    if (argc != 7 && argc != 8) {
        fprintf(stderr, "usage: picture <width> <height> <cx> <cy> <scale> <limit> [file | -]\n");
        return 2;
    }
    const reference_view view = {
        .width = (uint32_t)strtoul(argv[1], NULL, 0),
        .height = (uint32_t)strtoul(argv[2], NULL, 0),
        .cx = strtod(argv[3], NULL),
        .cy = strtod(argv[4], NULL),
        .scale = strtod(argv[5], NULL),
        .limit = (uint32_t)strtoul(argv[6], NULL, 0),
    };
    const size_t bytes = (size_t)view.width * view.height * 4;
    uint8_t *out = malloc(bytes ? bytes : 1);
    if (!out) {
        fprintf(stderr, "picture: no memory for %zu bytes\n", bytes);
        return 1;
    }
    reference_mandelbrot(out, view);

    const int to_stdout = argc == 8 && strcmp(argv[7], "-") == 0;
    if (argc == 8) {
        FILE *file = to_stdout ? stdout : fopen(argv[7], "wb");
        if (!file || fwrite(out, 1, bytes, file) != bytes || fflush(file) != 0) {
            perror("picture");
            return 1;
        }
        if (!to_stdout) fclose(file);
    }
    if (!to_stdout) {
        uint64_t digest = 0xCBF29CE484222325u;
        for (size_t i = 0; i < bytes; i++) digest = (digest ^ out[i]) * 0x100000001B3u;
        printf("%016llx\n", (unsigned long long)digest);
    }
    free(out);
    return 0;
}
