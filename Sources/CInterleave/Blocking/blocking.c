// Blocking: calls that block the thread, and that nobody could ever let return.
//
// All steps of a run share one thread. So a step that waits for what only another
// step can do waits for ever. Where it is certain that nobody else can do it, the
// step is stopped at once, and a wait for a limited time is over at once, by the clocks
// of the run; where it is not, the limit on the time of a step is.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Watching/watching.h"
#include "../Containment/containment.h"
#include "../Environment/environment.h"
#include "../Carriers/carriers.h"

#include <errno.h>
#include <semaphore.h>

IL_UNINSTRUMENTED_BEGIN

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

#define STOP(what) il_stop_step(IL_STOP_BLOCKED, what, __builtin_return_address(0))

// MARK: - libdispatch

enum : uint64_t { NOW = 0, FOREVER = ~0ull };

void *dispatch_semaphore_create(intptr_t value) {
  IL_REAL(dispatch_semaphore_create, void *(*)(intptr_t));
  void *made = original(value);
  note_own(made);
  il_note_touch(IL_TOUCH_LOCK_MADE, made);
  return made;
}

// A wait that may time out: libdispatch reads the clocks of the run to know for how long.
static intptr_t wait_for(void *object, uint64_t timeout, intptr_t (*original)(void *, uint64_t)) {
  il_session *s = il_current;
  if (!s || timeout == FOREVER || timeout == NOW) return original(object, timeout);
  int64_t deadline = il_deadline_of(s, timeout);
  intptr_t result = original(object, is_own(object) ? NOW : timeout);
  if (result) il_pass(s, deadline - s->now);
  return result;
}

#if defined(IL_HAS_CARRIERS)
static bool try_dispatch_semaphore(void *semaphore) {
  IL_REAL(dispatch_semaphore_wait, intptr_t (*)(void *, uint64_t));
  return !original(semaphore, NOW);
}
#endif

#if defined(IL_HAS_CARRIERS)
typedef enum { NOT_INSIDE, HAS_COME, TIMED_OUT } wait_end;

// The time of a wait is over that nobody has ended who runs a step. Where nobody but threads works
// for the run, these are waited for by the clocks of the system.
static wait_end end_of_time(il_session *s, int64_t limit) {
  if (limit == IL_NEVER || (!s->lanes && !s->threads)) return NOT_INSIDE;
  il_pass(s, limit - s->now);
  return TIMED_OUT;
}

// Waits inside the step until what it tries succeeds, or until a time of the run. `NOT_INSIDE`: it
// has to be waited for as by a thread.
static wait_end wait_inside(void *object, int64_t limit, bool (*tries)(void *),
                            const void *caller) {
  il_session *s = il_inside();
  if (LIKELY(!s)) return NOT_INSIDE;
  il_before_wait(s, object, caller);
  do {
    if (tries(object) || il_is_opened_by_others(s, tries, object)) return HAS_COME;
  } while (s->now < limit && il_await_opening(s, object, caller, limit));
  return end_of_time(s, limit);
}

// The same, with a time of libdispatch.
static wait_end wait_dispatched(void *object, uint64_t timeout, bool (*tries)(void *),
                                const void *caller) {
  if (LIKELY(!il_current) || timeout == NOW) return NOT_INSIDE;
  return wait_inside(object, il_deadline_of(il_current, timeout), tries, caller);
}
#endif

intptr_t dispatch_semaphore_wait(void *semaphore, uint64_t timeout) {
  void *caller = IL_CALLER();
  IL_REAL(dispatch_semaphore_wait, intptr_t (*)(void *, uint64_t));
  il_note_lock(semaphore, caller);
  if (timeout != FOREVER) il_note_trial((void *)dispatch_semaphore_wait, caller);
#if defined(IL_HAS_CARRIERS)
  wait_end end = wait_dispatched(semaphore, timeout, try_dispatch_semaphore, IL_PLACE(caller));
  if (end != NOT_INSIDE) return end == HAS_COME ? 0 : original(semaphore, NOW);
#endif
  if (timeout == FOREVER && il_current && is_own(semaphore)) {
    if (!original(semaphore, NOW)) return 0;
    STOP(IL_BLOCKED_SEMAPHORE);
  }
  return wait_for(semaphore, timeout, original);
}

