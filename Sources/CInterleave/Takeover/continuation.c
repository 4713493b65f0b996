// Continuations that nobody holds any more, and those that are resumed twice.
//
// A checked continuation is an object. Where its last reference goes before
// anybody has resumed it, the runtime writes a line and leaves the task
// suspended for ever. During a step that line is caught, and the session told
// which task it is about.
//
// An unsafe one is the task itself: nothing keeps it from being resumed again,
// and its task from being queued twice, or where it waits for something else.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "takeover.h"
#include "../Containment/containment.h"
#include "../Carriers/carriers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

IL_UNINSTRUMENTED_BEGIN

// The task of a session to which the object belongs, if it is such an object.
// Tasks that were abandoned belong to no session any more.
static il_task *task_of(const void *candidate) {
  il_checked_continuation seen;
  il_job job;
  il_task task;
  if ((uintptr_t)candidate % 8 || !il_read_memory(candidate, &seen, sizeof seen) ||
      !il_is_concurrency_code(seen.type) || !il_read_memory(seen.task, &job, sizeof job) ||
      !il_read_memory(job.reserved, &task, sizeof task) || !task.alive || task.job != seen.task)
    return NULL;
  return job.reserved;
}

// The deinitializer keeps the object in a register that a callee must save, so
// it is in one of the frames between here and there.
__attribute__((noinline)) static il_task *whose_continuation_went(void) {
  enum { WORDS = 128 };
  __builtin_unwind_init();
  const void *words[WORDS];
  const char *from = (const char *)__builtin_frame_address(0) - 8 * sizeof(void *);
  if (!il_read_memory(from, words, sizeof words)) return NULL;
  for (int i = 0; i < WORDS; i++) {
    il_task *task = task_of(words[i]);
    if (task) return task;
  }
  return NULL;
}

static bool is_leak(const char *message) {
  return strstr(message, "SWIFT TASK CONTINUATION MISUSE") &&
         strstr(message, "leaked its continuation");
}

void swift_reportError(uint32_t flags, const char *message) {
  static void (*original)(uint32_t, const char *);
  if (atomic_load(&il_live_sessions) && is_leak(message)) {
    il_session *s = il_current;
    il_task *task = whose_continuation_went();
    if (s && (!task || task->session == s)) {
      IL_TELL(s, continuation_leaked, task);
      return;
    }
    // Of a task that was given up, nobody wants to know.
    if (task && !task->session) return;
  }
  if (UNLIKELY(!original))
    original = (void (*)(uint32_t, const char *))il_next_symbol("swift_reportError");
  original(flags, message);
}

// MARK: - Resumed twice

// What became of the last continuation of a task.
enum { NOT_KNOWN = 0, ARMED = 1, RESUMED = 2 };

static il_task *record_of(void *job) {
  if (LIKELY(!il_current) &&
      LIKELY(!atomic_load_explicit(&il_live_sessions, memory_order_relaxed))) return NULL;
  return job ? il_record(job) : NULL;
}

typedef SWIFT_CC void *(*init_function)(void *context, size_t flags);

SWIFT_CC void *swift_continuation_init(void *context, size_t flags) {
  static init_function original;
  if (UNLIKELY(!original)) original = (init_function)il_next_symbol("swift_continuation_init");
  void *job = original(context, flags);
  il_task *task = record_of(job);
  if (task) __atomic_store_n(&task->continuation, ARMED, __ATOMIC_RELEASE);
  return job;
}

bool il_note_resumed(il_task *task) {
  return __atomic_exchange_n(&task->continuation, RESUMED, __ATOMIC_ACQ_REL) == RESUMED;
}

void il_note_ready(il_session *s, il_task *task) {
  // What the runtime's own code armed was not seen: it waits for checked continuations, in code
  // that is not optimized.
  bool is_armed = UNLIKELY(task->continuation == ARMED);
  if (is_armed) task->continuation = RESUMED;
  if (!s || LIKELY(!s->notes_resumers)) return;
  bool is_checked = s->resuming == task;
  s->resuming = NULL;
  if (is_armed || is_checked) il_note_resumer(s, task);
}

// Returns where its task must not be resumed.
static bool is_resumed_again(void *job, void *site) {
  il_session *s = il_current;
  if (s) {
    void *fiber = UNLIKELY(s->fiber != NULL) ? il_fiber_go_home(s, IL_FRAME) : NULL;
    int index = s->callbacks.resumed(s->context, job);
    if (UNLIKELY(fiber != NULL)) il_fiber_go_back(s, fiber, IL_FRAME);
    if (index < 0) {
      il_task *task = il_record(job);
      if (UNLIKELY(s->notes_resumers) && task && task->session == s) il_note_resumer(s, task);
      return false;
    }
    if (il_is_contained()) il_stop_step(IL_STOP_RESUMED_TWICE, index, site);
    static const char text[] = "Fatal error: an unsafe continuation was resumed more than once\n";
    il_write_all(STDERR_FILENO, text, sizeof text - 1);
    abort();
  }
  // A thread of the program's own goes on, without what it did wrong.
  il_task *task = record_of(job);
  if (!task || !task->session || !il_note_resumed(task)) return false;
  il_post(task, (il_ready){.task = task, .resume = site, .arrival = IL_ARRIVAL_RESUMED_TWICE});
  return true;
}

typedef SWIFT_CC void (*resume_continuation)(void *job);

#define RESUME(name)                                                              \
  SWIFT_CC void name(void *job) {                                                 \
    void *caller = IL_CALLER();                                                   \
    static resume_continuation original;                                          \
    if (UNLIKELY(!original)) original = (resume_continuation)il_next_symbol(#name); \
    il_reach_resuming(job, caller);                                                           \
    if ((record_of(job) || il_current) && is_resumed_again(job, caller)) return;  \
    original(job);                                                                \
  }

RESUME(swift_continuation_resume)
RESUME(swift_continuation_throwingResume)

typedef SWIFT_CC void (*resume_throwing)(void *job, void *error);

SWIFT_CC void swift_continuation_throwingResumeWithError(void *job, void *error) {
  void *caller = IL_CALLER();
  static resume_throwing original;
  if (UNLIKELY(!original))
    original = (resume_throwing)il_next_symbol("swift_continuation_throwingResumeWithError");
  il_reach_resuming(job, caller);
  if ((record_of(job) || il_current) && is_resumed_again(job, caller)) return;
  original(job, error);
}

IL_UNINSTRUMENTED_END
