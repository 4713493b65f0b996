// Calls that block the thread, and that nobody could ever let return.
//
// All steps of a run share one thread. So a step that waits for what only another
// step can do waits for ever. Where it is certain that nobody else can do it, the
// step is stopped at once; where it is not, the limit on the time of a step is.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <semaphore.h>
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

// What the run made itself is known to its steps alone, unless something left the
// run's control.
static void note_own(void *object) {
  il_session *s = il_current;
  if (!s || !il_is_contained() || s->initializing) return;
  s->own[s->own_count++ % IL_OWN] = object;
}

static bool is_own(const void *object) {
  il_session *s = il_current;
  if (!s || !il_is_contained() || s->has_escaped) return false;
  size_t count = s->own_count < IL_OWN ? s->own_count : IL_OWN;
  for (size_t n = 0; n < count; n++)
    if (s->own[n] == object) return true;
  return false;
}

#define REAL(name, type)                                                     \
  static __typeof__(type) original;                                          \
  if (UNLIKELY(!original)) *(void **)&original = il_next_symbol(#name)

#define STOP(what) il_stop_step(IL_STOP_BLOCKED, what, __builtin_return_address(0))

// MARK: - libdispatch

enum : uint64_t { NOW = 0, FOREVER = ~0ull };

void *dispatch_semaphore_create(intptr_t value) {
  REAL(dispatch_semaphore_create, void *(*)(intptr_t));
  void *made = original(value);
  note_own(made);
  return made;
}

intptr_t dispatch_semaphore_wait(void *semaphore, uint64_t timeout) {
  void *caller = IL_CALLER();
  REAL(dispatch_semaphore_wait, intptr_t (*)(void *, uint64_t));
  il_note_lock(semaphore, caller);
  if (timeout == FOREVER && il_current && is_own(semaphore)) {
    if (!original(semaphore, NOW)) return 0;
    STOP(IL_BLOCKED_SEMAPHORE);
  }
  return original(semaphore, timeout);
}

void *dispatch_group_create(void) {
  REAL(dispatch_group_create, void *(*)(void));
  void *made = original();
  note_own(made);
  return made;
}

intptr_t dispatch_group_wait(void *group, uint64_t timeout) {
  REAL(dispatch_group_wait, intptr_t (*)(void *, uint64_t));
  if (timeout == FOREVER && il_current && is_own(group)) {
    if (!original(group, NOW)) return 0;
    STOP(IL_BLOCKED_GROUP);
  }
  return original(group, timeout);
}

#if defined(__linux__)
// MARK: - POSIX

int sem_init(sem_t *semaphore, int shared, unsigned value) {
  REAL(sem_init, int (*)(sem_t *, int, unsigned));
  note_own(semaphore);
  return original(semaphore, shared, value);
}

int sem_wait(sem_t *semaphore) {
  REAL(sem_wait, int (*)(sem_t *));
  if (il_current && is_own(semaphore)) {
    if (!sem_trywait(semaphore)) return 0;
    if (errno == EAGAIN) STOP(IL_BLOCKED_SEMAPHORE);
  }
  return original(semaphore);
}

int pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes) {
  static int (*original)(pthread_cond_t *, const pthread_condattr_t *);
  if (UNLIKELY(!original)) {
    *(void **)&original = dlvsym(RTLD_NEXT, "pthread_cond_init", "GLIBC_2.3.2");
    if (!original) *(void **)&original = il_next_symbol("pthread_cond_init");
  }
  note_own(condition);
  return original(condition, attributes);
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *lock) {
  static int (*original)(pthread_cond_t *, pthread_mutex_t *);
  // The oldest of its versions, which a search by name may find, is another function.
  if (UNLIKELY(!original)) {
    *(void **)&original = dlvsym(RTLD_NEXT, "pthread_cond_wait", "GLIBC_2.3.2");
    if (!original) *(void **)&original = il_next_symbol("pthread_cond_wait");
  }
  if (il_current && is_own(condition)) STOP(IL_BLOCKED_CONDITION);
  return original(condition, lock);
}

void il_check_lock(pthread_mutex_t *lock, void *caller) {
  if (!il_is_contained()) return;
#if defined(__GLIBC__)
  int kind = lock->__data.__kind & 3;
  if (lock->__data.__kind >= 4 ||
      (kind != PTHREAD_MUTEX_TIMED_NP && kind != PTHREAD_MUTEX_ADAPTIVE_NP)) return;
  if (lock->__data.__lock && lock->__data.__owner == (int)syscall(SYS_gettid))
    il_stop_step(IL_STOP_BLOCKED, IL_BLOCKED_LOCK, caller);
#endif
}

void il_check_futex(const int *word, long operation, void *caller) {
  if (!il_is_contained() || !word) return;
  long command = operation & FUTEX_CMD_MASK;
  if (command != FUTEX_LOCK_PI && command != FUTEX_LOCK_PI2) return;
  if ((*word & FUTEX_TID_MASK) == (int)syscall(SYS_gettid))
    il_stop_step(IL_STOP_BLOCKED, IL_BLOCKED_LOCK, caller);
}
#endif
