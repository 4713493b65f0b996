// How a program ends itself, and what it says before, as far as a step does so.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "internal.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

#define ENDING(name, kind, number)                                                \
  void name(int status) {                                                         \
    (void)status;                                                                 \
    if (il_is_contained()) il_stop_step(kind, number, __builtin_return_address(0)); \
    void (*original)(int) = (void (*)(int))il_next_symbol(#name);                 \
    original(status);                                                             \
    __builtin_unreachable();                                                      \
  }

ENDING(exit, IL_STOP_EXIT, status)
ENDING(_exit, IL_STOP_EXIT, status)
ENDING(_Exit, IL_STOP_EXIT, status)
ENDING(quick_exit, IL_STOP_EXIT, status)

// The C library's own would hold a lock for ever that every later `abort` waits for.
void abort(void) {
  if (il_is_contained()) il_stop_step(IL_STOP_SIGNAL, SIGABRT, __builtin_return_address(0));
  void (*original)(void) = (void (*)(void))il_next_symbol("abort");
  original();
  __builtin_unreachable();
}

#if defined(__linux__)
void __assert_fail(const char *expression, const char *file, unsigned line,
                   const char *function) {
  if (il_is_contained()) {
    char text[512];
    int count = snprintf(text, sizeof text, "Assertion failed: %s in %s (%s:%u)\n", expression,
                         function, file, line);
    size_t length = count < 0 ? 0 : (size_t)count < sizeof text ? (size_t)count : sizeof text - 1;
    fputs(text, stderr);
    (void)length;
    il_stop_step(IL_STOP_SIGNAL, SIGABRT, __builtin_return_address(0));
  }
  void (*original)(const char *, const char *, unsigned, const char *);
  *(void **)&original = il_next_symbol("__assert_fail");
  original(expression, file, line, function);
  __builtin_unreachable();
}
#endif

// MARK: - What is said

void il_note_said(const char *text, size_t count) {
  il_guard *g = il_this_guard;
  for (size_t n = 0; n < count; n++) g->said[g->said_count++ % IL_SAID] = text[n];
}

size_t il_guard_said(const il_guard *g, char *buffer, size_t capacity) {
  size_t kept = g->said_count < IL_SAID ? g->said_count : IL_SAID;
  if (kept > capacity) kept = capacity;
  for (size_t n = 0; n < kept; n++) buffer[n] = g->said[(g->said_count - kept + n) % IL_SAID];
  return kept;
}

int fputs(const char *text, FILE *stream) {
  static int (*original)(const char *, FILE *);
  if (UNLIKELY(!original)) *(void **)&original = il_next_symbol("fputs");
  if (il_is_contained() && stream == stderr) il_note_said(text, strlen(text));
  return original(text, stream);
}

int vfprintf(FILE *stream, const char *format, va_list arguments) {
  static int (*original)(FILE *, const char *, va_list);
  if (UNLIKELY(!original)) *(void **)&original = il_next_symbol("vfprintf");
  if (il_is_contained() && stream == stderr) {
    char text[1024];
    va_list copy;
    va_copy(copy, arguments);
    int count = vsnprintf(text, sizeof text, format, copy);
    va_end(copy);
    if (count > 0) il_note_said(text, strlen(text));
  }
  return original(stream, format, arguments);
}

int fprintf(FILE *stream, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int count = vfprintf(stream, format, arguments);
  va_end(arguments);
  return count;
}

size_t fwrite(const void *bytes, size_t size, size_t count, FILE *stream) {
  static size_t (*original)(const void *, size_t, size_t, FILE *);
  if (UNLIKELY(!original)) *(void **)&original = il_next_symbol("fwrite");
  if (il_is_contained() && stream == stderr) il_note_said(bytes, size * count);
  return original(bytes, size, count, stream);
}

ssize_t write(int file, const void *bytes, size_t count) {
  if (file != STDOUT_FILENO && file != STDERR_FILENO)
    il_note_outside((void *)write, IL_CALLER());
  static ssize_t (*original)(int, const void *, size_t);
  if (UNLIKELY(!original)) *(void **)&original = il_next_symbol("write");
  if (file == STDERR_FILENO && il_is_contained()) il_note_said(bytes, count);
  return original(file, bytes, count);
}

IL_UNINSTRUMENTED_END
