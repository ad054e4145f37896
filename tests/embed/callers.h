#ifndef FILCH_CALLERS_H
#define FILCH_CALLERS_H

void run_callers(void);

#endif
