// Conditions and semaphores, which somebody opens for who waits; and what is initialized once,
// which others wait for until it is.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "carriers.h"
#include "../Watching/watching.h"
#include "../Containment/containment.h"

#include <errno.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__linux__)
IL_UNINSTRUMENTED_BEGIN

#if defined(IL_HAS_CARRIERS)

#define OPENING(object) il_reach_opening(object, caller, __builtin_frame_address(0))

static void reach_opening(il_session *s, void *object, const void *caller) {
  il_code code = il_code_at(caller);
  if (code == IL_CODE_OURS) return;
  if (code == IL_CODE_PROGRAM) il_reach(s, IL_POINT_SIGNAL, object, caller, IL_WANTS_NOTHING);
  il_note_opened(s, object);
}

// MARK: - Who works for the run outside of its control

static void note_opened_by_other(const void *caller) {
  if (il_code_at(caller) == IL_CODE_OURS) return;
  pthread_mutex_lock(&il_inbox_lock);
  il_session *s = il_on_errand->session;
  if (s) {
    atomic_fetch_add(&s->openings_by_others, 1);
    pthread_cond_signal(&s->foreign_signal);
  }
  pthread_mutex_unlock(&il_inbox_lock);
}

bool il_is_opened_by_others(il_session *s, bool (*tries)(void *), void *object) {
  enum { PAUSE = 1000000, PATIENCE = 1000000000 };
  int64_t began = il_exact_real_time();
  while (!s->serves_in_vain && !s->has_crash_elsewhere && il_is_served(s)) {
    int64_t until = il_exact_real_time() + PAUSE;
    struct timespec moment = {.tv_sec = until / 1000000000, .tv_nsec = until % 1000000000};
    // It is not the step that waits by its own clocks.
    il_current = NULL;
    pthread_mutex_lock(&il_inbox_lock);
    pthread_cond_timedwait(&s->foreign_signal, &il_inbox_lock, &moment);
    pthread_mutex_unlock(&il_inbox_lock);
    il_current = s;
    if (tries(object)) return true;
    s->serves_in_vain = il_exact_real_time() - began > PATIENCE;
  }
  return false;
}

void il_reach_opening(void *object, void *caller, void **frame) {
  il_session *inside = il_inside();
  if (UNLIKELY(inside != NULL)) reach_opening(inside, object, il_place_of_call(caller, frame));
  else if (UNLIKELY(il_on_errand != NULL)) note_opened_by_other(caller);
}

typedef struct {
  il_session *session;
  unsigned openings;
} seen_openings;

static bool has_opened(void *pointer) {
  const seen_openings *seen = pointer;
  return atomic_load(&seen->session->openings_by_others) != seen->openings;
}

// MARK: - Conditions

int pthread_cond_signal(pthread_cond_t *condition) {
  void *caller = IL_CALLER();
  static int (*original)(pthread_cond_t *);
  if (UNLIKELY(!original))
    *(void **)&original = il_next_version("pthread_cond_signal", "GLIBC_2.3.2");
  // All who wait look again: a condition may let more of them go on than were told.
  OPENING(condition);
  return original(condition);
}

int pthread_cond_broadcast(pthread_cond_t *condition) {
  void *caller = IL_CALLER();
  static int (*original)(pthread_cond_t *);
  if (UNLIKELY(!original))
    *(void **)&original = il_next_version("pthread_cond_broadcast", "GLIBC_2.3.2");
  OPENING(condition);
  return original(condition);
}

bool il_wait_inside(il_session *s, pthread_cond_t *condition, pthread_mutex_t *lock,
                    int64_t limit, const void *caller) {
  static int (*unlock)(pthread_mutex_t *), (*take)(pthread_mutex_t *);
  if (UNLIKELY(!unlock)) *(void **)&unlock = il_next_symbol("pthread_mutex_unlock");
  if (UNLIKELY(!take)) *(void **)&take = il_next_symbol("pthread_mutex_lock");
  seen_openings seen = {.session = s, .openings = atomic_load(&s->openings_by_others)};
  // Nobody comes between the lock's being given back and the waiting.
  if (unlock(lock)) return false;
  il_note_given(s, lock);
  bool is_opened =
      il_is_opened_by_others(s, has_opened, &seen) || il_await_opening(s, condition, caller, limit);
  il_await(s, lock, caller, IL_WANTS_LOCK);
  take(lock);
  il_note_taken(s, lock, IL_HELD_MUTEX, false, caller);
  return is_opened;
}

