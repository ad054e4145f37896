/* A native program with Filch inside it, as POSIX threads. */
#include "callers.h"
#include "cases.h"

int main(void)
{
    run_cases();
    run_callers();
    return plan();
}
