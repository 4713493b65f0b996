// Locks that outlive a fork, turns of runs, and child processes.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

// MARK: - Locks

#if defined(__linux__)
// 0: free, 1: taken, 2: taken, and somebody may wait.
void il_lock_take(il_lock *lock) {
  int expected = 0;
  if (atomic_compare_exchange_strong(&lock->state, &expected, 1)) return;
  while (atomic_exchange(&lock->state, 2))
    syscall(SYS_futex, &lock->state, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
}

void il_lock_give(il_lock *lock) {
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

void il_turn_take(void) {
  il_lock_take(&turn);
  note_turn(true);
}

void il_turn_give(void) {
  note_turn(false);
  il_lock_give(&turn);
}

// MARK: - Children

bool il_is_child(void) { return il_is_forked; }

int il_fork(bool quiet) {
  // Nobody is at the inboxes meanwhile: the child finds none half changed.
  pthread_mutex_lock(&il_inbox_lock);
  int child = fork();
  pthread_mutex_unlock(&il_inbox_lock);
  if (child) return child;
  il_is_forked = true;
  il_this_guard = NULL;
  atomic_store(&turn.state, 0);
  atomic_store(&il_asking.state, 0);
  if (!quiet) return 0;
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
