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

// What a checked continuation refers to, as its deinitializer sees it.
typedef struct {
  void *type;
  size_t references;
  void *task;
} checked_continuation;

static il_task *task_of(il_session *s, const void *candidate) {
  checked_continuation seen;
  if ((uintptr_t)candidate % 8 || !il_read_memory(candidate, &seen, sizeof seen)) return NULL;
  for (size_t i = 0; i < s->task_count; i++) {
    if (s->tasks[i]->alive && s->tasks[i]->job == seen.task)
      return il_is_concurrency_code(seen.type) ? s->tasks[i] : NULL;
  }
  return NULL;
}

// The deinitializer keeps the object in a register that a callee must save, so
// it is in one of the frames between here and there.
__attribute__((noinline)) static il_task *whose_continuation_went(il_session *s) {
  enum { FRAMES = 128 };
  __builtin_unwind_init();
  const void *here = __builtin_frame_address(0);
  const void *words[FRAMES];
  const char *from = (const char *)here - 8 * sizeof(void *);
  if (!il_read_memory(from, words, sizeof words)) return NULL;
  for (int i = 0; i < FRAMES; i++) {
    il_task *task = task_of(s, words[i]);
    if (task) return task;
  }
  return NULL;
}

void swift_reportError(uint32_t flags, const char *message) {
  static void (*original)(uint32_t, const char *);
  il_session *s = il_current;
  if (s && strstr(message, "SWIFT TASK CONTINUATION MISUSE") &&
      strstr(message, "leaked its continuation")) {
    s->callbacks.continuation_leaked(s->context, whose_continuation_went(s));
    return;
  }
  if (UNLIKELY(!original))
    original = (void (*)(uint32_t, const char *))il_next_symbol("swift_reportError");
  original(flags, message);
}
