/* Events: what tasks wait for, and the owner tells.
 *
 * An event lets tasks pass, or not. It has permits: each lets one task pass, now or later, so a
 * permit that comes before the wait is not lost. While the event is set, all tasks pass. Tasks that
 * wait pass in turn: the owner goes round the slots.
 *
 * A number names an event, and no later one. Each function is false for a number of no event.
 *
 * The owner. Nothing here waits. No worker hears of the tasks that are ready before inbox_flush(),
 * so what becomes ready in one turn has one wake-up. */
#ifndef FILCH_EVENT_H
#define FILCH_EVENT_H

#include "core/plan.h"

/* A new event, which is not set and has no permit. Its number; 0: all are in use. */
uint32_t event_open(filch_runtime *rt);
/* No task waits for the event any more: those that do go on as FILCH_WAITED_FAILED. */
bool event_try_close(filch_runtime *rt, uint32_t number);
bool event_try_set(filch_runtime *rt, uint32_t number);
/* The event is not set any more, and has no permit. */
bool event_try_reset(filch_runtime *rt, uint32_t number);
/* So many tasks may pass: those that wait, then those that come. */
bool event_try_pulse(filch_runtime *rt, uint32_t number, uint32_t permits);
typedef struct filch_event_look {
    uint32_t permits;
    bool is_there, is_set;
} filch_event_look;
filch_event_look event_look(const filch_runtime *rt, uint32_t number);
/* Tasks that wait for the event, at some moment of the call. */
uint32_t event_waiting(const filch_runtime *rt, uint32_t number);
/* The wait of this slot, *word, which is on, ends so. False: *word has changed, and is the word's
 * new value. */
bool event_try_end_wait(filch_runtime *rt, uint32_t slot, uint64_t *word, filch_waited end);
/* The slot's task, which is about to be submitted, waits before it begins. False: its wait is over,
 * and the caller makes the task QUEUED in place of BLOCKED. */
bool event_try_begin_wait(filch_runtime *rt, uint32_t slot, const filch_wait_request *request);
/* Looks again at events whose tasks the last look may have missed. False: nothing was left. */
bool event_try_look_again(filch_runtime *rt);

#endif
