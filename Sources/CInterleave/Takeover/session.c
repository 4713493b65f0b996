// Sessions: runs and their steps.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "blocks.h"
#include "../Watching/watching.h"
#include "../Containment/containment.h"
#include "../Environment/environment.h"
#include "../Carriers/carriers.h"

#include <stdlib.h>

IL_UNINSTRUMENTED_BEGIN

il_session *il_session_create(const il_callbacks *callbacks) {
  il_session *s = calloc(1, sizeof *s);
  s->callbacks = *callbacks;
  s->serial = &s->own_serial;
  il_make_signal(s);
  atomic_fetch_add(&il_live_sessions, 1);
  return s;
}

static void forget_queues(il_session *s) {
  s->queue_frame = NULL;
#if defined(IL_HAS_CARRIERS)
  il_groups_forget(s);
  il_timers_forget(s);
  il_operations_forget(s);
  il_lanes_forget(s);
  il_threads_forget(s);
#endif
}

void il_session_destroy(il_session *s) {
  // Tasks that were abandoned keep their records: whatever resumes them later
  // must find out that nobody waits for them. So `il_live_sessions` counts the
  // sessions that ever left one behind, too.
  bool abandoned = false;
  for (size_t i = 0; i < s->task_count; i++) {
    if (s->tasks[i]->alive) {
      abandoned = true;
      continue;
    }
    il_siblings_free(s->tasks[i]);
    free(s->tasks[i]);
  }
  if (!abandoned) atomic_fetch_sub(&il_live_sessions, 1);
  free(s->printed);
  free(s->awaits);
  il_fibers_end(s);
  forget_queues(s);
  il_carriers_drop(s);
  il_errands_drop(s);
  pthread_cond_destroy(&s->foreign_signal);
  free(s->tasks);
  free(s);
}

void il_session_note_unseen(il_session *s, bool notes) {
  s->notes_unseen = s->heeds_entries = notes;
}

void il_session_leave_natives(il_session *s, bool leaves) { s->leaves_natives = leaves; }

void il_session_begin(il_session *s, uint64_t seed) {
  s->running = true;
  s->now = 0;
  s->clock_reads = 0;
  s->unseen = (il_unseen){0};
  s->heeds_entries = s->notes_unseen;
  s->has_read_clock = s->has_slept = false;
  il_watch_renew();
  il_errands_drop(s);
  s->own_count = s->task_executor_count = s->channel_count = 0;
  s->is_void = false;
  forget_queues(s);
  s->has_escaped = false;
  atomic_store(&s->has_let_go, false);
  s->resumer_count = 0;
  il_guard_begin_run(s);
  il_fibers_begin(s);
  il_random_seed(s, seed);
}

void il_session_end(il_session *s) {
  s->running = false;
  il_fibers_end(s);
  il_errands_drop(s);
  forget_queues(s);
  il_ready ready;
  size_t kept = 0;
  pthread_mutex_lock(&il_inbox_lock);
  for (size_t i = 0; i < s->task_count; i++) {
    il_task *task = s->tasks[i];
    if (task->alive && !task->simple) {
      task->session = NULL;  // From now on nobody's, and never freed.
    } else {
      if (task->alive) il_free_record(s, task);
      s->tasks[kept++] = task;
    }
  }
  pthread_mutex_unlock(&il_inbox_lock);
  if (kept != s->task_count) atomic_fetch_add(&il_live_sessions, 1);
  s->task_count = kept;
  // What is left in the inbox belongs to tasks that were abandoned just now.
  il_origin origin;
  while (il_take_foreign(s, &ready, &origin)) {}
}

il_session *il_enter(il_session *s) {
  il_session *previous = il_current;
  s->executor = NULL;
  s->step_task = NULL;
  if (!previous) {
    il_step_edge(s);
    s->step_frame = __builtin_frame_address(0);
  }
  il_races_ignore();
  il_current = s;
  return previous;
}

void il_leave(il_session *previous) {
  if (!previous && il_current) il_step_edge(il_current);
  il_current = previous;
  il_races_heed();
}

