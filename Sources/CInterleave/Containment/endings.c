// How a program ends itself, and what it says before, as far as a step does so.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "guard.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

#define ENDING(name, kind, number)                                                \
  void name(int status) {                                                         \
    (void)status;                                                                 \
    if (il_is_contained() && il_is_own_process())                                 \
      il_stop_step(kind, number, __builtin_return_address(0));                    \
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

// MARK: - Signals that it sends itself

// The signal ends the process, if it comes.
static bool ends(int signal) {
  struct sigaction now;
  switch (signal) {
  case SIGCHLD: case SIGURG: case SIGWINCH: case SIGCONT:
  case SIGSTOP: case SIGTSTP: case SIGTTIN: case SIGTTOU:
  // These come to our own handler, with more than their numbers.
  case SIGILL: case SIGTRAP: case SIGSEGV: case SIGBUS: case SIGFPE: case SIGABRT: case SIGPIPE:
    return false;
  case SIGKILL: return true;
  default:
    return signal > 0 && !sigaction(signal, NULL, &now) && !(now.sa_flags & SA_SIGINFO) &&
           (now.sa_handler == SIG_DFL || il_is_interrupt_handler(now.sa_handler));
  }
}

static void stop_at(int signal, void *caller) {
  if (il_is_contained() && il_is_own_process() && ends(signal))
    il_stop_step(IL_STOP_SIGNAL, signal, caller);
}

int raise(int signal) {
  static int (*original)(int);
  if (UNLIKELY(!original)) *(void **)&original = il_next_symbol("raise");
  stop_at(signal, __builtin_return_address(0));
  return original(signal);
}

int kill(pid_t process, int signal) {
  static int (*original)(pid_t, int);
  if (UNLIKELY(!original)) *(void **)&original = il_next_symbol("kill");
  if (process == 0 || process == -1 || process == getpid() || process == -getpgrp())
    stop_at(signal, __builtin_return_address(0));
  return original(process, signal);
}

int pthread_kill(pthread_t thread, int signal) {
  static int (*original)(pthread_t, int);
  if (UNLIKELY(!original)) *(void **)&original = il_next_symbol("pthread_kill");
  // Whatever thread it goes to, it ends the process.
  if (signal) stop_at(signal, __builtin_return_address(0));
  return original(thread, signal);
}

#if defined(__linux__)
// A function has found that what it returns by was overwritten.
void __stack_chk_fail(void);
void __stack_chk_fail(void) {
  static const char text[] = "Fatal error: the stack was overwritten\n";
  if (il_is_contained()) {
    il_write_all(STDERR_FILENO, text, sizeof text - 1);
    il_stop_step(IL_STOP_SIGNAL, SIGABRT, __builtin_return_address(0));
  }
  void (*original)(void);
  *(void **)&original = il_next_symbol("__stack_chk_fail");
  original();
  __builtin_unreachable();
}
#endif

// MARK: - What is said

// Whose last words they are: those of the step, or of whoever crashes beside it.
static il_guard *listener(void) {
  il_guard *g = il_current ? il_this_guard : NULL;
  if (LIKELY(g || il_this_guard)) return g;
  g = atomic_load(&il_active_guard);
  return g && g->session && il_is_of_run(g) ? g : NULL;
}

static void note_said(il_guard *g, const char *text, size_t count) {
  for (size_t n = 0; n < count; n++) g->said[g->said_count++ % IL_SAID] = text[n];
}

void il_note_said(const char *text, size_t count) { note_said(il_this_guard, text, count); }

size_t il_guard_said(const il_guard *g, char *buffer, size_t capacity) {
  size_t kept = g->said_count < IL_SAID ? g->said_count : IL_SAID;
  if (kept > capacity) kept = capacity;
  for (size_t n = 0; n < kept; n++) buffer[n] = g->said[(g->said_count - kept + n) % IL_SAID];
  return kept;
}

// So many bytes are kept of what is printed in a step.
enum { MOST_PRINTED = 16384 };

void il_keep_printed(il_session *session, bool keeps) {
  session->printed_count = 0;
  if (keeps == (session->printed != NULL)) return;
  free(session->printed);
  session->printed = keeps ? malloc(MOST_PRINTED) : NULL;
}

size_t il_take_printed(il_session *session, char *buffer, size_t capacity) {
  size_t count = session->printed_count, kept = count < MOST_PRINTED ? count : MOST_PRINTED;
  if (session->printed) memcpy(buffer, session->printed, kept < capacity ? kept : capacity);
  session->printed_count = 0;
  return count;
}

// A step of a run whose output is kept writes to standard output.
static bool keep_printed(const void *text, size_t count) {
  il_session *s = il_current;
  if (LIKELY(!s || !s->printed)) return false;
  if (s->printed_count < MOST_PRINTED) {
    size_t room = MOST_PRINTED - s->printed_count;
    memcpy(s->printed + s->printed_count, text, count < room ? count : room);
  }
  s->printed_count += count;
  return true;
}

int fputs(const char *text, FILE *stream) {
  static int (*original)(const char *, FILE *);
  if (UNLIKELY(!original)) *(void **)&original = il_next_symbol("fputs");
  if (stream == stdout && keep_printed(text, strlen(text))) return 1;
  il_guard *g = stream == stderr ? listener() : NULL;
  if (g) note_said(g, text, strlen(text));
  return original(text, stream);
}

int vfprintf(FILE *stream, const char *format, va_list arguments) {
  static int (*original)(FILE *, const char *, va_list);
  if (UNLIKELY(!original)) *(void **)&original = il_next_symbol("vfprintf");
  il_guard *g = stream == stderr ? listener() : NULL;
  if (g) {
    char text[1024];
    va_list copy;
    va_copy(copy, arguments);
    int count = vsnprintf(text, sizeof text, format, copy);
    va_end(copy);
    if (count > 0) note_said(g, text, strlen(text));
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
  if (stream == stdout && keep_printed(bytes, size * count)) return count;
  il_guard *g = stream == stderr ? listener() : NULL;
  if (g) note_said(g, bytes, size * count);
  return original(bytes, size, count, stream);
}

bool il_hear(int file, const void *bytes, size_t count) {
  if (file == STDOUT_FILENO && keep_printed(bytes, count)) return true;
  il_guard *g = file == STDERR_FILENO ? listener() : NULL;
  if (g) note_said(g, bytes, count);
  return false;
}

#if !defined(__linux__)
ssize_t write(int file, const void *bytes, size_t count) {
  IL_REAL(write, ssize_t (*)(int, const void *, size_t));
  return il_hear(file, bytes, count) ? (ssize_t)count : original(file, bytes, count);
}
#endif

IL_UNINSTRUMENTED_END
