// Locks that belong to whoever took them: each is noted where a step takes it, and where steps
// can be interrupted inside, they take it from the table of who holds what.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "carriers.h"
#include "../Watching/watching.h"
#include "../Containment/containment.h"

#include <errno.h>
#include <stdio.h>
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if defined(__linux__)
IL_UNINSTRUMENTED_BEGIN

#if defined(IL_HAS_CARRIERS)
#define BEFORE(lock, want)                                                        \
  il_session *inside = il_inside();                                               \
  il_code code = IL_CODE_OURS;                                                    \
  if (UNLIKELY(inside != NULL)) {                                                 \
    code = il_code_of_call(&caller, __builtin_frame_address(0));                  \
    il_before_lock(inside, (void *)(lock), want, caller, code);                   \
  }                                                                               \
  (void)0
#define AFTER(lock, kind, is_shared)                                              \
  if (UNLIKELY(inside != NULL) && !result)                                        \
  il_after_lock(inside, (void *)(lock), kind, is_shared, caller, code)
#define BEFORE_TRIAL(lock, want)                                                  \
  il_session *inside = il_inside();                                               \
  il_code code = IL_CODE_OURS;                                                    \
  if (UNLIKELY(inside != NULL)) {                                                 \
    code = il_code_of_call(&caller, __builtin_frame_address(0));                  \
    if (il_before_trial(inside, (void *)(lock), want, caller, code)) return EBUSY; \
  }                                                                               \
  (void)0
#define AFTER_UNLOCK(lock)                                                        \
  il_session *inside = il_inside();                                               \
  if (UNLIKELY(inside != NULL) && !result) {                                      \
    il_code code = il_code_of_call(&caller, __builtin_frame_address(0));          \
    il_after_unlock(inside, (void *)(lock), caller, code);                        \
  }                                                                               \
  (void)0
#else
#define BEFORE(lock, want) (void)caller
#define AFTER(lock, kind, is_shared) (void)result
#define BEFORE_TRIAL(lock, want) (void)caller
#define AFTER_UNLOCK(lock) (void)result
#endif

// MARK: - Mutexes

int pthread_mutex_lock(pthread_mutex_t *lock) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_mutex_lock, int (*)(pthread_mutex_t *));
  BEFORE(lock, IL_WANTS_LOCK);
  if (UNLIKELY(il_is_contained())) {
    il_check_lock(lock, caller);
    il_guard_note_lock(lock);
  }
  if (UNLIKELY(il_is_forked)) il_check_owner(lock);
  il_note_lock(lock, caller);
  bool ignores = IL_FIBER_IGNORES(caller);
  int result = original(lock);
  IL_FIBER_HEEDS(ignores);
  AFTER(lock, IL_HELD_MUTEX, false);
  return result;
}

int pthread_mutex_trylock(pthread_mutex_t *lock) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_mutex_trylock, int (*)(pthread_mutex_t *));
  if (UNLIKELY(il_current != NULL) && !il_is_library_lock(caller))
    il_note_trial((void *)pthread_mutex_trylock, caller);
  BEFORE_TRIAL(lock, IL_WANTS_LOCK);
  il_note_lock(lock, caller);
  int result = original(lock);
  if (UNLIKELY(il_current != NULL) && !result) il_guard_note_lock(lock);
  AFTER(lock, IL_HELD_MUTEX, false);
  return result;
}

int pthread_mutex_unlock(pthread_mutex_t *lock) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_mutex_unlock, int (*)(pthread_mutex_t *));
  bool ignores = IL_FIBER_IGNORES(caller);
  int result = original(lock);
  IL_FIBER_HEEDS(ignores);
  AFTER_UNLOCK(lock);
  return result;
}

// MARK: - Locks of many readers

int pthread_rwlock_rdlock(pthread_rwlock_t *lock) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_rwlock_rdlock, int (*)(pthread_rwlock_t *));
  BEFORE(lock, IL_WANTS_SHARE);
  il_note_lock(lock, caller);
  int result = original(lock);
  AFTER(lock, IL_HELD_READ_WRITE, true);
  return result;
}

int pthread_rwlock_wrlock(pthread_rwlock_t *lock) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_rwlock_wrlock, int (*)(pthread_rwlock_t *));
  BEFORE(lock, IL_WANTS_LOCK);
  il_note_lock(lock, caller);
  int result = original(lock);
  AFTER(lock, IL_HELD_READ_WRITE, false);
  return result;
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t *lock) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_rwlock_tryrdlock, int (*)(pthread_rwlock_t *));
  il_note_trial((void *)pthread_rwlock_tryrdlock, caller);
  BEFORE_TRIAL(lock, IL_WANTS_SHARE);
  int result = original(lock);
  AFTER(lock, IL_HELD_READ_WRITE, true);
  return result;
}

int pthread_rwlock_trywrlock(pthread_rwlock_t *lock) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_rwlock_trywrlock, int (*)(pthread_rwlock_t *));
  il_note_trial((void *)pthread_rwlock_trywrlock, caller);
  BEFORE_TRIAL(lock, IL_WANTS_LOCK);
  int result = original(lock);
  AFTER(lock, IL_HELD_READ_WRITE, false);
  return result;
}

int pthread_rwlock_unlock(pthread_rwlock_t *lock) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_rwlock_unlock, int (*)(pthread_rwlock_t *));
  int result = original(lock);
  AFTER_UNLOCK(lock);
  return result;
}

// MARK: - Locks that are waited for by trying again

