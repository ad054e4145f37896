/* C's <assert.h>, for plug-ins built without a C library (make kernel). A false assertion is a
 * trap: the task fails with KERNEL_TRAPPED. */
#undef assert
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
#define assert(condition) ((condition) ? (void)0 : __builtin_trap())
#endif
#define static_assert _Static_assert
