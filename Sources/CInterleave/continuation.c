// Continuations that nobody holds any more.
//
// A checked continuation is an object. Where its last reference goes before
// anybody has resumed it, the runtime writes a line and leaves the task
// suspended for ever. During a step that line is caught, and the session told
// which task it is about.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "internal.h"

#include <string.h>

IL_UNINSTRUMENTED_BEGIN

// What a checked continuation refers to, as its deinitializer sees it.
typedef struct {
  void *type;
  size_t references;
  void *task;
} checked_continuation;

// The task of a session to which the object belongs, if it is such an object.
// Tasks that were abandoned belong to no session any more.
static il_task *task_of(const void *candidate) {
  checked_continuation seen;
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

IL_UNINSTRUMENTED_END