int pthread_spin_lock(pthread_spinlock_t volatile *lock) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_spin_lock, int (*)(pthread_spinlock_t volatile *));
  BEFORE(lock, IL_WANTS_LOCK);
  il_note_lock((void *)lock, caller);
  int result = original(lock);
  AFTER(lock, IL_HELD_SPIN, false);
  return result;
}

int pthread_spin_trylock(pthread_spinlock_t volatile *lock) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_spin_trylock, int (*)(pthread_spinlock_t volatile *));
  il_note_trial((void *)pthread_spin_trylock, caller);
  BEFORE_TRIAL(lock, IL_WANTS_LOCK);
  il_note_lock((void *)lock, caller);
  int result = original(lock);
  AFTER(lock, IL_HELD_SPIN, false);
  return result;
}

int pthread_spin_unlock(pthread_spinlock_t volatile *lock) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_spin_unlock, int (*)(pthread_spinlock_t volatile *));
  int result = original(lock);
  AFTER_UNLOCK(lock);
  return result;
}

#if defined(IL_HAS_CARRIERS)

// MARK: - Files, which whoever prints takes, as often as it likes

void flockfile(FILE *file) {
  void *caller = IL_CALLER();
  IL_REAL(flockfile, void (*)(FILE *));
  il_session *inside = il_inside();
  if (UNLIKELY(inside != NULL)) il_await(inside, file, caller, IL_WANTS_LOCK);
  original(file);
  if (UNLIKELY(inside != NULL)) il_note_taken(inside, file, IL_HELD_FILE, false, caller);
}

int ftrylockfile(FILE *file) {
  void *caller = IL_CALLER();
  IL_REAL(ftrylockfile, int (*)(FILE *));
  il_note_trial((void *)ftrylockfile, caller);
  il_session *inside = il_inside();
  if (UNLIKELY(inside != NULL) &&
      il_is_held_elsewhere(inside->carriers, IL_WANTS_LOCK, file, inside->carriers->inside.number))
    return EBUSY;
  int result = original(file);
  if (UNLIKELY(inside != NULL) && !result)
    il_note_taken(inside, file, IL_HELD_FILE, false, caller);
  return result;
}

void funlockfile(FILE *file) {
  IL_REAL(funlockfile, void (*)(FILE *));
  il_session *inside = il_inside();
  original(file);
  if (UNLIKELY(inside != NULL)) il_note_given(inside, file);
}

// MARK: - The slow paths of `Mutex`

// Who takes one that is free is seen only where atomic instructions are. But its word is zero while nobody holds it, and all
// steps are one thread to it: what it takes for a lock that is taken twice is another step's.

static bool is_this_threads(const atomic_int *word, uint32_t thread) {
  return ((uint32_t)atomic_load((atomic_int *)word) & FUTEX_TID_MASK) == thread;
}

typedef SWIFT_CC void (*lock_slow_function)(uint32_t thread, SELF_CONTEXT void *handle);

SWIFT_CC void il_lock_slow(uint32_t thread, SELF_CONTEXT void *handle) __asm__(
    "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT_CC void il_lock_slow(uint32_t thread, SELF_CONTEXT void *handle) {
  void *caller = IL_CALLER();
  static lock_slow_function original;
  if (UNLIKELY(!original))
    original = (lock_slow_function)il_next_symbol(
        "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
  il_session *inside = il_inside();
  while (UNLIKELY(inside != NULL) && inside->carriers->parked &&
         is_this_threads(handle, thread) && !il_is_held_by_step(inside->carriers, handle)) {
    il_await(inside, handle, caller, IL_WANTS_WORD);
    int free = 0;
    if (atomic_compare_exchange_strong((atomic_int *)handle, &free, (int)thread)) {
      il_acquired(handle);
      il_note_mutex_taken(inside, handle, caller);
      return;
    }
  }
  original(thread, handle);
  // In there, the thread sanitizer sees nothing.
  il_acquired(handle);
  if (UNLIKELY(inside != NULL)) il_note_mutex_taken(inside, handle, caller);
}

typedef SWIFT_CC bool (*try_lock_slow_function)(SELF_CONTEXT void *handle);

SWIFT_CC bool il_try_lock_slow(SELF_CONTEXT void *handle) __asm__(
    "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
SWIFT_CC bool il_try_lock_slow(SELF_CONTEXT void *handle) {
  void *caller = IL_CALLER();
  static try_lock_slow_function original;
  if (UNLIKELY(!original))
    original = (try_lock_slow_function)il_next_symbol(
        "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF");
  il_session *inside = il_inside();
  if (UNLIKELY(inside != NULL) && inside->carriers->parked &&
      is_this_threads(handle, (uint32_t)syscall(SYS_gettid)) &&
      !il_await_trial(inside, handle, caller, IL_WANTS_WORD)) return false;
  bool is_taken = original(handle);
  if (is_taken) il_acquired(handle);
  if (UNLIKELY(inside != NULL) && is_taken) il_note_mutex_taken(inside, handle, caller);
  return is_taken;
}

typedef SWIFT_CC void (*unlock_slow_function)(SELF_CONTEXT void *handle);

SWIFT_CC void il_unlock_slow(SELF_CONTEXT void *handle) __asm__(
    "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
SWIFT_CC void il_unlock_slow(SELF_CONTEXT void *handle) {
  static unlock_slow_function original;
  if (UNLIKELY(!original))
    original = (unlock_slow_function)il_next_symbol(
        "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
  // Where others wait the kernel hands it on, of which the thread sanitizer sees nothing.
  il_releases(handle);
  original(handle);
}

#endif

IL_UNINSTRUMENTED_END
#endif
