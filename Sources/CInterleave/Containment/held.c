// Locks that a stopped step still holds.
//
// Its thread sleeps for ever, but gives back what it is asked for: a lock that knows its
// owner takes that from nobody else. It is asked for what its run took of POSIX, and for
// what others wait for: nobody sees who takes a `Mutex` of Swift's that is free.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "guard.h"

#include <errno.h>
#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

void il_guard_note_lock(void *lock) {
  il_guard *g = il_this_guard;
  if (g) g->locks[g->lock_count++ % IL_LOCKS] = lock;
}

#if defined(__linux__) && defined(__GLIBC__)
#include <linux/futex.h>
#include <sys/syscall.h>

static int this_thread(void) { return (int)syscall(SYS_gettid); }

static void sleep_on(atomic_int *word, int value) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void wake(atomic_int *word) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

// MARK: - The stopped thread

static void give_back(void *lock, bool is_word) {
  int own = this_thread();
  if (is_word) {
    int held = own;
    if (atomic_compare_exchange_strong((atomic_int *)lock, &held, 0)) return;
    if ((held & FUTEX_TID_MASK) == own) syscall(SYS_futex, lock, FUTEX_UNLOCK_PI_PRIVATE, 0);
    return;
  }
  // One that knows how often it was taken is given back as often.
  pthread_mutex_t *mutex = lock;
  while (mutex->__data.__lock && mutex->__data.__owner == own)
    if (pthread_mutex_unlock(mutex)) return;
}

void il_park(il_guard *g) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, NULL);
  for (;;) {
    while (!atomic_load(&g->is_asked)) sleep_on(&g->is_asked, 0);
    give_back(g->asked, g->asked_is_word);
    atomic_store(&g->is_asked, 0);
    wake(&g->is_asked);
  }
}

// MARK: - Asking it

il_lock il_asking;
static _Atomic(il_guard *) stopped;

static void ask(il_guard *g, void *lock, bool is_word) {
  il_lock_take(&il_asking);
  g->asked = lock;
  g->asked_is_word = is_word;
  atomic_store(&g->is_asked, 1);
  wake(&g->is_asked);
  while (atomic_load(&g->is_asked)) sleep_on(&g->is_asked, 1);
  il_lock_give(&il_asking);
}

// Who waits in the kernel for a lock that knows its owner.
enum { WAITERS = 64 };
static _Atomic(atomic_int *) waiters[WAITERS];

static int owner_of(atomic_int *word) { return atomic_load(word) & FUTEX_TID_MASK; }

void il_give_back_locks(il_guard *g) {
  g->process = getpid();
  g->next = atomic_load(&stopped);
  while (!atomic_compare_exchange_weak(&stopped, &g->next, g)) {}
  for (size_t n = 0; n < IL_LOCKS && n < g->lock_count; n++) {
    pthread_mutex_t *lock = g->locks[n], copy;
    if (!il_read_memory(lock, &copy, sizeof copy)) continue;
    bool is_plain = copy.__data.__kind >= 0 && copy.__data.__kind < 4;
    if (is_plain && copy.__data.__lock && copy.__data.__owner == g->thread_id)
      ask(g, lock, false);
  }
  // Whoever comes later finds the thread among those that were stopped.
  for (int n = 0; n < WAITERS; n++) {
    atomic_int *word = atomic_load(&waiters[n]);
    if (word && owner_of(word) == g->thread_id) ask(g, word, true);
  }
}

// MARK: - Waiting for a lock

// The threads of the parent are not there in a process that was forked.
static bool is_gone(int thread) {
  return il_is_forked && thread && syscall(SYS_tgkill, getpid(), thread, 0) && errno == ESRCH;
}

void il_check_owner(const pthread_mutex_t *lock) {
  bool is_plain = lock->__data.__kind >= 0 && lock->__data.__kind < 4;
  if (is_plain && lock->__data.__lock && is_gone(lock->__data.__owner))
    il_leave_process(IL_LOCK_IS_GONE);
}

// Sees to it that somebody will give the lock back. Returns true if it was taken then and
// there.
static bool settle(atomic_int *word) {
  int held = atomic_load(word), owner = held & FUTEX_TID_MASK;
  if (!owner) return false;
  il_guard *g = atomic_load(&stopped);
  while (g && g->thread_id != owner) g = g->next;
  if (g && g->process == getpid()) {
    ask(g, word, true);
    return false;
  }
  if (!is_gone(owner)) return false;
  // A step of the parent's holds it that was stopped; or somebody who is amid a change.
  if (!g) il_leave_process(IL_LOCK_IS_GONE);
  return atomic_compare_exchange_strong(word, &held, this_thread());
}

int il_wait_begin(void *word, long operation, bool *is_taken) {
  long command = operation & FUTEX_CMD_MASK;
  *is_taken = false;
  bool waits = command == FUTEX_LOCK_PI || command == FUTEX_LOCK_PI2;
  if (!word || !(operation & FUTEX_PRIVATE_FLAG) || (!waits && command != FUTEX_TRYLOCK_PI))
    return -1;
  int slot = -1;
  for (int n = 0; n < WAITERS && waits && slot < 0; n++) {
    atomic_int *none = NULL;
    if (atomic_compare_exchange_strong(&waiters[n], &none, word)) slot = n;
  }
  *is_taken = settle(word);
  return slot;
}

void il_wait_end(int slot) {
  if (slot >= 0) atomic_store(&waiters[slot], NULL);
}
#else
il_lock il_asking;

void il_park(il_guard *g) {
  (void)g;
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, NULL);
  for (;;) pause();
}

void il_give_back_locks(il_guard *g) { (void)g; }
void il_check_owner(const pthread_mutex_t *lock) { (void)lock; }

int il_wait_begin(void *word, long operation, bool *is_taken) {
  (void)word, (void)operation;
  *is_taken = false;
  return -1;
}

void il_wait_end(int slot) { (void)slot; }
#endif

IL_UNINSTRUMENTED_END
