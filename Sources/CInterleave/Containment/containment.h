// Containment: what a step can do to its thread and its process is kept to the thread.

#ifndef CINTERLEAVE_CONTAINMENT_H
#define CINTERLEAVE_CONTAINMENT_H

#include "../Ground/ground.h"

IL_UNINSTRUMENTED_BEGIN

// MARK: Steps

/// The guard that watches over this thread.
extern __thread il_guard *il_this_guard;
/// This thread runs a step, and a guard watches over it.
static inline bool il_is_contained(void) { return il_current && il_this_guard; }
/// Ends the running step for good, and its thread with it.
void il_stop_step(il_stop_kind kind, int code, void *site) __attribute__((noreturn));
/// Notes what the running step has to say.
void il_note_said(const char *text, size_t count);
/// The same of what is written to a file, if it is one of those for that. True: it is kept in place
/// of being written.
bool il_hear(int file, const void *bytes, size_t count);

// MARK: Runs

/// Lets the guard of this thread, if any, watch over a run that begins.
void il_guard_begin_run(il_session *session);
/// A guarded thread was stopped: its locks and its turn are given back. Returns its session.
il_session *il_guard_end(il_guard *guard);
/// This thread goes on upon another stack, whose first address is given, and leaves one.
void il_guard_exchange_stack(uintptr_t *left, uintptr_t entered);

// MARK: Locks

/// Notes for the guard that the running step takes a lock.
void il_guard_note_lock(void *lock);
/// The lock is of a kind that its own thread cannot take again, and that thread is this.
bool il_is_held_here(const pthread_mutex_t *lock);
/// Stops the step if it is about to wait for a lock that its own thread holds.
void il_check_lock(pthread_mutex_t *lock, void *caller);
/// Which thread has the lock that a system call is to take; nobody where it takes none that tells.
typedef enum { IL_HELD_BY_NOBODY, IL_HELD_HERE, IL_HELD_ELSEWHERE } il_lock_holder;
il_lock_holder il_holder_of_futex(const int *word, long operation);
void il_check_futex(il_lock_holder holder, void *caller);
/// Leaves a forked process if the lock is held by a thread that it does not have.
void il_check_owner(const pthread_mutex_t *lock);
/// Surrounds a system call that may wait for a lock which knows its owner; it is not to be
/// made where the lock is taken already.
int il_wait_begin(void *word, long operation, bool *is_taken);
void il_wait_end(int slot);

// MARK: Files

/// The running step must not close the file: it is told by `il_refuse` that there is none.
bool il_is_refused(int file);
int il_refuse(void);
void il_write_all(int file, const char *text, size_t count);

// MARK: Who resumed what

/// The calls that led to where the runtime was called, innermost first.
size_t il_calls_of_runtime(uintptr_t *calls, size_t capacity);
/// Notes who lets a task go on that waited for a continuation.
void il_note_resumer(il_session *session, il_task *task);
/// Notes which checked continuation is about to be resumed, and whose it is.
void il_note_checked(il_session *session, const void *continuation);

IL_UNINSTRUMENTED_END

#endif
