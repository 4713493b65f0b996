// Dispatch queues of a run: who is on them, and whose turn it is.
//
// What the steps of a run hand to a queue waits with the machine, in the order in which it came. A
// serial queue, and all that target it, gives one turn at a time; a concurrent one gives as many as
// come, but for those who want it to themselves. Whoever has a turn is really on the queue.

#ifndef CINTERLEAVE_QUEUES_H
#define CINTERLEAVE_QUEUES_H

#include "../Ground/ground.h"

IL_UNINSTRUMENTED_BEGIN

// What a run knows of a queue.
typedef struct il_lane {
  // Kept alive until the run is over.
  void *queue;
  // That of the queue by which it is decided whose turn it is: its own, or that of the last serial
  // one among its targets.
  struct il_lane *order;
  // One turn at a time; it is a queue of the system's, which no turn has to itself.
  bool is_serial, is_root;
  // How often it was suspended; how many turns were given that are not over, and that the last was
  // for one alone.
  unsigned suspensions, turns;
  bool is_closed;
  // How many blocks of each kind it was handed.
  unsigned blocks[IL_BLOCK_KINDS];
  // Who waits for a turn.
  struct il_turn *first, *last;
  struct il_lane *next;
} il_lane;

// Somebody who waits for a turn, or has one.
typedef struct il_turn {
  il_lane *lane;
  struct il_turn *next;
  // Nobody else may have one meanwhile.
  bool is_alone, is_given;
  // Tells that it is given, if somebody is to be told.
  void (*given)(il_session *session, struct il_turn *turn);
} il_turn;

// A call on a queue by the running step, or one of those that it was made in.
typedef struct il_queue_frame il_queue_frame;

// What queues are can be told in this process.
bool il_lanes_are_known(void);
// Several blocks may be on it at once, as far as that is known.
bool il_is_concurrent_queue(void *queue);
// NULL: it cannot.
il_lane *il_lane_of(il_session *session, void *queue);
bool il_lane_is_main(const il_lane *lane);
// The running step is on the queue, and nobody else can be.
bool il_is_alone_on(const il_session *session, const il_lane *lane);
// It is on it, or on one whose blocks run where that one's do.
bool il_is_on_queue(const il_session *session, const void *queue);
// It is within a call on a queue that is not the main one's.
bool il_is_off_main(const il_session *session);
void il_turn_ask(il_session *session, il_turn *turn);
// Its turn has come, and returns once it has.
void il_turn_come(il_turn *turn);
void il_turn_await(il_session *session, il_turn *turn, const void *site);
void il_turn_end(il_session *session, il_turn *turn);
// Lets those begin whose turn it is.
void il_lane_go_on(il_session *session, il_lane *lane);
// The queue is suspended so often, as the running step has made it.
void il_lane_suspend(const void *queue, unsigned count);
unsigned il_suspensions_of(void *queue);
// A queue is suspended once more, or once less: how often it is then; -1 for one that was not.
void il_count_suspension(void *object);
int il_uncount_suspension(void *object);
// A queue that had not been active is.
void il_note_activated(void *object);
void il_lanes_forget(il_session *session);

// Does something on a queue, as the running step.
void il_do_on_queue(il_session *session, const il_lane *lane, bool is_alone, void *context,
                    void (*work)(void *), const void *site);
// The run is over, and the carrier that runs is on queues: it leaves them, and never goes on.
void il_leave_queues(il_carriers *carriers);

IL_UNINSTRUMENTED_END

#endif