void *dispatch_group_create(void) {
  IL_REAL(dispatch_group_create, void *(*)(void));
  void *made = original();
  note_own(made);
  return made;
}

#if defined(IL_HAS_CARRIERS)
static bool try_dispatch_group(void *group) {
  IL_REAL(dispatch_group_wait, intptr_t (*)(void *, uint64_t));
  return !original(group, NOW);
}
#endif

intptr_t dispatch_group_wait(void *group, uint64_t timeout) {
  void *caller = IL_CALLER();
  il_note_outside((void *)dispatch_group_wait, caller);
  IL_REAL(dispatch_group_wait, intptr_t (*)(void *, uint64_t));
#if defined(IL_HAS_CARRIERS)
  wait_end end = wait_dispatched(group, timeout, try_dispatch_group, IL_PLACE(caller));
  if (end != NOT_INSIDE) return end == HAS_COME ? 0 : original(group, NOW);
#endif
  if (timeout == FOREVER && il_current && is_own(group)) {
    if (!original(group, NOW)) return 0;
    STOP(IL_BLOCKED_GROUP);
  }
  return wait_for(group, timeout, original);
}

intptr_t dispatch_block_wait(void *block, uint64_t timeout) {
  void *caller = IL_CALLER();
  IL_REAL(dispatch_block_wait, intptr_t (*)(void *, uint64_t));
#if defined(IL_HAS_CARRIERS)
  // That waits for a group.
  if (timeout != NOW && il_inside()) return original(block, timeout);
#endif
  il_leave_points_at("dispatch_block_wait", caller);
  return wait_for(block, timeout, original);
}

#if defined(__linux__)
// MARK: - POSIX

int sem_init(sem_t *semaphore, int shared, unsigned value) {
  IL_REAL(sem_init, int (*)(sem_t *, int, unsigned));
  note_own(semaphore);
  il_note_touch(IL_TOUCH_LOCK_MADE, semaphore);
  return original(semaphore, shared, value);
}

#if defined(IL_HAS_CARRIERS)
static bool try_semaphore(void *semaphore) { return !sem_trywait(semaphore); }
#endif

// A moment of one of the system's clocks as time of the run.
static int64_t time_of(clockid_t clock, const struct timespec *moment) {
  return il_nanoseconds(moment) - il_clock_origin(clock);
}

int sem_wait(sem_t *semaphore) {
  void *caller = IL_CALLER();
  il_note_lock(semaphore, caller);
  IL_REAL(sem_wait, int (*)(sem_t *));
#if defined(IL_HAS_CARRIERS)
  if (wait_inside(semaphore, IL_NEVER, try_semaphore, IL_PLACE(caller)) == HAS_COME) return 0;
#endif
  if (il_current && is_own(semaphore)) {
    if (!sem_trywait(semaphore)) return 0;
    if (errno == EAGAIN) STOP(IL_BLOCKED_SEMAPHORE);
  }
  return original(semaphore);
}

// A moment of the run's clock, by the system's; one that is past if nobody can end the wait.
static struct timespec real_moment(il_session *s, clockid_t clock, const struct timespec *deadline,
                                   bool is_vain) {
  int64_t moment = is_vain ? 1 : il_real_moment(s, clock, il_nanoseconds(deadline));
  return (struct timespec){.tv_sec = moment / 1000000000, .tv_nsec = moment % 1000000000};
}

// A wait is over because its time is.
static void reach(il_session *s, clockid_t clock, const struct timespec *deadline) {
  il_advance(s, time_of(clock, deadline));
}

