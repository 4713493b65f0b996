// Timers of libdispatch that belong to a run, to the functions by which the program uses them.

#ifndef CINTERLEAVE_TIMERS_H
#define CINTERLEAVE_TIMERS_H

#include "takeover.h"

#if defined(IL_HAS_CARRIERS)
IL_UNINSTRUMENTED_BEGIN

typedef enum {
  IL_TIMER_FIRED = 0, IL_TIMER_CANCELLED, IL_TIMER_REGISTERED, IL_TIMER_HANDLERS,
} il_timer_handler;

// Makes one for the running step; NULL where its session does not control that.
void *il_make_timer(uintptr_t flags, void *queue, void *caller, void **frame);

// Do what the program asks for, if the object is a timer of a run. False: it is none.
bool il_timer_set(void *object, uint64_t start, uint64_t interval, void *caller, void **frame);
bool il_timer_set_handler(void *object, il_timer_handler which, const void *block,
                          void (*work)(void *));
bool il_timer_set_target(void *object, void *queue);
bool il_timer_activate(void *object);
bool il_timer_suspend(void *object, void *caller, void **frame);
bool il_timer_resume(void *object, void *caller, void **frame);
bool il_timer_cancel(void *object, void *caller, void **frame);
bool il_timer_is_cancelled(void *object, intptr_t *is_cancelled);
bool il_timer_data(void *object, uintptr_t *data);

IL_UNINSTRUMENTED_END
#endif

#endif
