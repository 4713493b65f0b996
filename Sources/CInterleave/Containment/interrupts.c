// Ctrl-C, and the signal by which a supervisor ends a program, while something goes on that
// can be ended early.
//
// The first of them asks it to come to its end; whatever signal comes after that does what it
// always does. A Ctrl-C may come twice: from the terminal, which sends it to all of a group,
// and from whoever started this process, as `swift test` does.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "guard.h"

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
// When the first came, and for how long after it another one is that one again.
static _Atomic int64_t first_at;
static const int64_t same = 300000000;

static void leave_alone(void) {
  struct sigaction fallback = {.sa_handler = SIG_DFL};
  for (int n = 0; n < SIGNALS; n++)
    if (is_ours[n]) sigaction(signals[n], &fallback, NULL);
}

static void on_interrupt(int signal) {
  int none = 0;
  int64_t now = il_exact_real_time();
  // A child that was forked meanwhile has nothing to bring to an end.
  bool is_owner = getpid() == owner;
  if (is_owner && atomic_compare_exchange_strong(&seen, &none, signal)) {
    atomic_store(&first_at, now);
    return;
  }
  if (is_owner && signal == SIGINT && none == SIGINT && now - atomic_load(&first_at) < same) return;
  leave_alone();
  raise(signal);
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
  int first = atomic_load(&seen);
  bool is_last = !--count;
  // A Ctrl-C that comes twice may do so when its work is done.
  if (is_last && first != SIGINT) leave_alone();
  il_lock_give(&counting);
  // Who was to be ended has done what there was to do. This thread may keep signals away.
  if (is_last && first == SIGTERM) {
    sigset_t own;
    sigemptyset(&own);
    sigaddset(&own, SIGTERM);
    pthread_sigmask(SIG_UNBLOCK, &own, NULL);
    raise(SIGTERM);
  }
}

IL_UNINSTRUMENTED_END
