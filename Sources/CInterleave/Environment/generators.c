// Sources of randomness besides the system's own: the C library's generators, which
// would go on from run to run, and the random devices.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "environment.h"
#include "../Carriers/carriers.h"
#include "../Watching/watching.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

// MARK: - Generators of the C library

uint32_t arc4random(void) {
  uint32_t value;
  if (il_draw(&value, sizeof value)) return value;
  IL_REAL(arc4random, &arc4random);
  return original();
}

void arc4random_buf(void *buffer, size_t count) {
  if (il_draw(buffer, count)) return;
  IL_REAL(arc4random_buf, &arc4random_buf);
  original(buffer, count);
}

uint32_t arc4random_uniform(uint32_t bound) {
  uint64_t word;
  // With 64 bits, what the remainder favours cannot be noticed.
  if (il_draw(&word, sizeof word)) return bound < 2 ? 0 : (uint32_t)(word % bound);
  IL_REAL(arc4random_uniform, &arc4random_uniform);
  return original(bound);
}

// These have a state that the program can set; within a run it is the run's.

long random(void) {
  uint64_t word;
  if (il_draw_seeded(&word)) return (long)(word >> 33);
  IL_REAL(random, &random);
  return original();
}

void srandom(unsigned seed) {
  if (il_seed_drawing(seed)) return;
  IL_REAL(srandom, &srandom);
  original(seed);
}

int rand(void) {
  uint64_t word;
  if (il_draw_seeded(&word)) return (int)(word >> 33);
  IL_REAL(rand, &rand);
  return original();
}

void srand(unsigned seed) {
  if (il_seed_drawing(seed)) return;
  IL_REAL(srand, &srand);
  original(seed);
}

double drand48(void) {
  uint64_t word;
  if (il_draw_seeded(&word)) return (double)(word >> 16) * 0x1p-48;
  IL_REAL(drand48, &drand48);
  return original();
}

long lrand48(void) {
  uint64_t word;
  if (il_draw_seeded(&word)) return (long)(word >> 33);
  IL_REAL(lrand48, &lrand48);
  return original();
}

long mrand48(void) {
  uint64_t word;
  if (il_draw_seeded(&word)) return (int32_t)(word >> 32);
  IL_REAL(mrand48, &mrand48);
  return original();
}

void srand48(long seed) {
  if (il_seed_drawing((uint64_t)seed)) return;
  IL_REAL(srand48, &srand48);
  original(seed);
}

// MARK: - Random devices

#if defined(__linux__)
static bool is_device(const char *path) {
  return path && (!strcmp(path, "/dev/urandom") || !strcmp(path, "/dev/random"));
}

// The descriptors by which steps have opened a random device.
enum { MOST_DESCRIPTORS = 4096 };
static atomic_bool devices[MOST_DESCRIPTORS];

static int opened(int descriptor, const char *path) {
  if (UNLIKELY(il_current != NULL) && descriptor >= 0 && descriptor < MOST_DESCRIPTORS &&
      is_device(path))
    atomic_store_explicit(&devices[descriptor], true, memory_order_relaxed);
  return descriptor;
}

static mode_t mode_of(int flags, va_list arguments) {
  return flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(name)                                                           \
  int name(const char *path, int flags, ...) {                               \
    il_note_outside((void *)name, IL_CALLER());                              \
    il_reach_state(NULL, IL_CALLER(), __builtin_frame_address(0));           \
    IL_REAL(name, &name);                                                              \
    va_list arguments;                                                       \
    va_start(arguments, flags);                                              \
    mode_t mode = mode_of(flags, arguments);                                 \
    va_end(arguments);                                                       \
    return opened(original(path, flags, mode), path);                        \
  }

OPEN(open)
OPEN(open64)

#define OPEN_AT(name)                                                        \
  int name(int folder, const char *path, int flags, ...) {                   \
    il_note_outside((void *)name, IL_CALLER());                              \
    il_reach_state(NULL, IL_CALLER(), __builtin_frame_address(0));           \
    IL_REAL(name, &name);                                                              \
    va_list arguments;                                                       \
    va_start(arguments, flags);                                              \
    mode_t mode = mode_of(flags, arguments);                                 \
    va_end(arguments);                                                       \
    return opened(original(folder, path, flags, mode), path);                \
  }

OPEN_AT(openat)
OPEN_AT(openat64)

bool il_draw_from(int descriptor, void *buffer, size_t count) {
  return descriptor >= 0 && descriptor < MOST_DESCRIPTORS &&
         atomic_load_explicit(&devices[descriptor], memory_order_relaxed) &&
         il_draw(buffer, count);
}

void il_note_closed(int descriptor) {
  if (descriptor >= 0 && descriptor < MOST_DESCRIPTORS)
    atomic_store_explicit(&devices[descriptor], false, memory_order_relaxed);
}

// A stream reads past `read`, so it gets functions of its own.
static ssize_t read_stream(void *cookie, char *buffer, size_t count) {
  (void)cookie;
  if (!il_draw(buffer, count)) arc4random_buf(buffer, count);
  return (ssize_t)count;
}

static FILE *device_stream(const char *path) {
  if (LIKELY(!il_current) || !is_device(path)) return NULL;
  FILE *stream = fopencookie(NULL, "r", (cookie_io_functions_t){.read = read_stream});
  // What one run reads ahead must not be left for the next one.
  if (stream) setvbuf(stream, NULL, _IONBF, 0);
  return stream;
}

FILE *fopen(const char *path, const char *mode) {
  il_note_outside((void *)fopen, IL_CALLER());
  FILE *stream = device_stream(path);
  if (stream) return stream;
  il_reach_state(NULL, IL_CALLER(), __builtin_frame_address(0));
  IL_REAL(fopen, &fopen);
  return original(path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
  il_note_outside((void *)fopen64, IL_CALLER());
  FILE *stream = device_stream(path);
  if (stream) return stream;
  il_reach_state(NULL, IL_CALLER(), __builtin_frame_address(0));
  IL_REAL(fopen64, &fopen64);
  return original(path, mode);
}
#endif

IL_UNINSTRUMENTED_END
