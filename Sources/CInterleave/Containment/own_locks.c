// A step that is about to wait for a lock which its own thread holds waits for ever.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "containment.h"

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

// The lock is of a kind that its own thread cannot take again, and that thread is this.
bool il_is_held_here(const pthread_mutex_t *lock) {
#if defined(__GLIBC__)
  int kind = lock->__data.__kind & 3;
  if (lock->__data.__kind >= 4 ||
      (kind != PTHREAD_MUTEX_TIMED_NP && kind != PTHREAD_MUTEX_ADAPTIVE_NP)) return false;
  return lock->__data.__lock && lock->__data.__owner == (int)syscall(SYS_gettid);
#else
  (void)lock;
  return false;
#endif
}

void il_check_lock(pthread_mutex_t *lock, void *caller) {
  if (il_is_contained() && il_is_held_here(lock))
    il_stop_step(IL_STOP_BLOCKED, IL_BLOCKED_LOCK, caller);
}

void il_check_futex(const int *word, long operation, void *caller) {
  if (!il_is_contained() || !word) return;
  long command = operation & FUTEX_CMD_MASK;
  if (command != FUTEX_LOCK_PI && command != FUTEX_LOCK_PI2) return;
  if ((*word & FUTEX_TID_MASK) == (int)syscall(SYS_gettid))
    il_stop_step(IL_STOP_BLOCKED, IL_BLOCKED_LOCK, caller);
}

IL_UNINSTRUMENTED_END
#endif
