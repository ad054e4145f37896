/* Has no kernel: refused. */
int answer(void);
int answer(void) { return 42; }
