// Takeover: jobs and tasks of the runtime, in and out of a session. It stands on all other rooms, and
// offers nothing to them.

#ifndef CINTERLEAVE_TAKEOVER_H
#define CINTERLEAVE_TAKEOVER_H

#include "../Ground/ground.h"

IL_UNINSTRUMENTED_BEGIN

/// Hands a job to the session of this thread. False: it belongs to nobody here.
bool il_deliver(il_session *session, void *job, il_place place, void *executor,
                int64_t deadline);
/// Hands a job of a session to it from a thread that it does not own. False: it
/// is no session's job.
bool il_deliver_foreign(void *job, il_place place, void *executor);
/// Makes the session know a task that has just been made.
il_task *il_adopt(il_session *session, void *job, void *site, void *entry, bool child);
void il_free_record(il_session *session, il_task *task);
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
/// An executor that is asked to run a job hands something to a queue. True: it is done by others.
bool il_take_block(void *queue, const void *block);
bool il_take_work(void *queue, void *context, void (*work)(void *));
/// Takes tasks out of the actors' own queues that the step put them into.
void il_drain_actors(il_session *session);
/// What a task's closure returns to, in the runtime's stead.
void *il_end_of_task(void);
/// Binds the shared task-locals of the running task in a detached one.
void il_give_locals(il_task *task);
/// Gives up what a task that never started was to bind.
void il_drop_locals(il_task *task);

IL_UNINSTRUMENTED_END

#endif
