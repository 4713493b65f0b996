// Locks that outlive a fork, turns of runs, and child processes.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "guard.h"
#include "../Watching/watching.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

IL_UNINSTRUMENTED_BEGIN

// MARK: - Locks

#if defined(__linux__)
// 0: free, 1: taken, 2: taken, and somebody may wait.
void il_lock_take(il_lock *lock) {
  int expected = 0;
  if (!atomic_compare_exchange_strong(&lock->state, &expected, 1)) {
    while (atomic_exchange(&lock->state, 2))
      syscall(SYS_futex, &lock->state, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
  }
  il_acquired(lock);
}

static bool lock_try(il_lock *lock) {
  int expected = 0;
  if (!atomic_compare_exchange_strong(&lock->state, &expected, 1)) return false;
  il_acquired(lock);
  return true;
}

void il_lock_give(il_lock *lock) {
  il_releases(lock);
  if (atomic_exchange(&lock->state, 0) == 2)
    syscall(SYS_futex, &lock->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
#else
static pthread_mutex_t state_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t state_signal = PTHREAD_COND_INITIALIZER;

void il_lock_take(il_lock *lock) {
  pthread_mutex_lock(&state_lock);
  while (atomic_load(&lock->state)) pthread_cond_wait(&state_signal, &state_lock);
  atomic_store(&lock->state, 1);
  pthread_mutex_unlock(&state_lock);
}

static bool lock_try(il_lock *lock) {
  pthread_mutex_lock(&state_lock);
  bool is_free = !atomic_load(&lock->state);
  if (is_free) atomic_store(&lock->state, 1);
  pthread_mutex_unlock(&state_lock);
  return is_free;
}

void il_lock_give(il_lock *lock) {
  pthread_mutex_lock(&state_lock);
  atomic_store(&lock->state, 0);
  pthread_cond_broadcast(&state_signal);
  pthread_mutex_unlock(&state_lock);
}
#endif

il_lock *il_lock_create(void) { return calloc(1, sizeof(il_lock)); }

// MARK: - Turns

static il_lock turn;

static void note_turn(bool has_turn) {
  if (il_this_guard) il_this_guard->has_turn = has_turn;
}

// How many threads wait for it.
static atomic_int turn_waiters;

int64_t il_turn_take(void) {
  int64_t waited = 0;
  if (!lock_try(&turn)) {
    int64_t asked = il_real_time();
    atomic_fetch_add(&turn_waiters, 1);
    il_lock_take(&turn);
    atomic_fetch_sub(&turn_waiters, 1);
    waited = il_real_time() - asked;
  }
  note_turn(true);
  return waited;
}

int il_turn_waiters(void) { return atomic_load(&turn_waiters); }

void il_turn_give(void) {
  note_turn(false);
  il_lock_give(&turn);
}

// MARK: - Boards

struct il_board {
  size_t size;
  int workers;
  atomic_long next, limit;
  // What each worker is at; -1 where it is at nothing.
  atomic_long current[];
};

il_board *il_board_create(int workers, long first) {
  size_t size = sizeof(il_board) + (size_t)workers * sizeof(atomic_long);
  il_board *b = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (b == MAP_FAILED) return NULL;
  b->size = size;
  b->workers = workers;
  atomic_store(&b->next, first);
  atomic_store(&b->limit, LONG_MAX);
  for (int n = 0; n < workers; n++) atomic_store(&b->current[n], -1);
  return b;
}

void il_board_destroy(il_board *b) { munmap(b, b->size); }

long il_board_take(il_board *b, int worker) {
  long number = atomic_fetch_add(&b->next, 1);
  if (number >= atomic_load(&b->limit)) number = -1;
  atomic_store(&b->current[worker], number);
  return number;
}

long il_board_current(const il_board *b, int worker) { return atomic_load(&b->current[worker]); }

void il_board_set_limit(il_board *b, long limit) {
  long known = atomic_load(&b->limit);
  while (limit < known && !atomic_compare_exchange_weak(&b->limit, &known, limit)) {}
}

long il_board_limit(const il_board *b) { return atomic_load(&b->limit); }

// MARK: - Children

bool il_is_child(void) { return il_is_forked; }

int il_fork(bool quiet) {
  // Nobody is at the inboxes meanwhile: the child finds none half changed.
  pthread_mutex_lock(&il_inbox_lock);
  il_watch_pause();
  int child = fork();
  if (!child) {
    il_is_forked = true;
    il_note_process();
    atomic_store(&il_active_guard, NULL);
  }
  il_watch_resume();
  pthread_mutex_unlock(&il_inbox_lock);
  if (child) return child;
  il_this_guard = NULL;
  atomic_store(&turn.state, 0);
  atomic_store(&il_asking.state, 0);
  if (!quiet) return 0;
  il_is_quiet = true;
  int nothing = open("/dev/null", O_WRONLY);
  if (nothing >= 0) {
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    close(nothing);
  }
  return 0;
}

void il_leave_process(int status) {
#if defined(__linux__)
  for (;;) syscall(SYS_exit_group, status);
#else
  abort();
  (void)status;
#endif
}

IL_UNINSTRUMENTED_END
