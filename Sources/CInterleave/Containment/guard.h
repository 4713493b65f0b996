// What the files of the containment share: how a step is stopped, and where it was.

#ifndef CINTERLEAVE_GUARD_H
#define CINTERLEAVE_GUARD_H

#include "containment.h"

#include <setjmp.h>
#include <stdatomic.h>

IL_UNINSTRUMENTED_BEGIN

struct il_lock {
  atomic_int state;
};

enum { IL_SAID = 4096, IL_LOCKS = 64 };

// Where a call returns to: where that is kept, and what was there.
typedef struct {
  uintptr_t *slot, back;
} il_return;

// What was seen of a watched thread.
typedef struct {
  unsigned serial;
  // How long it has been at the step, and for how much of that it slept.
  int64_t cpu, wall, stuck, asleep;
} il_sample;

/// What is told of a thread that is watched.
enum { IL_TOLD_STOPPED = 1, IL_TOLD_FINISHED = 2, IL_TOLD_CRASH_ELSEWHERE = 4 };

struct il_guard {
  int64_t limit;
  // What the watching thread is to be told, and the file that wakes it for that: one where
  // there are such, since a suite has many guards at a time, or the two ends of a pipe.
  atomic_uint told;
  int bell[2];
  pthread_t thread;
  int thread_id;
  clockid_t clock;
  uintptr_t stack_begin;
  void *alternate;
  stack_t old_stack;
  atomic_bool is_attached;
  il_session *session;
  // Odd while a step runs, and another one for each.
  atomic_uint serial;
  il_sample last;
  // The step that was told of as slow; 0 for none.
  unsigned slow;
  // The step that has been running for too long.
  unsigned suspect;
  bool is_asleep;
  atomic_bool is_suspect;
  unsigned samples, broken_samples;
  // The processor time of its thread at the first sample.
  int64_t first_sample;
  // Its calls of which it is noted if they return, and the end of the outermost that did.
  il_return returns[IL_STOP_FRAMES];
  size_t return_count;
  uintptr_t returned;
  // Functions were seen that call one another as their last act.
  bool is_circle;
  // How often its step has crashed: once, and once while that was looked at.
  unsigned crashes;
  // A thread that runs no step crashes (1), or has crashed (2), and how.
  atomic_int has_elsewhere;
  il_stop elsewhere;
  bool has_turn;
  il_stop stop;
  // The locks that the run took last.
  void *locks[IL_LOCKS];
  size_t lock_count;
  char said[IL_SAID];
  size_t said_count;
  // What the stopped thread is asked to give back.
  atomic_int is_asked;
  void *asked;
  bool asked_is_word;
  // The process in which it was stopped, and who was stopped before it.
  int process;
  il_guard *next;
  char journal[1024];
  char journal_head[512];
};

// The guard whose runs go on; NULL where none do.
extern _Atomic(il_guard *) il_active_guard;
/// This thread, which runs no step, does what the guard's run has asked of it.
bool il_is_of_run(const il_guard *guard);
/// The run that a guard watched over is over.
void il_guard_end_run(il_guard *guard);
/// Ctrl-C and SIGTERM come to `il_interrupts_begin`, and would end the process otherwise.
bool il_is_interrupt_handler(void (*handler)(int));
/// Sleeps for ever, but for giving back locks.
void il_park(il_guard *guard) __attribute__((noreturn));
/// Asks a thread that was stopped for the locks that its step still holds.
void il_give_back_locks(il_guard *guard);
/// One at a time asks.
extern il_lock il_asking;
/// What asks a thread whose step takes too long to stop.
enum { IL_HANG_SIGNAL = SIGURG };

// MARK: Stopping

/// Tells the thread that waits for a guarded one.
void il_tell_guard(il_guard *guard, unsigned what);
/// Ends the step of the guard's thread, which is this one.
void il_stop_here(il_guard *guard, const il_stop *stop) __attribute__((noreturn));
/// The process is about to die: what led here is kept for the next one.
void il_write_journal(il_guard *guard, bool is_elsewhere);

// MARK: Signals

/// Adds the signals that crashes come as.
void il_add_crash_signals(sigset_t *set);
/// Makes the handlers of signals ours.
void il_handle_crashes(void);
void il_handle_hangs(void);
/// Lets whoever handled the signal before us have it.
void il_pass_on(int signal, siginfo_t *info, void *context, const struct sigaction *old);

// MARK: Where it was

/// Notes the calls of this thread.
///
/// \param start Where the innermost of them is.
/// \param context That of the signal that is handled; NULL where none is.
/// \param readable Where the part of the stack begins that can be read.
void il_note_calls(il_stop *stop, uintptr_t start, void *context, uintptr_t readable);
/// A walk that met memory which is not there ends here, if one is going on.
void il_end_broken_walk(void);
/// Who is stopped there may hold the allocator's lock.
bool il_is_in_allocator(const il_stop *stop);
void il_find_allocator(void);
uintptr_t il_program_counter(void *context);
uintptr_t il_stack_pointer(void *context);

// MARK: Which calls return

/// From here on it is noted which of the calls return.
void il_watch_returns(il_guard *guard, const il_stop *stop, void *context);
/// Ends that; `guard->returned` is where the stack of the outermost ended that did.
/// \returns Some call was watched.
bool il_release_returns(il_guard *guard);
/// A call returns at this moment, so that there is nothing to be seen.
bool il_is_returning(void *context);

IL_UNINSTRUMENTED_END

#endif
