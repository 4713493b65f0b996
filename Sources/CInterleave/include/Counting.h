// Counting: how likely it is that the steps of a run come in an order that differs from its own only
// in steps that do not depend on each other. It knows nothing of sessions: arithmetic, which builds
// without optimisation are too slow for in Swift.

#ifndef CINTERLEAVE_COUNTING_H
#define CINTERLEAVE_COUNTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A step of a run.
typedef struct {
  /// What tells its code from that of others.
  uint64_t code;
  /// When it may have arrived in its mailbox: at the earliest, and had it not run before, at the
  /// latest.
  int64_t earliest, latest;
  /// The number of its executor, whose steps all depend on each other.
  int32_t chain;
  /// The step of its task before, and the one that made it ready; -1 for none.
  int32_t prior, cause;
  /// How many steps could run when it did.
  int32_t enabled;
  /// Where what it touched begins among all touches; it ends where that of the next step begins.
  int32_t touches;
  /// It waited in a mailbox that keeps an order.
  bool is_queued;
  /// It is a timer, and fires when nothing else can run.
  bool is_timer;
  /// It is the rest of a step that came to a point inside; it ends at one, so that the mailbox that
  /// it is in belongs to its task until that goes on.
  bool is_rest, is_parked;
  /// Its task, and the lock that it takes before all else; 0 for none.
  int32_t task, wants;
} il_counted_step;

/// A task holds a lock, after a step of it and until the end of another one; -1 for one that it does
/// not come to.
typedef struct {
  int32_t lock, from, until;
} il_counted_hold;

/// The steps that touch an object, in either of two ways or in both, depend on each other, but for
/// those that touch it in the same of the two.
typedef struct {
  int32_t object;
  bool is_first, is_second;
} il_counted_touch;

/// A run.
typedef struct {
  const il_counted_step *steps;
  const il_counted_touch *touches;
  const il_counted_hold *holds;
  int32_t step_count, touch_count, hold_count;
  /// How many chains and how many objects there are.
  int32_t chain_count, object_count;
} il_counted_run;

/// How likely a walk comes to the steps of a run in one of these orders: the part, divided as often
/// by 2 to the power of 512.
typedef struct {
  double part;
  int32_t scale;
} il_odds;

/// The same for two walks.
typedef struct {
  /// One that draws among all steps that could run.
  il_odds uniform;
  /// One that draws among their codes first, and then among the steps there.
  il_odds by_place;
} il_odds_of_walks;

/// What is counted in, kept from run to run; all of it 0 at first.
typedef struct {
  void *bytes;
  size_t size;
  // By which states are found; empty between runs.
  int32_t *table;
} il_odds_memory;

/// - Returns: Parts of 0 where that takes too long to tell, or where something else decides what can
///   run.
il_odds_of_walks il_odds_of_run(il_counted_run run, il_odds_memory *memory);

/// Gives the memory back.
void il_odds_forget(il_odds_memory *memory);

#endif
