// Awaits at which a task goes on without having been suspended, noted where that is asked for.
//
// A function that is back from one that it awaited changes to its own executor again. Where it is
// on that already, and nothing was heard of the task since the function itself was heard of last,
// nothing could come between. What it called can be told by where frames were made meanwhile.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "takeover.h"

#include <stdlib.h>
#include <string.h>

IL_UNINSTRUMENTED_BEGIN

enum { SITES = 256, MOST_SITES = SITES * 3 / 4 };

struct il_awaits {
  // Of the task that runs: the frame of the function that was heard of last, and where frames
  // were made since then.
  const il_task *task;
  const void *frame;
  size_t call_count;
  uintptr_t calls[IL_AWAIT_CALLS];
  size_t count, changes;
  il_await_site sites[SITES];
};

void il_session_note_awaits(il_session *s, bool notes) {
  if (notes == (s->awaits != NULL)) return;
  if (!notes) {
    free(s->awaits);
    s->awaits = NULL;
    return;
  }
  s->awaits = calloc(1, sizeof *s->awaits);
}

size_t il_session_awaits(const il_session *s, il_await_site *awaits, size_t capacity) {
  if (!s->awaits) return 0;
  size_t count = 0;
  for (size_t i = 0; i < SITES && count < capacity; i++)
    if (s->awaits->sites[i].resume) awaits[count++] = s->awaits->sites[i];
  return count;
}

size_t il_session_await_changes(const il_session *s) { return s->awaits ? s->awaits->changes : 0; }

// What is known of the place; NULL where there are too many to know.
static il_await_site *site(struct il_awaits *a, uintptr_t resume) {
  size_t place = (resume >> 4) * 0x9E3779B97F4A7C15u >> 32;
  for (;; place++) {
    il_await_site *found = &a->sites[place % SITES];
    if (found->resume == resume) return found;
    if (found->resume) continue;
    if (a->count == MOST_SITES) return NULL;
    a->count++;
    found->resume = resume;
    return found;
  }
}

static void hear(struct il_awaits *a, const il_task *task, const void *frame) {
  a->task = task;
  a->frame = frame;
  a->call_count = 0;
}

void il_awaits_begin_step(struct il_awaits *a, const il_task *task) {
  hear(a, task, task->simple ? NULL : ((const il_job *)task->job)->resume_context);
}

void il_awaits_change(il_session *s, const void *frame, const void *resume, bool stays) {
  struct il_awaits *a = s->awaits;
  const void *last = a->task == s->step_task ? a->frame : NULL;
  il_await_site *found = !stays || last ? site(a, (uintptr_t)resume) : NULL;
  if (found && stays && last == frame) {
    if (!found->passed) {
      found->passed = true;
      found->call_count = a->call_count;
      memcpy(found->calls, a->calls, sizeof a->calls);
      a->changes++;
    }
  } else if (found && !found->suspended) {
    found->suspended = true;
    if (found->passed) a->changes++;
  }
  hear(a, s->step_task, frame);
}

typedef SWIFT_CC void *(*alloc_function)(size_t size);

SWIFT_CC void *swift_task_alloc(size_t size);
SWIFT_CC void *swift_task_alloc(size_t size) {
  IL_REAL(swift_task_alloc, alloc_function);
  il_session *s = il_current;
  if (UNLIKELY(s && s->awaits != NULL)) {
    struct il_awaits *a = s->awaits;
    if (a->task == s->step_task && a->call_count < IL_AWAIT_CALLS)
      a->calls[a->call_count++] = (uintptr_t)__builtin_return_address(0);
  }
  return original(size);
}

IL_UNINSTRUMENTED_END
