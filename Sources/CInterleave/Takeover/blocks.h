// Blocks of a run on dispatch queues, to those that hand them over in ways of their own.

#ifndef CINTERLEAVE_BLOCKS_H
#define CINTERLEAVE_BLOCKS_H

#include "takeover.h"

#if defined(IL_HAS_CARRIERS)
IL_UNINSTRUMENTED_BEGIN

struct il_timer;

// A block of a run, and its job: as much like a job of the runtime's as a session needs.
typedef struct il_block_job {
  il_job job;
  il_turn turn;
  il_task *task;
  void *queue, *context;
  void (*work)(void *);
  // What is left when it is done, and who waits for that.
  void *group;
  il_turn *done;
  // It waits for nothing but its turn.
  bool is_due;
  // Whose handlers it runs, each time that these are due.
  struct il_timer *timer;
} il_block_job;

// What a block is to be, and for whom.
typedef struct {
  il_lane *lane;
  void *context;
  void (*work)(void *);
  // The function of the program that it calls, and where it was handed over.
  const void *code, *site;
  il_block_kind kind;
  // Its number among those of its kind; 0 for the next on its queue.
  unsigned number;
} il_block_making;

il_block_job *il_make_block(il_session *session, il_block_making making);
void il_free_block(il_block_job *block);
// It waits for its turn from here on, or until a moment of virtual time.
void il_block_waits(il_session *session, il_block_job *block);
void il_block_waits_until(il_session *session, il_block_job *block, int64_t moment, bool recurs);
// The function of the program that a block of the compiler's calls.
const void *il_code_of_block(const void *block);
// Where the program calls a function of libdispatch's by which something goes to a queue; NULL
// where the running step's session does not control that.
const void *il_controlled_call(il_session *session, void *caller, void **frame);

// MARK: Operations

// The running step hands a block over that does the work of a queue of operations.
bool il_is_of_operations(const void *caller, void **frame);
// Where the program added the operation whose block that is, or makes it go on; NULL where that is
// not known. What is known of the block is forgotten.
const void *il_call_for_operation(il_session *session, const void *block, const void *caller,
                                  void **frame);
void il_operations_forget(il_session *session);

// MARK: Timers

// Does what the step of a timer's is to do. True: it was the last.
bool il_run_timer(il_session *session, il_block_job *block, const void *site);
void il_timers_forget(il_session *session);

IL_UNINSTRUMENTED_END
#endif

#endif
