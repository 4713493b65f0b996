// The system's own clocks, which no run moves.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "ground.h"

#include <time.h>

IL_UNINSTRUMENTED_BEGIN

clock_gettime_function il_real_clock_gettime(void) {
  static clock_gettime_function found;
  if (UNLIKELY(!found)) found = (clock_gettime_function)il_next_symbol("clock_gettime");
  return found;
}

int64_t il_real_clock(clockid_t clock) {
  struct timespec time;
  if (il_real_clock_gettime()(clock, &time)) return 0;
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t il_exact_real_time(void) { return il_real_clock(CLOCK_MONOTONIC); }

int64_t il_real_time(void) {
#if defined(__linux__)
  struct timespec time;
  // Good to some milliseconds, and a few nanoseconds to read.
  il_real_clock_gettime()(CLOCK_MONOTONIC_COARSE, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
#else
  return il_exact_real_time();
#endif
}

IL_UNINSTRUMENTED_END