il_session *il_current_session(void) { return il_current; }
void il_session_set_context(il_session *s, void *context) { s->context = context; }
void *il_session_context(il_session *s) { return s->context; }

// Runs a step that is no job of an executor of ours.
static bool run_elsewhere(il_session *s, il_ready ready) {
  if (ready.task->block_number != 0) return il_run_block(s, &ready);
  if (ready.is_native && ready.place == IL_PLACE_SERIAL) il_let_go(s, &ready);
  else il_hand_over(s, &ready);
  return true;
}

void il_run_step(il_session *s, const il_ready *ready) {
  // What is ready may lie where other jobs come to lie during the step.
  il_task *task = ready->task;
  s->executor = ready->place == IL_PLACE_TASK_EXECUTOR ? NULL : ready->executor;
  s->step_task = task;
  s->step_resume = ready->resume;
  s->clock_reads = 0;
  if (UNLIKELY(s->carriers != NULL)) il_carriers_begin_step(s->carriers);
  if (UNLIKELY(s->awaits != NULL)) il_awaits_begin_step(s->awaits, task);
  if (UNLIKELY(task->groups != NULL)) il_siblings_begin_step(task);
  bool simple = task->simple, is_over = true;
  il_step_edge(s);
  s->step_frame = __builtin_frame_address(0);
  il_current = s;
  if (UNLIKELY(s->cradle != NULL)) il_fiber_enter(s, ready);
  if (UNLIKELY(task->block_number != 0)) is_over = run_elsewhere(s, *ready);
  else switch (ready->place) {
  case IL_PLACE_QUEUE: break;
  case IL_PLACE_SERIAL:
    if (UNLIKELY(ready->is_native || ready->witness) && !simple) run_elsewhere(s, *ready);
    else il_runtime.run_job_on(ready->job, ready->executor, il_serial_witness, NULL, 0);
    break;
  case IL_PLACE_MAIN: {
    il_executor executor = il_runtime.main_executor();
    il_runtime.run_job_on(ready->job, executor.identity, executor.witness, NULL, 0);
    break;
  }
  case IL_PLACE_TASK_EXECUTOR:
    if (!simple && il_task_executor_witness(s, ready->executor)) run_elsewhere(s, *ready);
    else il_runtime.run_job_on(ready->job, NULL, 0, ready->executor, il_task_witness);
    break;
  case IL_PLACE_GLOBAL:
    if (UNLIKELY(task->handler != NULL)) {
      void (*handler)(void *) = task->handler;
      task->handler = NULL;
      handler(task->handler_context);
      break;
    }
    il_runtime.run_job_on(ready->job, NULL, 0, NULL, 0);
    break;
  }
  // In a copy that the program made of its process, nobody waits for what comes next.
  if (UNLIKELY(il_current != s)) il_leave_process(0);
  if (UNLIKELY(s->drain_count)) il_drain_actors(s);
  if (UNLIKELY(s->fiber != NULL)) il_fiber_leave(s);
  if (UNLIKELY(s->carriers != NULL)) il_carriers_end_step(s->carriers);
  il_current = NULL;
  il_step_edge(s);
  if (s->ended) {
    il_free_record(s, s->ended);
    s->ended = NULL;
  }
  if (UNLIKELY(simple) && LIKELY(is_over)) {
    IL_TELL(s, ended, task, NULL);
    il_free_record(s, task);
  }
}

void il_guard_bury(il_guard *g) {
  il_session *s = il_guard_end(g);
  if (!s) return;
  il_carriers_drop(s);
  s->serial = &s->own_serial;
  s->creating = s->immediate = s->initializing = s->drain_count = 0;
  s->tells = false;
  s->timer_source = NULL;
  s->ended = NULL;
  s->queue_frame = NULL;
  s->cancelled = s->step_task = NULL;
  s->executor = s->bounce_target = s->creation_group = NULL;
}

void *il_main_executor(void) { return il_main; }

IL_UNINSTRUMENTED_END
