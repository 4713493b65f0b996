// What the files of the containment share: how a step is stopped, and where it was.

#ifndef CINTERLEAVE_CONTAINMENT_H
#define CINTERLEAVE_CONTAINMENT_H

#include "internal.h"

#include <setjmp.h>

IL_UNINSTRUMENTED_BEGIN

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
