// Takeover: jobs and tasks of the runtime, in and out of a session. It stands on all other rooms, and
// offers nothing to them.

#ifndef CINTERLEAVE_TAKEOVER_H
#define CINTERLEAVE_TAKEOVER_H

#include "../Ground/ground.h"
#include "../Carriers/carriers.h"

IL_UNINSTRUMENTED_BEGIN

/// A step of the task begins: it is heard of.
void il_awaits_begin_step(struct il_awaits *awaits, const il_task *task);
/// A function of the running task, known by its frame, changes to an executor, and goes on there
/// at `resume`; with `stays` it is on that already.
void il_awaits_change(il_session *session, const void *frame, const void *resume, bool stays);

/// Hands a job to the session of this thread. False: it belongs to nobody here.
bool il_deliver(il_session *session, void *job, il_place place, void *executor,
                int64_t deadline);
/// Hands a job of a session to it from a thread that it does not own. False: it
/// is no session's job.
bool il_deliver_foreign(void *job, il_place place, void *executor);
/// Makes the session know a task that has just been made.
il_task *il_adopt(il_session *session, void *job, void *site, void *entry, bool child);
void il_free_record(il_session *session, il_task *task);
/// A task makes a child in a group, which ends; a step of the parent begins.
void il_siblings_add(il_task *parent, il_task *child);
void il_siblings_end(il_session *session, il_task *child);
void il_siblings_begin_step(il_task *parent);
/// Nothing more is known of a task's siblings, nor of the children of its groups; and its record goes.
void il_siblings_leave(il_task *task);
void il_siblings_free(il_task *task);
/// Notes that a task goes on, whoever resumed its continuation: within the session, if it is
/// not NULL.
void il_note_ready(il_session *session, il_task *task);
/// Puts a message into the inbox of the task's session. If the task was
/// abandoned, nobody waits for it any more, and nothing happens.
void il_post(il_task *task, il_ready ready);
/// Makes what foreign threads wake the session with.
void il_make_signal(il_session *session);
SWIFT_ASYNC void swift_task_switch(ASYNC_CONTEXT void *context, resume_function resume,
                                   void *identity, uintptr_t witness);
/// Lets the executor of the program's own that a job waits for run it. Returns once it has.
void il_hand_over(il_session *session, const il_ready *ready);
/// The program's task executors: what one was to the runtime before it was given our witness; 0 for
/// one that is not known.
void il_note_task_executor(il_session *session, il_executor executor);
uintptr_t il_task_executor_witness(const il_session *session, const void *identity);
/// Lets an executor that the session leaves alone have a job: where its task goes on to another one,
/// it comes back.
void il_let_go(il_session *session, const il_ready *ready);
/// This thread runs such a job.
extern __thread bool il_thread_is_native;
/// An executor that is asked to run a job hands something to a queue. True: it is done by others.
bool il_take_block(void *queue, const void *block);
bool il_take_work(void *queue, void *context, void (*work)(void *));
// MARK: Blocks on queues

/// How something is handed to a queue.
typedef struct {
  /// It has the queue to itself.
  bool is_barrier;
  /// The group that it belongs to, and the one that it waits for; NULL for none.
  void *group, *awaited;
  /// The time of libdispatch's before which it does not begin; 0 for none.
  uint64_t when;
} il_submission;

/// The running step hands something to a queue. True: it is a task of the run; else the session
/// does not control it.
bool il_submit_block(void *queue, const void *block, il_submission how, void *caller,
                     void **frame);
bool il_submit_work(void *queue, void *context, void (*work)(void *), il_submission how,
                    void *caller, void **frame);
/// Does what a block's step is to do. False: that was not its last.
bool il_run_block(il_session *session, const il_ready *ready);
/// What a block waited for has come.
void il_go_on_with_block(il_session *session, il_task *task);
/// A block is to go on when the group is empty. True: it is.
bool il_await_group(il_session *session, void *group, il_task *task);
/// Somebody leaves a group: a step of the session, or, where that is NULL, somebody else.
void il_leave_group(void *group, il_session *session);
void il_groups_forget(il_session *session);
#if defined(IL_HAS_CARRIERS)
/// The running step waits for work that it hands to a queue, until that is done.
void il_submit_awaited(il_session *session, il_lane *lane, void *context, void (*work)(void *),
                       const void *site, il_turn *done);
#endif

// MARK: Threads

/// The running step makes a thread. True: it is a task of the run; else the session does not control
/// it.
bool il_make_thread(pthread_t *handle, const pthread_attr_t *attributes, void *(*start)(void *),
                    void *argument, void *caller);
/// Does what a thread is to do, from its beginning to its end.
void il_run_thread(il_session *session, const il_ready *ready);
#if defined(IL_HAS_CARRIERS)
/// Some threads of the run have not ended.
bool il_has_threads(const il_session *session);
/// One of these has to be the system's, but it cannot be told which: the running step never goes on,
/// and the run is void.
void il_leave_threads(il_session *session, const void *site);
void il_threads_forget(il_session *session);
#endif

/// Takes tasks out of the actors' own queues that the step put them into.
void il_drain_actors(il_session *session);
/// What a task's closure returns to, in the runtime's stead.
void *il_end_of_task(void);
/// Binds the shared task-locals of the running task in a detached one.
void il_give_locals(il_task *task);
/// The running task's shared task-locals, bound where no task runs.
typedef struct {
  void **place, *task;
  int count;
} il_loan;
/// Has it for a moment that no task runs, but the shared task-locals are bound: a task that is made
/// copies those. False: there are none, or it cannot be had.
bool il_lend_locals(il_loan *loan);
void il_take_back_locals(const il_loan *loan);
/// Gives up what a task that never started was to bind.
void il_drop_locals(il_task *task);

IL_UNINSTRUMENTED_END

#endif
