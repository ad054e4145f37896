#include <stdio.h>

#include "cases.h"

static int checks, failures;

void check(bool holds, const char *what)
{
    if (!holds) failures++;
    printf("%sok %d - %s\n", holds ? "" : "not ", ++checks, what);
    fflush(stdout);
}

int plan(void)
{
    printf("1..%d\n", checks);
    fflush(stdout);
    return failures ? 1 : 0;
}
