// What is known of a session, its run and the step that is running.

#ifndef CINTERLEAVE_SESSION_H
#define CINTERLEAVE_SESSION_H

#include "runtime.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

IL_UNINSTRUMENTED_BEGIN

typedef struct il_errand il_errand;

typedef struct il_foreign_node {
  il_ready ready;
  il_origin origin;
  struct il_foreign_node *next;
} il_foreign_node;

// What a run has somebody else do for it. Guarded by `il_inbox_lock`.
typedef enum {
  IL_ERRAND_WORK,
  IL_ERRAND_THREAD,
  // A timer, or something else that libdispatch waits for; it may go on for ever.
  IL_ERRAND_SOURCE,
  // What is over, as far as is known, when a foreign thread lets a task go on.
  IL_ERRAND_REQUEST,
} il_errand_kind;

typedef struct il_errand {
  // NULL when the run is over.
  il_session *session;
  struct il_errand *previous, *next;
  uintptr_t site;
  // The virtual time at which it is to be done, and the real one.
  int64_t due, real_due;
  // What it belongs to, if it is known by that.
  void *object;
  il_errand_kind kind;
  // Somebody will end it; what nobody does goes with its run.
  bool is_owned;
  bool has_begun;
  // It is as good as new when it has been done.
  bool goes_on;
  // Who does it is left alone on purpose.
  bool is_native;
} il_errand;

enum {
  IL_TASK_EXECUTORS = 32,
  IL_OWN = 64,
  IL_FIBERS = 128,
  IL_RACES = 8,
  IL_RESUMERS = 64,
  IL_RESUMER_CALLS = 8,
};

// Who let a task go on.
typedef struct {
  uint32_t task;
  size_t call_count;
  uintptr_t calls[IL_RESUMER_CALLS];
} il_resumer;

// Which checked continuation was resumed, and of which task it was.
typedef struct {
  const void *continuation;
  uint32_t task;
} il_checked;

// A pipe or a pair of sockets that the run made, by what the system knows its ends by.
enum { IL_CHANNELS = 64 };
typedef struct {
  uint64_t device, inodes[2];
  // Where others note that they write to it.
  unsigned places[2];
} il_channel;

struct il_session {
  // The run's own time, and how much of what foreign threads made ready is to be taken: where
  // `il_now` and `il_has_foreign` look for them.
  int64_t now;
  atomic_uint foreign_count;
  il_callbacks callbacks;
  void *context;
  // Some things are left alone on purpose.
  bool leaves_natives;
  // For tests: hops to default actors are left to the runtime.
  bool leaves_hops;
  // The step that is running: its executor, and its task.
  void *executor;
  il_task *step_task;
  // The task that is being cancelled: what its handlers make is its own.
  il_task *cancelled;
  // The machine is being told something: no step comes to wait, or is interrupted, in there.
  bool tells;
  // The frame that called the step: what lies above it is the program's.
  void *step_frame;
  // The task that ended last in the running step.
  il_task *ended;
  // The last executor seen that is a user's own, and no default actor; and what it is to the
  // runtime.
  void *custom_executor;
  uintptr_t custom_witness;
  // One whose thread is missing in this process.
  void *absentee;
  // The program's task executors that the run has seen, by what they are to the runtime; the last so
  // many of them.
  struct {
    void *identity;
    uintptr_t witness;
  } task_executors[IL_TASK_EXECUTORS];
  size_t task_executor_count;
  // The actor whose own queue a task is being taken out of.
  void *bounce_target;
  // Drain jobs of default actors that the running step brought about.
  void *drains[8];
  unsigned drain_count;
  // Depth of calls that make a task, and where the outermost was made.
  unsigned creating;
  // Depth of calls that start a task at once, within the running step.
  unsigned immediate;
  bool creating_child;
  void *creation_site;
  void *creation_caller;
  void *creation_entry;
  void *creation_group;
  void *creation_let;
  // The first that the run did by which steps may share something unseen, if that is noted.
  il_unseen unseen;
  bool notes_unseen;
  // What is told by code that is watched: that a function is entered, while nothing unseen was
  // noted; that a step comes to an atomic instruction.
  bool heeds_entries, heeds_atomics;
  // What steps print, if that is kept: so many bytes, of which the first have room.
  char *printed;
  size_t printed_count;
  // Depth of initializations of globals.
  unsigned initializing;
  // A libdispatch timer that the runtime is setting up.
  void *timer_source;
  void *timer_context;
  uint64_t timer_when;
  void (*timer_handler)(void *);
  // The run's own randomness, and what is known of its time.
  unsigned clock_reads;
  // Steps asked for the time, and let some pass.
  bool has_read_clock, has_slept;
  uint64_t random[4];
  il_task *free_tasks;
  il_task **tasks;
  size_t task_count, task_capacity;
  // What foreign threads made ready; `il_inbox_lock` guards it.
  pthread_cond_t foreign_signal;
  il_foreign_node *foreign_head, *foreign_tail;
  // What others do for the run, how often that has changed, and the virtual time that
  // they have come to.
  il_errand *errands;
  unsigned errand_changes;
  // How often they have opened what somebody may wait for, and that a step has waited long for
  // that in vain.
  atomic_uint openings_by_others;
  bool serves_in_vain;
  int64_t reached;
  // Where the running step went on.
  void *step_resume;
  bool running;
  // Odd while a step runs; the guard's, where there is one.
  atomic_uint *serial;
  atomic_uint own_serial;
  // What the run made that threads can wait for, and whether others may know it.
  void *own[IL_OWN];
  size_t own_count;
  bool has_escaped;
  // The run has left a task to a thread of somebody else's.
  atomic_bool has_let_go;
  // The pipes and pairs of sockets that the run made, and that a step of any run has waited for
  // others at a file in vain.
  il_channel channels[IL_CHANNELS];
  size_t channel_count;
  bool waits_for_files_in_vain;
  // The same for all runs: what they left behind may still go on.
  bool has_ever_escaped;
  // Under the thread sanitizer: the fibers of the run's tasks, in the order in which they were
  // first needed; where they are made; and which one runs, for whom, before it is left.
  void *fibers[IL_FIBERS];
  size_t fiber_count, fibers_used;
  void *cradle, *home, *fiber, *fiber_executor;
  il_race races[IL_RACES];
  size_t race_count;
  // Where the running step calls a function of the library that touches something.
  const void *touch_site;
  // It is noted who resumes continuations.
  bool notes_resumers;
  // At which places tasks are suspended, and at which not; NULL where that is not noted.
  struct il_awaits *awaits;
  // A thread that runs no step has crashed; `il_inbox_lock` guards it.
  bool has_crash_elsewhere;
  size_t resumer_count;
  il_resumer resumers[IL_RESUMERS];
  size_t checked_count;
  il_checked checked[IL_RESUMERS];
  // The task whose checked continuation is about to be resumed.
  const il_task *resuming;
  // Of one that was resumed before: one more than its task; 0 where that is not known.
  uint32_t resumed_before;
  // What the run knows of dispatch queues, and the innermost call on one that the running step is
  // in.
  struct il_lane *lanes;
  struct il_queue_frame *queue_frame;
  // The threads that the run has made, and how many.
  struct il_thread *threads;
  unsigned thread_count;
  // It turned out that one of them has to be the system's.
  bool is_void;
  // Where operations were added that have not begun.
  struct il_added_operation *operations;
  // Of the block for which a task is being made; 0 for none.
  unsigned block_number;
  il_block_kind block_kind;
  // On what the steps of the run can be interrupted inside; NULL where they cannot. And the
  // same between runs.
  il_carriers *carriers, *idle_carriers;
};

