// Ctrl-C, and the signal by which a supervisor ends a program, while something goes on that
// can be ended early.
//
// The first of them asks it to come to its end; whatever signal comes after that does what it
// always does.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "internal.h"

#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

static const int signals[] = {SIGINT, SIGTERM};
enum { SIGNALS = sizeof signals / sizeof *signals };
static bool is_ours[SIGNALS];
static atomic_int seen;
static int owner;
// How many could be ended.
static int count;
static il_lock counting;

static void leave_alone(void) {
  struct sigaction fallback = {.sa_handler = SIG_DFL};
  for (int n = 0; n < SIGNALS; n++)
    if (is_ours[n]) sigaction(signals[n], &fallback, NULL);
}

static void on_interrupt(int signal) {
  leave_alone();
  // A child that was forked meanwhile has nothing to bring to an end.
  if (getpid() != owner) raise(signal);
  else atomic_store(&seen, signal);
}

bool il_is_interrupt_handler(void (*handler)(int)) { return handler == on_interrupt; }

bool il_interrupts_begin(void) {
  il_lock_take(&counting);
  bool can_end = !atomic_load(&seen);
  if (!count++ && can_end) {
    owner = getpid();
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART}, old;
    sigemptyset(&action.sa_mask);
    for (int n = 0; n < SIGNALS; n++) {
      // Who handles or ignores it has a reason.
      is_ours[n] = !sigaction(signals[n], NULL, &old) && !(old.sa_flags & SA_SIGINFO) &&
                   old.sa_handler == SIG_DFL && !sigaction(signals[n], &action, NULL);
    }
  }
  can_end = can_end && is_ours[0];
  il_lock_give(&counting);
  return can_end;
}

int il_interrupt(void) { return atomic_load(&seen); }

void il_interrupts_end(void) {
  il_lock_take(&counting);
  bool is_last = !--count;
  if (is_last) leave_alone();
  il_lock_give(&counting);
  // Who was to be ended has done what there was to do. This thread may keep signals away.
  if (is_last && atomic_load(&seen) == SIGTERM) {
    sigset_t own;
    sigemptyset(&own);
    sigaddset(&own, SIGTERM);
    pthread_sigmask(SIG_UNBLOCK, &own, NULL);
    raise(SIGTERM);
  }
}

IL_UNINSTRUMENTED_END
