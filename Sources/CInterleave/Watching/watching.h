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
/// Keeps the breakpoints as they are while the process forks; the child goes on without.
void il_watch_pause(void);
void il_watch_resume(void);

IL_UNINSTRUMENTED_END

#endif
