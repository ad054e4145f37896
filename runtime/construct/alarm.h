/* The alarm: the owner's clock ends waits whose time is over.
 *
 * rt->alarm is the first deadline of all. A worker whose task waits with an earlier one sets it,
 * and notifies the owner. The owner asks for it, and calls alarm_ring() when it has come.
 *
 * The owner. Nothing here waits. */
#ifndef FILCH_ALARM_H
#define FILCH_ALARM_H

#include "core/plan.h"

/* When the owner must call alarm_ring(), in clock_ns(); NO_ALARM: not yet. */
uint64_t alarm_next(filch_runtime *rt);
/* The owner does not know of the alarm yet. */
bool alarm_is_new(const filch_runtime *rt);
/* Ends the waits whose time is over. No worker hears of their tasks before inbox_flush(). */
void alarm_ring(filch_runtime *rt);

#endif