// MARK: - Semaphores

int sem_post(sem_t *semaphore) {
  void *caller = IL_CALLER();
  IL_REAL(sem_post, int (*)(sem_t *));
  il_note_outside((void *)sem_post, caller);
  OPENING(semaphore);
  return original(semaphore);
}

intptr_t dispatch_semaphore_signal(void *semaphore) {
  void *caller = IL_CALLER();
  IL_REAL(dispatch_semaphore_signal, intptr_t (*)(void *));
  OPENING(semaphore);
  il_note_lock(semaphore, caller);
  return original(semaphore);
}

// MARK: - Barriers

// For how many a barrier waits, where it was made in this process; `il_inbox_lock` guards it.
typedef struct {
  const pthread_barrier_t *barrier;
  unsigned count;
  // Who has come, in which run, in which round.
  const il_session *session;
  unsigned run, arrived, round;
} known_barrier;
static known_barrier *barriers;
static size_t barrier_count, barrier_capacity;

static known_barrier *find_barrier(const pthread_barrier_t *barrier) {
  for (size_t n = 0; n < barrier_count; n++)
    if (barriers[n].barrier == barrier) return &barriers[n];
  return NULL;
}

int pthread_barrier_init(pthread_barrier_t *barrier, const pthread_barrierattr_t *attributes,
                         unsigned count) {
  IL_REAL(pthread_barrier_init,
          int (*)(pthread_barrier_t *, const pthread_barrierattr_t *, unsigned));
  int result = original(barrier, attributes, count);
  if (result) return result;
  pthread_mutex_lock(&il_inbox_lock);
  known_barrier *known = find_barrier(barrier);
  if (!known) {
    if (barrier_count == barrier_capacity) {
      barrier_capacity = barrier_capacity ? 2 * barrier_capacity : 16;
      barriers = realloc(barriers, barrier_capacity * sizeof *barriers);
      if (!barriers) abort();
    }
    known = &barriers[barrier_count++];
  }
  *known = (known_barrier){.barrier = barrier, .count = count};
  pthread_mutex_unlock(&il_inbox_lock);
  return 0;
}

int pthread_barrier_destroy(pthread_barrier_t *barrier) {
  IL_REAL(pthread_barrier_destroy, int (*)(pthread_barrier_t *));
  pthread_mutex_lock(&il_inbox_lock);
  known_barrier *known = find_barrier(barrier);
  if (known) *known = barriers[--barrier_count];
  pthread_mutex_unlock(&il_inbox_lock);
  return original(barrier);
}

// The round of the barrier that the run is in; NULL for one that is not known. What is returned
// must not be kept: others may be made meanwhile.
static known_barrier *barrier_of(il_session *s, const pthread_barrier_t *barrier) {
  known_barrier *known = find_barrier(barrier);
  unsigned run = s->carriers->run;
  if (known && (known->session != s || known->run != run))
    *known = (known_barrier){
        .barrier = barrier, .count = known->count, .session = s, .run = run};
  return known;
}

// True: all have come. False: who waits for ever does so as natively.
static bool pass_barrier(il_session *s, pthread_barrier_t *barrier, const void *caller,
                         int *result) {
  if (il_code_at(caller) == IL_CODE_PROGRAM)
    il_reach(s, IL_POINT_LOCK, barrier, caller, IL_WANTS_NOTHING);
  pthread_mutex_lock(&il_inbox_lock);
  known_barrier *known = barrier_of(s, barrier);
  unsigned round = known ? known->round : 0;
  bool is_last = known && ++known->arrived == known->count;
  il_releases(barrier);
  if (is_last) {
    known->arrived = 0;
    known->round++;
  }
  pthread_mutex_unlock(&il_inbox_lock);
  if (is_last) il_note_opened(s, barrier);
  *result = is_last ? PTHREAD_BARRIER_SERIAL_THREAD : 0;
  bool waits = known && !is_last;
  while (waits && il_await_opening(s, barrier, caller, IL_NEVER)) {
    pthread_mutex_lock(&il_inbox_lock);
    waits = barrier_of(s, barrier)->round == round;
    pthread_mutex_unlock(&il_inbox_lock);
  }
  if (waits && il_is_contained() && !s->has_escaped)
    il_stop_step(IL_STOP_BLOCKED, IL_BLOCKED_BARRIER, (void *)caller);
  il_acquired(barrier);
  return known && !waits;
}

