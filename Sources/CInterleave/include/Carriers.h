// Interrupting a step inside, at points, and going on with others meanwhile.

#ifndef CINTERLEAVE_CARRIERS_API_H
#define CINTERLEAVE_CARRIERS_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct il_session;
typedef struct il_session il_session;
/// A stack on which steps run.
struct il_carrier;
typedef struct il_carrier il_carrier;
struct il_carriers;
typedef struct il_carriers il_carriers;

/// What a step is about to do, or has just done, where it may be interrupted.
typedef enum {
  /// It takes a lock, or tries to.
  IL_POINT_LOCK = 0,
  /// It cancels a task, or its children.
  IL_POINT_CANCEL = 1,
  /// It asks whether a task is cancelled, or has itself told.
  IL_POINT_LOOK = 2,
  /// It resumes a continuation.
  IL_POINT_RESUME = 3,
  /// It waits for something that has no order of its own with others.
  IL_POINT_WAIT = 4,
  /// It lets go on who waits for a condition or a semaphore.
  IL_POINT_SIGNAL = 5,
  /// It has made a task, made one ready, or given back a lock.
  IL_POINT_MADE = 6,
  IL_POINT_WOKEN = 7,
  IL_POINT_UNLOCKED = 8,
  /// It changes a word of memory by an atomic instruction.
  IL_POINT_ATOMIC = 9,
  /// It hands a block to a dispatch queue.
  IL_POINT_SUBMIT = 10,
  /// It sets, cancels, holds up or lets go on a timer of a dispatch queue.
  IL_POINT_TIMER = 11,
  /// It reads from, writes to or closes a pipe or a pair of sockets that the run made.
  IL_POINT_TRANSFER = 12,
  /// It is the last one of a group's child, of whose end the group learns.
  IL_POINT_END = 13,
  /// It asks for or changes what the process has for all: its environment, how often a semaphore can
  /// be taken.
  IL_POINT_STATE = 14,
} il_point_kind;
enum { IL_POINT_KINDS = 15 };

/// A place inside the running step at which it can be interrupted.
typedef struct {
  il_point_kind kind;
  const void *_Nullable site;
  /// Where the function that the site is in was called; NULL where that is not known.
  const void *_Nullable caller;
  /// Twice the number of operations of the step that come before, and 1 if it is after one; more
  /// than any of these where it has to wait in the midst of one.
  unsigned number;
  /// How many operations of its kind the step has done before.
  unsigned occurrence;
  /// The step cannot go on before somebody else has.
  bool is_vain;
} il_point;

/// What can let a parked step go on.
typedef enum {
  /// Somebody gives back a lock, or what serves as one.
  IL_WAIT_FOR_LOCK,
  /// Somebody opens a semaphore or a condition once more.
  IL_WAIT_FOR_OPENING,
  /// It may by itself, or others may do what is not known.
  IL_WAIT_FOR_OTHER,
  /// A thread of the run comes to its end, which is the holder.
  IL_WAIT_FOR_END,
} il_wait_for;

/// What a parked step waits for.
typedef struct {
  il_wait_for kind;
  void *_Nullable object;
  const void *_Nullable site;
  /// A task of the run holds it, by its number, which took it there; and in which parked step, of
  /// that task or of one that began it at once. NULL: in none.
  bool is_held;
  uint32_t holder;
  const il_carrier *_Nullable holding;
  const void *_Nullable held_since;
  /// A step of the run has opened it since.
  bool is_opened;
  /// The function of the system's in which it waits, where that is told.
  const char *_Nullable call;
} il_lock_wait;

/// Why steps cannot be interrupted inside in this process; NULL where they can.
const char *_Nullable il_carriers_obstacle(void);
/// Has steps interrupted at the atomic instructions of the program's, too, from here on. Returns why
/// that cannot be done, or NULL.
const char *_Nullable il_carriers_heed_atomics(void);
/// Why blocks on dispatch queues cannot be steps, although steps can be interrupted; NULL where they can.
const char *_Nullable il_queues_obstacle(void);
/// Names what is wrong with what a thread's step finds after another one has run; NULL if
/// nothing is. The first half, in a step that is interrupted before the second; and another step
/// in between.
void il_carriers_probe_begin(void);
void il_carriers_probe_between(void);
const char *_Nullable il_carriers_probe_end(void);

/// Where the steps of a run can be interrupted, besides where they cannot go on.
typedef enum {
  IL_POINTS_NOWHERE = 0,
  /// Before operations.
  IL_POINTS_BEFORE,
  /// After them, too.
  IL_POINTS_EVERYWHERE,
  /// Before operations, and before the first one of a step if that takes a lock or resumes a
  /// continuation: so a step comes to wait for a lock, and has someone go on, at a point alone.
  IL_POINTS_FIRST,
} il_points;

/// The number of a point before the first operation of a step that is one for `IL_POINTS_FIRST` alone.
enum { IL_FIRST_POINT = 4095 };

/// Calls `loop` of the session's callbacks on a carrier, and on others while steps are parked,
/// until one returns that the run is over. False: there is no memory for that.
bool il_carriers_run(il_session *_Nonnull session, il_points points);
/// No step is interrupted in this run while it holds a lock, from here on.
void il_carriers_spare_holders(il_session *_Nonnull session);
/// A parked step holds a lock of the program.
bool il_carriers_have_parked_locks(const il_session *_Nonnull session);
/// Why no step was interrupted from some moment of the last run on; NULL if they could be.
const char *_Nullable il_carriers_off(const il_session *_Nonnull session);
/// With points before first operations, a step did something in the last run that others can tell
/// from its not having been done, and that is no whole between points.
bool il_carriers_left_between(const il_session *_Nonnull session);
/// The locks that the running step has to itself.
///
/// Returns how many these are; `SIZE_MAX` where some are shared.
size_t il_carriers_held(const il_session *_Nonnull session, const void *_Nonnull *_Nonnull locks,
                        size_t capacity);
/// How many carriers are kept for later.
size_t il_carriers_free(const il_session *_Nonnull session);

/// The parked step cannot go on before somebody else has.
bool il_carrier_is_blocked(const il_carrier *_Nonnull carrier);
/// Where nothing else can go on, it does all the same: it waits for others than steps, or to be alone.
bool il_carrier_may_go_on_alone(const il_carrier *_Nonnull carrier);
/// It wants others to go on, and may be waiting for what they do.
bool il_carrier_pauses(const il_carrier *_Nonnull carrier);
/// When the parked step goes on in any case, in time of the run; `INT64_MAX` where only others let
/// it.
int64_t il_carrier_limit(const il_carrier *_Nonnull carrier);
il_lock_wait il_carrier_wait(const il_carrier *_Nonnull carrier);

#ifdef __cplusplus
}
#endif

#endif
