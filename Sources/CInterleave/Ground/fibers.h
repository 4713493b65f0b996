// The fibers of the thread sanitizer.

#ifndef CINTERLEAVE_FIBERS_H
#define CINTERLEAVE_FIBERS_H

#include "ground.h"

IL_UNINSTRUMENTED_BEGIN

enum { IL_NO_SYNC = 1, IL_SYNC = 0 };

// Without `switch_to`, there are none.
extern struct il_tsan {
  void *(*current)(void);
  void *(*create)(unsigned flags);
  void (*switch_to)(void *fiber, unsigned flags);
  void (*ignore_sync)(const char *file, int line), (*heed_sync)(const char *file, int line);
  void (*enter)(void *caller), (*leave)(void);
} il_tsan;

// One upon which nothing runs. It is put away when that is so again; NULL is none.
void *il_fiber_make(void);
// Waits until runs that go on elsewhere have few, for a while.
void il_fiber_wait_for_few(void);
// One is in use by nobody any more, and cannot be used again.
void il_fiber_lose(void);
void il_fiber_put_away(void *fiber);
// The same where what runs upon it never comes to an end.
void il_fiber_clear(void *fiber);
// Switches, and orders nothing. What belongs to the other one lies on the stack below the frame.
void il_fiber_go_to(void *fiber, const void *frame);
// The same, where what was done until now comes before what that one does.
void il_fiber_follow_to(void *fiber, const void *frame);

IL_UNINSTRUMENTED_END

#endif