// Waits inside the step until a moment of one of the clocks. False: it has to be waited for as by a
// thread.
static bool wait_for_semaphore(sem_t *semaphore, clockid_t clock, const struct timespec *deadline,
                               const void *caller, int *result) {
#if defined(IL_HAS_CARRIERS)
  wait_end end = wait_inside(semaphore, time_of(clock, deadline), try_semaphore, caller);
  if (end == TIMED_OUT) errno = ETIMEDOUT;
  *result = end == TIMED_OUT ? -1 : 0;
  return end != NOT_INSIDE;
#else
  (void)semaphore, (void)clock, (void)deadline, (void)caller, (void)result;
  return false;
#endif
}

int sem_timedwait(sem_t *semaphore, const struct timespec *deadline) {
  void *caller = IL_CALLER();
  il_note_trial((void *)sem_timedwait, caller);
  IL_REAL(sem_timedwait, int (*)(sem_t *, const struct timespec *));
  il_session *s = il_current;
  if (!s) return original(semaphore, deadline);
  int result;
  if (wait_for_semaphore(semaphore, CLOCK_REALTIME, deadline, IL_PLACE(caller), &result))
    return result;
  struct timespec moment = real_moment(s, CLOCK_REALTIME, deadline, is_own(semaphore));
  result = original(semaphore, &moment);
  if (result && errno == ETIMEDOUT) reach(s, CLOCK_REALTIME, deadline);
  return result;
}

int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *deadline) {
  void *caller = IL_CALLER();
  IL_REAL(sem_clockwait, int (*)(sem_t *, clockid_t, const struct timespec *));
  il_session *s = il_current;
  if (!s) return original(semaphore, clock, deadline);
  int result;
  if (wait_for_semaphore(semaphore, clock, deadline, IL_PLACE(caller), &result)) return result;
  struct timespec moment = real_moment(s, clock, deadline, is_own(semaphore));
  result = original(semaphore, clock, &moment);
  if (result && errno == ETIMEDOUT) reach(s, clock, deadline);
  return result;
}

int pthread_mutex_timedlock(pthread_mutex_t *lock, const struct timespec *deadline) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_mutex_timedlock, int (*)(pthread_mutex_t *, const struct timespec *));
  il_note_lock(lock, caller);
  il_note_trial((void *)pthread_mutex_timedlock, caller);
  il_leave_points_at("pthread_mutex_timedlock", caller);
  il_session *s = il_current;
  if (!s) return original(lock, deadline);
  struct timespec moment = real_moment(s, CLOCK_REALTIME, deadline, il_is_held_here(lock));
  int result = original(lock, &moment);
  if (!result) il_guard_note_lock(lock);
#if defined(IL_HAS_CARRIERS)
  il_session *inside = il_inside();
  if (UNLIKELY(inside != NULL) && !result)
    il_after_lock(inside, lock, IL_HELD_MUTEX, false, caller, il_code_at(caller));
#endif
  if (result == ETIMEDOUT) reach(s, CLOCK_REALTIME, deadline);
  return result;
}

int pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes) {
  static int (*original)(pthread_cond_t *, const pthread_condattr_t *);
  if (UNLIKELY(!original))
    *(void **)&original = il_next_version("pthread_cond_init", "GLIBC_2.3.2");
  note_own(condition);
  return original(condition, attributes);
}

#if defined(IL_HAS_CARRIERS)
static wait_end wait_for_condition(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t limit,
                                   const void *caller) {
  il_session *s = il_inside();
  if (LIKELY(!s) || il_code_at(caller) == IL_CODE_OURS) return NOT_INSIDE;
  if (s->now < limit && il_wait_inside(s, condition, lock, limit, IL_PLACE(caller)))
    return HAS_COME;
  return end_of_time(s, limit);
}
#endif

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *lock) {
  static int (*original)(pthread_cond_t *, pthread_mutex_t *);
  // The oldest of its versions, which a search by name may find, is another function.
  if (UNLIKELY(!original))
    *(void **)&original = il_next_version("pthread_cond_wait", "GLIBC_2.3.2");
#if defined(IL_HAS_CARRIERS)
  void *caller = IL_CALLER();
  if (wait_for_condition(condition, lock, IL_NEVER, caller) == HAS_COME) return 0;
#endif
  if (il_current && is_own(condition)) STOP(IL_BLOCKED_CONDITION);
  return original(condition, lock);
}

