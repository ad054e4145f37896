/* The explorer as one translation unit, beside the runtime that it explores (filch.c). */
#include "platform/explore_decide.c"
#include "platform/explore_prune.c"
#include "platform/explore_threads.c"
#include "platform/explore_deaths.c"
#include "platform/explore_weak.c"
#include "platform/explore_schedule.c"
#include "platform/explore_search.c"