_Static_assert(offsetof(il_session, now) == 0 && offsetof(il_session, foreign_count) == 8,
               "a session begins with its time");

// How many handlers of its cancellation the running step's task has.
static inline unsigned il_handlers(const il_session *s) {
  const il_task *task = s->step_task;
  if (!task || task->simple || !task->alive) return 0;
  unsigned count = 0;
  const char *list = (const char *)task->job + IL_TASK_STATUS + sizeof(uint64_t);
  for (const il_status_record *record = *(const il_status_record *const *)list; record;
       record = record->next)
    count += (uint8_t)record->flags == IL_RECORD_HANDLES_CANCELLATION;
  return count;
}

// On what a step was that is interrupted; nothing without the thread sanitizer.
typedef struct {
  void *fiber, *executor;
} il_paused_fiber;

// Surround what is the machine's doing; what that looks at on the stack lies below the frame.
void *il_fiber_go_home(il_session *session, const void *frame);
void il_fiber_go_back(il_session *session, void *fiber, const void *frame);

#define IL_FRAME __builtin_frame_address(0)

// Tells the machine something during a step. What it does then is not the task's doing.
#define IL_TELL(session, callback, ...)                                                \
  do {                                                                                 \
    il_session *told = (session);                                                      \
    void *fiber = UNLIKELY(told->fiber != NULL) ? il_fiber_go_home(told, IL_FRAME) : NULL; \
    bool tells = told->tells;                                                          \
    told->tells = true;                                                                \
    told->callbacks.callback(told->context, __VA_ARGS__);                              \
    told->tells = tells;                                                               \
    if (UNLIKELY(fiber != NULL)) il_fiber_go_back(told, fiber, IL_FRAME);              \
  } while (0)

// A step begins, or ends.
static inline void il_step_edge(il_session *s) {
  atomic_store_explicit(
      s->serial, atomic_load_explicit(s->serial, memory_order_relaxed) + 1,
      memory_order_release);
}

extern __thread il_session *il_current;
extern atomic_uint il_live_sessions;
// Guards the inboxes of all sessions, and which session a task belongs to.
extern pthread_mutex_t il_inbox_lock;

IL_UNINSTRUMENTED_END

#endif
