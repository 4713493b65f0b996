// Tasks of a session, from their birth to their end.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "takeover.h"
#include "../Carriers/carriers.h"

#include <stdlib.h>

IL_UNINSTRUMENTED_BEGIN

static SWIFT_ASYNC void task_returned(ASYNC_CONTEXT void *context, SELF_CONTEXT void *error);

static il_task *new_record(il_session *s) {
  il_task *task = s->free_tasks;
  if (LIKELY(task != NULL)) {
    s->free_tasks = task->next_free;
  } else {
    task = calloc(1, sizeof *task);
    if (s->task_count == s->task_capacity) {
      s->task_capacity = s->task_capacity ? 2 * s->task_capacity : 64;
      s->tasks = realloc(s->tasks, s->task_capacity * sizeof *s->tasks);
    }
    s->tasks[s->task_count++] = task;
  }
  task->session = s;
  task->alive = true;
  task->simple = false;
  task->saved_resume = NULL;
  task->handler = NULL;
  task->fiber = NULL;
  task->continuation = 0;
  task->group = NULL;
  task->siblings = NULL;
  task->block_number = 0;
  task->block_kind = IL_BLOCK_PLAIN;
  task->is_away = false;
  return task;
}

void il_free_record(il_session *s, il_task *task) {
  if (UNLIKELY(task->bindings != NULL)) il_drop_locals(task);
  if (UNLIKELY(task->siblings != NULL || task->groups != NULL)) il_siblings_leave(task);
  task->alive = false;
  task->job = NULL;
  task->next_free = s->free_tasks;
  s->free_tasks = task;
}

il_task *il_adopt(il_session *s, void *job, void *site, void *entry, bool child) {
  il_job *j = job;
  il_task *task = new_record(s);
  task->job = job;
  task->runtime_id = j->id;
  il_task *parent = s->step_task ? s->step_task : s->cancelled;
  if (il_job_kind(job) == IL_KIND_TASK) {
    j->reserved = task;
    task->group = s->creation_group;
    task->async_let = s->creation_let;
    if (task->group) il_siblings_add(parent, task);
    il_async_context *initial = j->resume_context;
    task->saved_parent_resume = initial->resume_parent;
    initial->resume_parent = (void *)task_returned;
  } else {
    task->simple = true;
    task->block_number = s->block_number;
    task->block_kind = s->block_kind;
  }
  IL_TELL(s, created, task, parent, site, s->creation_caller, entry, child);
  return task;
}

// Runs in place of what the runtime does when a task's closure has returned.
static SWIFT_ASYNC void task_returned(ASYNC_CONTEXT void *context, SELF_CONTEXT void *error) {
  void *job = il_swift_task_getCurrent();
  il_task *task = il_record(job);
  return_function resume = (return_function)task->saved_parent_resume;
  il_session *s = task->session;
  if (LIKELY(s != NULL && s == il_current)) {
#if defined(IL_HAS_CARRIERS)
    if (UNLIKELY(s->carriers != NULL)) il_reach_end(s, task);
#endif
    ((il_job *)job)->reserved = NULL;
    if (task->siblings) il_siblings_end(s, task);
    IL_TELL(s, ended, task, error);
    // What the task leaves behind may still make tasks, in its name: so its
    // record is used again only after the step.
    task->alive = false;
    if (UNLIKELY(s->ended != NULL)) il_free_record(s, s->ended);
    s->ended = task;
  } else {
    // The record stays with the session, which learns of the end from its inbox.
    if (s) atomic_store(&s->has_let_go, true);
    ((il_job *)job)->reserved = NULL;
    il_post(task, (il_ready){.task = task, .arrival = IL_ARRIVAL_FOREIGN});
  }
  MUSTTAIL return resume(context, error);
}

void *il_end_of_task(void) { return (void *)task_returned; }

bool il_is_cancelled(const il_task *task) { return il_runtime.is_cancelled(task->job); }

void il_cancel(il_session *s, il_task *task) {
  il_session *previous = il_enter(s);
  s->cancelled = task;
  il_runtime.cancel(task->job);
  s->cancelled = NULL;
  il_leave(previous);
}

il_task *il_current_task(void) {
  void *current = il_current ? il_swift_task_getCurrent() : NULL;
  return current ? il_record(current) : NULL;
}

IL_UNINSTRUMENTED_END
