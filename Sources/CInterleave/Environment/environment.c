// What a run must own besides its jobs: time, randomness, hashing.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "environment.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

// MARK: - Time

// Runs begin at a fixed moment, so that what they print repeats.
// 2025-01-01 00:00:00 UTC for the calendar; an hour after boot for the rest.
static int64_t first_day = 1735689600, since_boot = 3600;

// For tests, which show that nothing depends on how these moments lie to those of the host:
// INTERLEAVE_ORIGIN=<seconds since boot>,<seconds since 1970>.
__attribute__((constructor)) static void shift_origin(void) {
  const char *origin = getenv("INTERLEAVE_ORIGIN");
  if (!origin) return;
  char *end;
  long long boot = strtoll(origin, &end, 10);
  long long day = *end == ',' ? strtoll(end + 1, &end, 10) : -1;
  if (*end || boot < 0 || day < 0) {
    fprintf(stderr, "INTERLEAVE_ORIGIN must be two numbers of seconds, as in 3600,1735689600 "
                    "(was %s)\n", origin);
    abort();
  }
  since_boot = boot;
  first_day = day;
}

int64_t il_clock_origin(int clock) {
  // What a step computes takes no time either.
  if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID) return 0;
  bool isCalendar = clock == CLOCK_REALTIME;
#if defined(__linux__)
  isCalendar |= clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI ||
                clock == CLOCK_REALTIME_ALARM;
#endif
  int64_t seconds = isCalendar ? first_day : since_boot;
  return seconds * 1000000000;
}

int64_t il_clock_read(il_session *s, int clock) {
  // A step takes no time. Code that spins until some time has passed would
  // never end, so after very many readings in one step time trickles on.
  if (++s->clock_reads > 10000) s->now += 1000;
  s->has_read_clock = true;
  return il_clock_origin(clock) + s->now;
}

static bool is_virtual(clockid_t clock) {
  if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID) return true;
#if defined(__linux__)
  return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
         clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_REALTIME_COARSE ||
         clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_TAI ||
         clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
#else
  return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW ||
         clock == CLOCK_UPTIME_RAW;
#endif
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  il_session *s = il_current;
  if (s && is_virtual(clock)) {
    int64_t now = il_clock_read(s, clock);
    time->tv_sec = now / 1000000000;
    time->tv_nsec = now % 1000000000;
    return 0;
  }
  return il_real_clock_gettime()(clock, time);
}

int gettimeofday(struct timeval *time, void *zone) {
  static int (*original)(struct timeval *, void *);
  il_session *s = il_current;
  if (s) {
    int64_t now = il_clock_read(s, CLOCK_REALTIME);
    time->tv_sec = now / 1000000000;
    time->tv_usec = now % 1000000000 / 1000;
    return 0;
  }
  if (UNLIKELY(!original))
    original = (int (*)(struct timeval *, void *))il_next_symbol("gettimeofday");
  return original(time, zone);
}

time_t time(time_t *result) {
  static time_t (*original)(time_t *);
  il_session *s = il_current;
  if (s) {
    time_t now = il_clock_read(s, CLOCK_REALTIME) / 1000000000;
    if (result) *result = now;
    return now;
  }
  if (UNLIKELY(!original)) original = (time_t (*)(time_t *))il_next_symbol("time");
  return original(result);
}

int timespec_get(struct timespec *time, int base) {
  static int (*original)(struct timespec *, int);
  if (il_current && base == TIME_UTC)
    return clock_gettime(CLOCK_REALTIME, time) == 0 ? base : 0;
  if (UNLIKELY(!original))
    original = (int (*)(struct timespec *, int))il_next_symbol("timespec_get");
  return original(time, base);
}

clock_t clock(void) {
  static clock_t (*original)(void);
  il_session *s = il_current;
  if (s) return il_clock_read(s, CLOCK_PROCESS_CPUTIME_ID) / (1000000000 / CLOCKS_PER_SEC);
  if (UNLIKELY(!original)) original = (clock_t (*)(void))il_next_symbol("clock");
  return original();
}

// MARK: - Randomness

static uint64_t mixed(uint64_t *state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

void il_random_seed(il_session *s, uint64_t seed) {
  s->random[0] = seed;
  s->random[1] = ~seed;
}

static void fill_random(il_session *s, void *buffer, size_t count) {
  unsigned char *bytes = buffer;
  il_note_random(s);
  while (count) {
    uint64_t word = mixed(&s->random[0]);
    size_t n = count < 8 ? count : 8;
    memcpy(bytes, &word, n);
    bytes += n;
    count -= n;
  }
}

bool il_draw(void *buffer, size_t count) {
  if (LIKELY(!il_current)) return false;
  fill_random(il_current, buffer, count);
  return true;
}

bool il_draw_seeded(uint64_t *word) {
  if (LIKELY(!il_current)) return false;
  il_note_random(il_current);
  *word = mixed(&il_current->random[1]);
  return true;
}

bool il_seed_drawing(uint64_t seed) {
  if (LIKELY(!il_current)) return false;
  il_note_random(il_current);
  il_current->random[1] = seed;
  return true;
}

__attribute__((swiftcall)) void swift_stdlib_random(void *buffer, size_t count) {
  static __attribute__((swiftcall)) void (*original)(void *, size_t);
  il_session *s = il_current;
  if (s) {
    fill_random(s, buffer, count);
    return;
  }
  if (UNLIKELY(!original))
    *(void **)&original = il_next_symbol("swift_stdlib_random");
  original(buffer, count);
}

ssize_t getrandom(void *buffer, size_t count, unsigned flags) {
  static ssize_t (*original)(void *, size_t, unsigned);
  il_session *s = il_current;
  if (s) {
    fill_random(s, buffer, count);
    return (ssize_t)count;
  }
  if (UNLIKELY(!original)) *(void **)&original = il_next_symbol("getrandom");
  return original(buffer, count, flags);
}

int getentropy(void *buffer, size_t count) {
  static int (*original)(void *, size_t);
  il_session *s = il_current;
  if (s) {
    fill_random(s, buffer, count);
    return 0;
  }
  if (UNLIKELY(!original)) *(void **)&original = il_next_symbol("getentropy");
  return original(buffer, count);
}

// Foundation reads these from /dev/urandom.

static bool fill_identifier(unsigned char *bytes) {
  il_session *s = il_current;
  if (!s) return false;
  fill_random(s, bytes, 16);
  bytes[6] = (bytes[6] & 0x0F) | 0x40;
  bytes[8] = (bytes[8] & 0x3F) | 0x80;
  return true;
}

#define IDENTIFIER(name)                                                     \
  void name(unsigned char *bytes) {                                          \
    static void (*original)(unsigned char *);                                \
    if (fill_identifier(bytes)) return;                                      \
    if (UNLIKELY(!original)) *(void **)&original = il_next_symbol(#name);    \
    original(bytes);                                                         \
  }

IDENTIFIER(_foundation_uuid_generate_random)
IDENTIFIER(_cf_uuid_generate_random)
IDENTIFIER(uuid_generate_random)

// MARK: - Hashing

// Sets and dictionaries iterate in the same order in every process: the seed of
// the standard library is set before any Swift code of this image runs.
__attribute__((constructor)) static void fix_hashing(void) {
  struct {
    uint64_t seed0, seed1;
    bool deterministic;
  } *parameters = dlsym(RTLD_DEFAULT, "_swift_stdlib_Hashing_parameters");
  if (!parameters) return;
  parameters->seed0 = 0;
  parameters->seed1 = 0;
  parameters->deterministic = true;
}

IL_UNINSTRUMENTED_END
