// Moments of the run's clocks that are handed to what goes by the system's.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "environment.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/timerfd.h>
#endif

IL_UNINSTRUMENTED_BEGIN

int64_t il_real_moment(il_session *s, clockid_t clock, int64_t moment) {
  int64_t left = moment - (il_clock_origin(clock) + s->now), real;
  if (__builtin_add_overflow(il_real_clock(clock), left, &real)) return INT64_MAX;
  return real > 1 ? real : 1;
}

// libdispatch's encoding of a time: the two top bits name its clock.
enum : uint64_t { NOW = 0, CALENDAR_NOW = ~1ull, FOREVER = ~0ull };

void il_pass(il_session *s, int64_t time) {
  if (time <= 0) return;
  s->now += time;
  s->has_slept = true;
}

bool il_session_slept_by_clocks(const il_session *s) {
  return s->has_read_clock && s->has_slept;
}

int64_t il_deadline_of(il_session *s, uint64_t when) {
  if (when == NOW || when == CALENDAR_NOW) return s->now;
  if (when == FOREVER) return INT64_MAX;
  bool top = when >> 63, next = when >> 62 & 1;
  int64_t at;
  if (top && next) at = (int64_t)(0 - when) - il_clock_origin(CLOCK_REALTIME);
  else at = (int64_t)(when & ~(1ull << 63)) - il_clock_origin(CLOCK_MONOTONIC);
  return at < 0 ? 0 : at;
}

uint64_t il_real_deadline(il_session *s, uint64_t when) {
#if defined(__linux__)
  if (when == NOW || when >= CALENDAR_NOW) return when;
  bool top = when >> 63, next = when >> 62 & 1;
  clockid_t clock = !top ? CLOCK_MONOTONIC : next ? CLOCK_REALTIME : CLOCK_BOOTTIME;
  int64_t moment = top && next ? (int64_t)(0 - when) : (int64_t)(when & ~(1ull << 63));
  int64_t real = il_real_moment(s, clock, moment);
  // What does not fit is too far off to be seen.
  if (real >> 62) return FOREVER;
  return !top ? (uint64_t)real : next ? 0 - (uint64_t)real : (uint64_t)real | 1ull << 63;
#else
  // There, libdispatch does not read the clocks that are the run's.
  (void)s;
  return when;
#endif
}

int64_t il_time_until(uint64_t when) {
  if (when == NOW || when == CALENDAR_NOW) return 0;
  if (when == FOREVER) return INT64_MAX;
  bool top = when >> 63, next = when >> 62 & 1;
  int64_t left = top && next ? (int64_t)(0 - when) - il_real_clock(CLOCK_REALTIME)
                             : (int64_t)(when & ~(1ull << 63)) - il_real_clock(CLOCK_MONOTONIC);
  return left > 0 ? left : 0;
}

#if defined(__linux__)
// MARK: - Timers of the kernel

// The clock of a timer that is read as a file.
static clockid_t clock_of(int file) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", file);
  int info = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t count = info < 0 ? 0 : read(info, text, sizeof text - 1);
  if (info >= 0) close(info);
  text[count > 0 ? count : 0] = 0;
  const char *field = strstr(text, "clockid:");
  return field ? (clockid_t)strtol(field + 8, NULL, 10) : CLOCK_MONOTONIC;
}

typedef int (*timerfd_function)(int, int, const struct itimerspec *, struct itimerspec *);

int timerfd_settime(int file, int flags, const struct itimerspec *value,
                    struct itimerspec *before) {
  static timerfd_function original;
  if (UNLIKELY(!original)) original = (timerfd_function)il_next_symbol("timerfd_settime");
  il_session *s = il_current;
  bool is_set = value && (value->it_value.tv_sec || value->it_value.tv_nsec);
  if (!s || !is_set || !(flags & TFD_TIMER_ABSTIME)) return original(file, flags, value, before);
  int64_t moment = il_real_moment(s, clock_of(file), il_nanoseconds(&value->it_value));
  struct itimerspec real = *value;
  real.it_value = (struct timespec){
      .tv_sec = moment / 1000000000, .tv_nsec = moment % 1000000000};
  return original(file, flags, &real, before);
}
#endif

IL_UNINSTRUMENTED_END
