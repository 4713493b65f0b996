// What a step can do to its thread and its process, and the processes that runs are made in.

#ifndef CINTERLEAVE_GUARDS_H
#define CINTERLEAVE_GUARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

_Pragma("clang assume_nonnull begin")

struct il_session;
typedef struct il_session il_session;

/// How a step was stopped.
typedef enum {
  /// By a signal, whose number is the code.
  IL_STOP_SIGNAL = 0,
  /// By ending the process; the code is the status.
  IL_STOP_EXIT = 1,
  /// It did not return within the limit.
  IL_STOP_HANG = 2,
  /// It began to wait for what nobody can bring about; the code is an `il_blocked`.
  IL_STOP_BLOCKED = 3,
  /// It resumed a continuation that had been resumed; the code is the number of its task.
  IL_STOP_RESUMED_TWICE = 4,
} il_stop_kind;

/// What a step waits for that will never come.
typedef enum {
  IL_BLOCKED_LOCK = 0,
  IL_BLOCKED_SEMAPHORE = 1,
  IL_BLOCKED_GROUP = 2,
  IL_BLOCKED_CONDITION = 3,
  IL_BLOCKED_QUEUE = 4,
  IL_BLOCKED_FILE = 5,
  IL_BLOCKED_BARRIER = 6,
} il_blocked;

enum { IL_STOP_FRAMES = 64, IL_STOP_CIRCLE = 8 };

/// How and where a step was stopped.
typedef struct {
  il_stop_kind kind;
  int code;
  /// The stack had no room left.
  bool is_overflow;
  /// The walk along the calls came to what was no call, or did not come to where the step began.
  bool is_broken;
  /// The thread slept, rather than computed, when it was stopped.
  bool is_asleep;
  /// It was a thread that ran no step.
  bool is_elsewhere;
  /// The address that could not be accessed; 0 where there is none.
  uintptr_t address;
  /// Which task's continuation was resumed once more, as far as that was noted: its number,
  /// and 1; 0 for none.
  int resumed_task;
  /// Addresses within the calls that led there, innermost first.
  size_t frame_count;
  uintptr_t frames[IL_STOP_FRAMES];
  /// Where the stack of each of them ends, which begins with where the call before it returns
  /// to; 0 where that is not known.
  uintptr_t ends[IL_STOP_FRAMES];
  /// Addresses within functions that were seen in one place on the stack, called by the first of
  /// them: parts of asynchronous functions that call one another as their last act.
  size_t circle_count;
  uintptr_t circle[IL_STOP_CIRCLE];
} il_stop;

struct il_guard;
/// Watches over one thread that runs steps, from another thread.
typedef struct il_guard il_guard;

/// Makes a guard; NULL where the system refuses it.
///
/// The first one of a process installs handlers for the signals of crashes. They keep to
/// themselves what steps of guarded threads raise, and pass on everything else.
///
/// `limit`: the nanoseconds that a step may compute or sleep; 0 for no limit.
il_guard *_Nullable il_guard_create(int64_t limit);
/// Frees a guard whose thread has ended as it should.
void il_guard_destroy(il_guard *guard);
/// Makes this thread the one that is watched, until `il_guard_detach`.
void il_guard_attach(il_guard *guard);
void il_guard_detach(il_guard *guard);
/// How it ended with a watched thread.
typedef enum {
  IL_END_FINISHED = 0,
  /// A step was stopped, and its thread sleeps for ever.
  IL_END_STOPPED = 1,
  /// In a child process, it waits for something between steps, and will do so for ever.
  IL_END_LOST = 2,
  /// It has not ended: its step takes long, and may never return. Wait again.
  IL_END_SLOW = 3,
  /// It has not ended: the step that took long has. Wait again.
  IL_END_GOES_ON = 4,
} il_end;

/// Waits for the watched thread.
///
/// `heartbeat`: a file that gets an `h` now and then; -1 for none.
il_end il_guard_wait(il_guard *guard, int heartbeat);
/// Sends a message to whoever reads the heartbeats, none of which gets into it; false if there is
/// nobody.
bool il_send_message(int heartbeat, const void *bytes, size_t count);
/// The start of the function, or of the part of an asynchronous one, that an instruction
/// belongs to; 0 where that is not known.
uintptr_t il_function_start(uintptr_t instruction);
/// How the step was stopped, and the last that it wrote to standard error.
const il_stop *il_guard_stop(const il_guard *guard);
/// A thread that ran no step has crashed; then that is what is told.
bool il_guard_has_elsewhere(const il_guard *guard);
size_t il_guard_said(const il_guard *guard, char *buffer, size_t capacity);
/// The session whose step was stopped, if any.
il_session *_Nullable il_guard_session(const il_guard *guard);
/// Makes the session usable again, and gives back locks that the step holds.
void il_guard_bury(il_guard *guard);
/// The guard of this thread.
il_guard *_Nullable il_current_guard(void);
/// Where and how to begin the file that is written if a step's crash must end the process.
void il_guard_set_journal(il_guard *guard, const char *path, const char *head);

/// A lock that belongs to no thread: a process that is forked while it is taken can give
/// it back.
struct il_lock;
typedef struct il_lock il_lock;
il_lock *il_lock_create(void);
void il_lock_take(il_lock *lock);
void il_lock_give(il_lock *lock);

/// Waits until no other run goes on in this process, and ends that.
/// \returns For how many nanoseconds of real time it waited.
int64_t il_turn_take(void);
void il_turn_give(void);
/// How many threads wait for it.
int il_turn_waiters(void);

/// What processes that were forked from one another see alike: pieces of work, by their
/// numbers, that are taken in order, and the number from which on none need be done.
struct il_board;
typedef struct il_board il_board;
/// A board for so many workers; NULL where there is no memory for it.
il_board *_Nullable il_board_create(int workers, long first);
void il_board_destroy(il_board *board);
/// Gives the worker its next piece of work, or -1 if there is none that must be done.
long il_board_take(il_board *board, int worker);
/// The piece that a worker is at; -1 for none.
long il_board_current(const il_board *board, int worker);
/// Lowers the limit; a greater one than before changes nothing.
void il_board_set_limit(il_board *board, long limit);
long il_board_limit(const il_board *board);

/// Tells whoever watches over this thread that it is not stuck.
void il_guard_note_progress(void);

/// Forks; the thread must have the turn, which is free in the child. With `quiet`, the
/// child prints nothing any more.
int il_fork(bool quiet);
/// Keeps a file from being closed by steps, and lets go of it.
void il_own_file(int file);
void il_disown_file(int file);
/// This process was forked by the above.
bool il_is_child(void);
/// Ends this process at once.
void il_leave_process(int status) __attribute__((noreturn));
/// The status with which a child leaves that needs a lock which a thread held that it does
/// not have: another child may find it free.
enum { IL_LOCK_IS_GONE = 75 };

/// Lets Ctrl-C and SIGTERM, the first time that one of them comes, be noted where it would
/// end the process, until `il_interrupts_end`; calls count. False: Ctrl-C does what it does.
bool il_interrupts_begin(void);
/// Ends that. Where SIGTERM came, and nobody else goes on, the process ends by it.
void il_interrupts_end(void);
/// The signal that was noted; 0 for none.
int il_interrupt(void);

/// Reads memory that may not be readable, at most 1,024 bytes.
bool il_read_memory(const void *address, void *buffer, size_t count);

_Pragma("clang assume_nonnull end")

#ifdef __cplusplus
}
#endif

#endif