int pthread_barrier_wait(pthread_barrier_t *barrier) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_barrier_wait, int (*)(pthread_barrier_t *));
  il_note_outside((void *)pthread_barrier_wait, caller);
  il_session *inside = il_inside();
  int result;
  if (UNLIKELY(inside != NULL) && pass_barrier(inside, barrier, IL_PLACE(caller), &result))
    return result;
  return original(barrier);
}

// MARK: - What is initialized once

#define ONCE_BEGINS(flag)                                                         \
  il_session *inside = il_inside();                                               \
  if (UNLIKELY(inside != NULL)) il_once_begins(inside, flag, caller)
#define ONCE_ENDS(flag)                                                           \
  if (UNLIKELY(inside != NULL)) il_once_ends(inside, flag)

void il_once_begins(il_session *s, void *flag, const void *caller) {
  il_await(s, flag, caller, IL_WANTS_LOCK);
  il_note_taken(s, flag, IL_HELD_ONCE, false, caller);
}

void il_once_ends(il_session *s, void *flag) { il_note_given(s, flag); }

int pthread_once(pthread_once_t *flag, void (*initializer)(void)) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_once, int (*)(pthread_once_t *, void (*)(void)));
  il_session *inside = il_inside();
  if (LIKELY(!inside) || il_code_at(caller) == IL_CODE_OURS) return original(flag, initializer);
  il_once_begins(inside, flag, caller);
  inside->initializing++;
  int result = original(flag, initializer);
  inside->initializing--;
  il_once_ends(inside, flag);
  return result;
}

void dispatch_once_f(intptr_t *flag, void *context, void (*initializer)(void *)) {
  void *caller = IL_CALLER();
  IL_REAL(dispatch_once_f, void (*)(intptr_t *, void *, void (*)(void *)));
  il_note_outside((void *)dispatch_once_f, caller);
  ONCE_BEGINS(flag);
  if (UNLIKELY(inside != NULL)) inside->initializing++;
  original(flag, context, initializer);
  if (UNLIKELY(inside != NULL)) inside->initializing--;
  ONCE_ENDS(flag);
}

#if !__has_feature(thread_sanitizer)
// The static variables of C++. The thread sanitizer has functions of its own for them.
int __cxa_guard_acquire(void *flag) {
  void *caller = IL_CALLER();
  IL_REAL(__cxa_guard_acquire, int (*)(void *));
  ONCE_BEGINS(flag);
  int is_ours = original(flag);
  if (UNLIKELY(inside != NULL)) {
    if (is_ours) inside->initializing++; else il_once_ends(inside, flag);
  }
  return is_ours;
}

#define GUARD_ENDS(name)                                                          \
  void name(void *flag) {                                                         \
    IL_REAL(name, void (*)(void *));                                                 \
    original(flag);                                                               \
    il_session *inside = il_inside();                                             \
    if (UNLIKELY(inside != NULL) && inside->initializing) {                       \
      inside->initializing--;                                                     \
      il_once_ends(inside, flag);                                                 \
    }                                                                             \
  }

GUARD_ENDS(__cxa_guard_release)
GUARD_ENDS(__cxa_guard_abort)
#endif

// MARK: - What blocks, and of which no table is kept

int pthread_mutex_clocklock(pthread_mutex_t *lock, clockid_t clock,
                            const struct timespec *deadline) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_mutex_clocklock, int (*)(pthread_mutex_t *, clockid_t, const struct timespec *));
  il_note_trial((void *)pthread_mutex_clocklock, caller);
  il_leave_points_at("pthread_mutex_clocklock", caller);
  return original(lock, clock, deadline);
}

#else

intptr_t dispatch_semaphore_signal(void *semaphore) {
  void *caller = IL_CALLER();
  IL_REAL(dispatch_semaphore_signal, intptr_t (*)(void *));
  il_note_lock(semaphore, caller);
  return original(semaphore);
}

#endif

IL_UNINSTRUMENTED_END
#endif
