// Watching: by what steps may share something unseen, noted while a proof is attempted.

#ifndef CINTERLEAVE_WATCHING_H
#define CINTERLEAVE_WATCHING_H

#include "../Ground/ground.h"

IL_UNINSTRUMENTED_BEGIN

/// While a proof is attempted: notes that a step tries what fails while another is at it.
void il_note_trial(const void *function, const void *caller);
/// While a proof is attempted: notes that a step calls what looks at, or changes, something
/// outside of the program, unless a library does so for it.
void il_note_outside(const void *function, const void *caller);
/// Makes sure that the breakpoints of watched functions come to us.
void il_watch_renew(void);
/// The thread that a signal came to has met a breakpoint of ours, and goes on as if it had not.
bool il_pass_breakpoint(const siginfo_t *info, void *context);
/// Keeps the breakpoints as they are while the process forks; the child goes on without.
void il_watch_pause(void);
void il_watch_resume(void);

/// An atomic instruction that a step comes to.
typedef struct {
  void *word;
  /// How many bytes of it are changed.
  uint8_t width;
  /// It is changed only if it is what is expected.
  bool compares;
  uint64_t expected, desired;
  /// Where the program goes on after it.
  const void *place;
} il_atomic;

typedef void (*il_atomic_hook)(il_session *session, const il_atomic *atomic);

/// Has sessions that heed atomics told before their steps come to an atomic instruction of the
/// program's, from here on. Returns why that cannot be done, or NULL.
const char *il_watch_atomics(il_atomic_hook hook);
/// The thread that a signal came to goes on where its code was moved from, if it was moved; so whoever
/// walks along its calls finds the program's. Returns where it was.
uintptr_t il_unmove(void *context);
/// It goes on where it was.
void il_move_back(void *context, uintptr_t place);

IL_UNINSTRUMENTED_END

#endif
