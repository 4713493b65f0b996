// Functions that block a thread for a time: others go on meanwhile, the clocks of the run move on
// by it, as they would outside, and the step that does so really takes that long, unless it is a thread's.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Environment/environment.h"
#include "../Carriers/carriers.h"

#include <time.h>
#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

// Others go on while the running step sleeps. Returns when it wakes, in time of the run.
static int64_t sleep_until(il_session *s, int64_t time, void *caller) {
  int64_t moment;
  if (__builtin_add_overflow(s->now, time, &moment)) moment = INT64_MAX;
#if defined(IL_HAS_CARRIERS)
  if (il_inside() && time > 0 && il_code_at(caller) != IL_CODE_OURS)
    il_await_time(s, moment, IL_PLACE(caller));
#endif
  (void)caller;
  return moment;
}

// A thread of the run sleeps by the run's clock alone: nobody waits meanwhile for what it holds.
static bool sleeps_inside(il_session *s, int64_t moment) {
#if defined(IL_HAS_CARRIERS)
  if (il_inside() && il_is_thread(s->step_task)) {
    il_pass(s, moment - s->now);
    return true;
  }
#endif
  (void)s, (void)moment;
  return false;
}

int nanosleep(const struct timespec *time, struct timespec *rest) {
  void *caller = IL_CALLER();
  IL_REAL(nanosleep, &nanosleep);
  il_session *s = il_current;
  if (!s) return original(time, rest);
  // Nobody sleeps for no time at all. Who sleeps again for what is left, and rounds that to
  // nothing, would never come to the end.
  int64_t asked = il_nanoseconds(time), moment = sleep_until(s, asked ? asked : 1, caller);
  if (sleeps_inside(s, moment)) return 0;
  int result = original(time, rest);
  if (result == 0) il_pass(s, moment - s->now);
  return result;
}

int usleep(useconds_t time) {
  void *caller = IL_CALLER();
  IL_REAL(usleep, &usleep);
  il_session *s = il_current;
  if (!s) return original(time);
  int64_t moment = sleep_until(s, (int64_t)time * 1000, caller);
  if (sleeps_inside(s, moment)) return 0;
  int result = original(time);
  if (result == 0) il_pass(s, moment - s->now);
  return result;
}

unsigned sleep(unsigned seconds) {
  void *caller = IL_CALLER();
  IL_REAL(sleep, &sleep);
  il_session *s = il_current;
  if (!s) return original(seconds);
  int64_t moment = sleep_until(s, (int64_t)seconds * 1000000000, caller);
  if (sleeps_inside(s, moment)) return 0;
  unsigned rest = original(seconds);
  il_pass(s, moment - (int64_t)rest * 1000000000 - s->now);
  return rest;
}

#if defined(__linux__)
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                    struct timespec *rest) {
  void *caller = IL_CALLER();
  IL_REAL(clock_nanosleep, &clock_nanosleep);
  il_session *s = il_current;
  if (!s) return original(clock, flags, time, rest);
  int64_t wanted = il_nanoseconds(time);
  // A moment is one of the run's clocks, which the system does not know.
  if (flags & TIMER_ABSTIME) wanted -= il_clock_origin(clock) + s->now;
  if (wanted <= 0) return 0;
  int64_t moment = sleep_until(s, wanted, caller);
  if (sleeps_inside(s, moment)) return 0;
  struct timespec relative = {.tv_sec = wanted / 1000000000, .tv_nsec = wanted % 1000000000};
  int result = original(clock, 0, &relative, flags & TIMER_ABSTIME ? NULL : rest);
  if (result == 0) il_pass(s, moment - s->now);
  return result;
}
#endif

IL_UNINSTRUMENTED_END
