// Ground: what all rooms stand on. What there is once in a process, a session's memory and what is
// told to its machine, the system's clocks, the sanitizers.

#ifndef CINTERLEAVE_GROUND_H
#define CINTERLEAVE_GROUND_H

#include "session.h"

#include <signal.h>

IL_UNINSTRUMENTED_BEGIN

// MARK: The process

// This process was forked by us.
extern bool il_is_forked;
// What this process prints, nobody sees.
extern bool il_is_quiet;
/// This is the process that made the guards, and no copy that the program made of it.
bool il_is_own_process(void);
void il_note_process(void);

// MARK: What the running step does

void il_note_escape(il_session *session, il_escape kind, void *site);
void il_note_escape_to(il_session *session, il_escape kind, void *site, bool is_native);
/// The session leaves that alone on purpose.
bool il_ask_native(il_session *session, il_native kind, const void *object);
static inline bool il_is_native(il_session *session, il_native kind, const void *object) {
  return UNLIKELY(session->leaves_natives) && il_ask_native(session, kind, object);
}
/// Notes that the running step touches something.
void il_note_touch(il_touch kind, void *object);
/// Notes that the running step draws at random.
void il_note_random(il_session *session);
/// Notes that a step, if one is running, takes what serves as a lock.
void il_note_lock(void *lock, const void *caller);
/// What takes a lock there is a library whose locks no program can observe.
bool il_is_library_lock(const void *caller);
/// The library locks a stream there.
bool il_is_stream_lock(const void *caller);
/// Tells a session that a thread which runs no step has crashed.
void il_post_crash(il_session *session);

/// Called where the running step may wait for others than the program.
extern void (*il_before_outside)(void);

// MARK: Errands

/// The errand that this thread is on.
extern __thread il_errand *il_on_errand;
/// Whose this thread counts as: it may do something for runs until it ends, or is lost.
typedef enum { IL_THREAD_OF_NOBODY = 0, IL_THREAD_OF_PROGRAM, IL_THREAD_OF_RUN } il_thread_kind;
extern __thread il_thread_kind il_thread_counts_as;
void il_count_thread(bool is_of_run, int difference);
/// The thread will do nothing more, and never ends.
void il_thread_is_lost(void);
/// Where this thread talks to others than the program, if it does.
extern __thread void *il_io_site;
/// A run has an errand more. The inboxes are locked.
void il_errand_link(il_session *session, il_errand *errand);
void il_errand_begin(il_errand *errand);
void il_errand_end(il_errand *errand);
/// The running step's errand that belongs to an object: when it is due, and who will end it.
void il_errand_set_due(void *object, int64_t due);
il_errand *il_errand_of(void *object);
/// A foreign thread has let a task of the session go on. The inboxes are locked.
void il_errands_answered(il_session *session);
/// Somebody works for the session's run, or will.
bool il_is_served(il_session *session);
/// The run is over, and nobody waits for its errands.
void il_errands_drop(il_session *session);

// MARK: Clocks

static inline int64_t il_nanoseconds(const struct timespec *time) {
  return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}
typedef int (*clock_gettime_function)(clockid_t, struct timespec *);
/// The system's `clock_gettime`.
clock_gettime_function il_real_clock_gettime(void);
/// The system's clock, in nanoseconds.
int64_t il_real_clock(clockid_t clock);

// MARK: Code

/// Finds the function that an interposed one hides: a sanitizer's, where it stands in for it.
void *il_next_symbol(const char *name);
/// Finds the function that both hide.
void *il_plain_symbol(const char *name);
#if defined(__linux__)
// What a library keeps for the thread that asks; none where it keeps nothing.
typedef struct {
  void *memory;
  size_t size;
} il_local_block;
il_local_block il_block_of_thread(const char *library);
#endif
/// Declares a variable for the function of that name behind ours, and finds that once.
#define IL_FIND(variable, name, type)                                             \
  static __typeof__(type) variable;                                               \
  if (UNLIKELY(!variable)) *(void **)&variable = il_next_symbol(name)
/// Declares `original` in the function that hides one, whose type is given or taken of its address.
#define IL_REAL(name, type) IL_FIND(original, #name, type)
/// The same for a function of the C library that has versions.
void *il_next_version(const char *name, const char *version);
/// True if the code at the address belongs to libswift_Concurrency.
bool il_is_concurrency_code(const void *address);
bool il_is_dispatch_code(const void *address);

// MARK: Sanitizers

/// `sigaction`, past a sanitizer that keeps signals back.
int il_handle_signal(int number, const struct sigaction *action, struct sigaction *previous);
/// Finds a function of the C library's allocator, which a sanitizer does not use.
void *il_allocator_symbol(const char *name);
/// True if the code is a sanitizer's own, which may hold its locks.
bool il_is_sanitizer_code(uintptr_t address);
/// Tells a thread sanitizer that this thread goes on from what others have released, or
/// releases what it did.
void il_acquired(void *object);
void il_releases(void *object);
/// A run begins, or a session ends, under the thread sanitizer.
void il_fibers_begin(il_session *session);
void il_fibers_end(il_session *session);
/// Surround what a step does, where there is a cradle, or a fiber that runs.
void il_fiber_enter(il_session *session, const il_ready *ready);
void il_fiber_leave(il_session *session);
/// The step is given up, and its thread with it.
void il_fiber_abandon(il_session *session);
/// The running step is interrupted, and goes on: see `il_fiber_go_home`.
void il_fiber_pause(il_session *session, il_paused_fiber *paused, const void *frame);
void il_fiber_go_on(il_session *session, const il_paused_fiber *paused, const void *frame);
/// Surround what is done in the place of a step that is interrupted: where that goes on from is
/// returned. The machine knows of it.
void *il_fiber_visit(void *fiber);
void il_fiber_return(void *here);
/// The thread sanitizer has fibers.
extern bool il_has_fibers;
/// Surround the taking and the giving back of a lock: ours order nothing that a step does. Whoever
/// takes one in this process comes by here.
bool il_fiber_ignores_lock(const void *caller);
void il_fiber_heeds(void);
#define IL_FIBER_IGNORES(caller) (UNLIKELY(il_has_fibers) && il_fiber_ignores_lock(caller))
#define IL_FIBER_HEEDS(ignores) \
  do { \
    if (UNLIKELY(ignores)) il_fiber_heeds(); \
  } while (0)
/// What was interrupted on it never goes on. The machine knows what it has done.
void il_fiber_give_up(il_session *session, void *fiber);
/// The thread sanitizer lets stacks be told apart: a stack has a fiber of its own, and the thread
/// has one; NULL without it. What is done on one of them comes before what is done on the next.
void *il_fiber_of_thread(void);
void *il_fiber_of_stack(void);
void il_fiber_free(void *fiber);
void il_fiber_enter_stack(void *fiber);
/// What is in progress on a stack never goes on.
void il_fiber_leave_stack(void *fiber);
/// Surround what looks at the program between steps.
void il_races_ignore(void);
void il_races_heed(void);

IL_UNINSTRUMENTED_END

#endif
