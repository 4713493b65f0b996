// Functions that block a thread for a time: the clocks of the run move on by it, as
// they would outside, and the step that does so really takes that long.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "environment.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

#define REAL(name)                                                           \
  static __typeof__(&name) original;                                         \
  if (UNLIKELY(!original)) original = (__typeof__(&name))il_next_symbol(#name)

void il_pass(il_session *s, int64_t time) {
  if (time <= 0) return;
  s->now += time;
  s->has_slept = true;
}

bool il_session_slept_by_clocks(const il_session *s) {
  return s->has_read_clock && s->has_slept;
}

int nanosleep(const struct timespec *time, struct timespec *rest) {
  REAL(nanosleep);
  int result = original(time, rest);
  if (il_current && result == 0) {
    // Nobody sleeps for no time at all. Who sleeps again for what is left, and rounds that to
    // nothing, would never come to the end.
    int64_t slept = il_nanoseconds(time);
    il_pass(il_current, slept ? slept : 1);
  }
  return result;
}

int usleep(useconds_t time) {
  REAL(usleep);
  int result = original(time);
  if (il_current && result == 0) il_pass(il_current, (int64_t)time * 1000);
  return result;
}

unsigned sleep(unsigned seconds) {
  REAL(sleep);
  unsigned rest = original(seconds);
  if (il_current) il_pass(il_current, (int64_t)(seconds - rest) * 1000000000);
  return rest;
}

#if defined(__linux__)
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                    struct timespec *rest) {
  REAL(clock_nanosleep);
  il_session *s = il_current;
  if (!s) return original(clock, flags, time, rest);
  int64_t wanted = il_nanoseconds(time);
  // A moment is one of the run's clocks, which the system does not know.
  if (flags & TIMER_ABSTIME) wanted -= il_clock_origin(clock) + s->now;
  if (wanted <= 0) return 0;
  struct timespec relative = {.tv_sec = wanted / 1000000000, .tv_nsec = wanted % 1000000000};
  int result = original(clock, 0, &relative, flags & TIMER_ABSTIME ? NULL : rest);
  if (result == 0) il_pass(s, wanted);
  return result;
}
#endif

IL_UNINSTRUMENTED_END