// Waits for a condition inside the step, until a moment of the run's clocks. False: it has to be
// waited for as by a thread.
static bool wait_until_inside(pthread_cond_t *condition, pthread_mutex_t *lock, clockid_t clock,
                              const struct timespec *deadline, const void *caller, int *result) {
#if defined(IL_HAS_CARRIERS)
  wait_end end = wait_for_condition(condition, lock, time_of(clock, deadline), caller);
  *result = end == HAS_COME ? 0 : ETIMEDOUT;
  return end != NOT_INSIDE;
#else
  (void)condition, (void)lock, (void)clock, (void)deadline, (void)caller, (void)result;
  return false;
#endif
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *lock,
                           const struct timespec *deadline) {
  void *caller = IL_CALLER();
  static int (*original)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
  if (UNLIKELY(!original))
    *(void **)&original = il_next_version("pthread_cond_timedwait", "GLIBC_2.3.2");
  il_session *s = il_current;
  if (!s) return original(condition, lock, deadline);
  clockid_t clock = CLOCK_REALTIME;
#if defined(__GLIBC__)
  enum { IS_MONOTONIC = 2 };
  if (condition->__data.__wrefs & IS_MONOTONIC) clock = CLOCK_MONOTONIC;
#endif
  int result;
  if (wait_until_inside(condition, lock, clock, deadline, caller, &result)) return result;
  struct timespec moment = real_moment(s, clock, deadline, is_own(condition));
  result = original(condition, lock, &moment);
  if (result == ETIMEDOUT) reach(s, clock, deadline);
  return result;
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *lock, clockid_t clock,
                           const struct timespec *deadline) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_cond_clockwait,
       int (*)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *));
  il_session *s = il_current;
  if (!s) return original(condition, lock, clock, deadline);
  int result;
  if (wait_until_inside(condition, lock, clock, deadline, caller, &result)) return result;
  struct timespec moment = real_moment(s, clock, deadline, is_own(condition));
  result = original(condition, lock, clock, &moment);
  if (result == ETIMEDOUT) reach(s, clock, deadline);
  return result;
}

// MARK: Locks of many readers

static int lock_until(pthread_rwlock_t *lock, const struct timespec *deadline, void *caller,
                      __attribute__((unused)) bool is_shared,
                      int (*original)(pthread_rwlock_t *, const struct timespec *)) {
  il_note_lock(lock, caller);
  il_leave_points_at("a read-write lock for a limited time", caller);
  il_session *s = il_current;
  if (!s) return original(lock, deadline);
  struct timespec moment = real_moment(s, CLOCK_REALTIME, deadline, false);
  int result = original(lock, &moment);
#if defined(IL_HAS_CARRIERS)
  il_session *inside = il_inside();
  if (UNLIKELY(inside != NULL) && !result)
    il_after_lock(inside, lock, IL_HELD_READ_WRITE, is_shared, caller, il_code_at(caller));
#endif
  if (result == ETIMEDOUT) reach(s, CLOCK_REALTIME, deadline);
  return result;
}

int pthread_rwlock_timedrdlock(pthread_rwlock_t *lock, const struct timespec *deadline) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_rwlock_timedrdlock, int (*)(pthread_rwlock_t *, const struct timespec *));
  return lock_until(lock, deadline, caller, true, original);
}

int pthread_rwlock_timedwrlock(pthread_rwlock_t *lock, const struct timespec *deadline) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_rwlock_timedwrlock, int (*)(pthread_rwlock_t *, const struct timespec *));
  return lock_until(lock, deadline, caller, false, original);
}

#endif

IL_UNINSTRUMENTED_END
