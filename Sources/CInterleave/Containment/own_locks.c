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

il_lock_holder il_holder_of_futex(const int *word, long operation) {
  long command = operation & FUTEX_CMD_MASK;
  if (!word || (command != FUTEX_LOCK_PI && command != FUTEX_LOCK_PI2)) return IL_HELD_BY_NOBODY;
  int holder = *(const volatile int *)word & FUTEX_TID_MASK;
  if (!holder) return IL_HELD_BY_NOBODY;
  return holder == (int)syscall(SYS_gettid) ? IL_HELD_HERE : IL_HELD_ELSEWHERE;
}

void il_check_futex(il_lock_holder holder, void *caller) {
  if (holder == IL_HELD_HERE && il_is_contained())
    il_stop_step(IL_STOP_BLOCKED, IL_BLOCKED_LOCK, caller);
}

IL_UNINSTRUMENTED_END
#endif
