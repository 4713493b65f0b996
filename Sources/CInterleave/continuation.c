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

// What a checked continuation refers to: the object that sees itself go.
typedef struct {
  void *object[2];
  void *task;  // NULL from the moment somebody resumes it.
} checked_continuation;

typedef SWIFT_CC void *(*init_function)(void *context, size_t flags);

SWIFT_CC void *swift_continuation_init(void *context, size_t flags) {
  static init_function original;
  if (UNLIKELY(!original)) original = (init_function)il_next_symbol("swift_continuation_init");
  void *job = original(context, flags);
  if (il_current && job && il_record(job)) il_record(job)->checked = NULL;
  return job;
}

// CheckedContinuation.init(continuation:function:)
#define CHECKED_INIT "$sScC12continuation8functionScCyxq_GSccyxq_G_SStcfC"
typedef SWIFT_CC void (*checked_function)(
    __attribute__((swift_indirect_result)) checked_continuation **result, void *continuation,
    uint64_t function0, void *function1, const void *value, const void *error,
    const void *is_error);

SWIFT_CC void il_checked_init(
    __attribute__((swift_indirect_result)) checked_continuation **result, void *continuation,
    uint64_t function0, void *function1, const void *value, const void *error,
    const void *is_error) __asm__(CHECKED_INIT);

SWIFT_CC void il_checked_init(
    __attribute__((swift_indirect_result)) checked_continuation **result, void *continuation,
    uint64_t function0, void *function1, const void *value, const void *error,
    const void *is_error) {
  static checked_function original;
  if (UNLIKELY(!original)) original = (checked_function)il_next_symbol(CHECKED_INIT);
  original(result, continuation, function0, function1, value, error, is_error);
  if (il_current && continuation && il_record(continuation))
    il_record(continuation)->checked = *result;
}

static il_task *whose_continuation_went(il_session *s) {
  for (size_t i = 0; i < s->task_count; i++) {
    il_task *task = s->tasks[i];
    checked_continuation seen;
    void *object;
    if (task->alive && task->checked && il_task_wait(task, &object) == IL_WAIT_CONTINUATION &&
        il_read_memory(task->checked, &seen, sizeof seen) && !seen.task) {
      task->checked = NULL;
      return task;
    }
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
