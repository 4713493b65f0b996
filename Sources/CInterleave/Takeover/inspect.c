// What a suspended task waits for, and where its callers go on: read from the
// runtime's own memory, which may be in any state, so never without a check.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "takeover.h"

#include <dlfcn.h>
#include <string.h>

IL_UNINSTRUMENTED_BEGIN

const void *il_task_resume(const il_task *task) {
  return task->alive && task->job ? ((const il_job *)task->job)->resume : NULL;
}

// MARK: - A new task's job

const char *il_check_job(const void *address) {
  static SWIFT_CC uint64_t (*task_id)(void *job);
  il_job job;
  il_async_context context;
  if (!il_read_memory(address, &job, sizeof job)) return "a job is smaller than expected";
  if ((job.flags & 0xFF) != IL_KIND_TASK) return "a job's kind is not where it is looked for";
  if (!*(void **)&task_id) *(void **)&task_id = dlsym(RTLD_DEFAULT, "swift_task_getJobTaskId");
  if (job.reserved) return "a job's spare word is not zero in a new task";
  Dl_info info;
  if (!job.resume || !dladdr(job.resume, &info))
    return "a job's resume function is not where it is looked for";
  if (!il_read_memory(job.resume_context, &context, sizeof context))
    return "a job's context is not where it is looked for";
  if (!context.resume_parent || !dladdr(context.resume_parent, &info))
    return "a context's return address is not where it is looked for";
  if (!task_id || (uint32_t)task_id((void *)address) != job.id)
    return "a task's number is not where it is looked for";
  return NULL;
}

// MARK: - What a task waits for

// Where a task keeps the record of what it depends on, and that record's parts.
enum { TASK_DEPENDENCY = 0xa0 };
enum { DEPENDS_ON_TASK = 1, DEPENDS_ON_CONTINUATION = 2, DEPENDS_ON_GROUP = 3 };

typedef struct {
  size_t flags;
  void *parent;
  void *object;
  void *second_word;
  uint32_t kind;
  void *waiting_task;
} dependency_record;

il_wait_kind il_task_wait(const il_task *task, void **object) {
  *object = NULL;
  if (!task->alive || task->simple || !task->job) return IL_WAIT_UNKNOWN;
  const char *job = task->job;
  uint64_t status;
  const void *where;
  dependency_record record;
  if (!il_read_memory(job + IL_TASK_STATUS, &status, sizeof status) ||
      !(status & IL_STATUS_HAS_DEPENDENCY) ||
      !il_read_memory(job + TASK_DEPENDENCY, &where, sizeof where) ||
      !il_read_memory(where, &record, sizeof record) || record.waiting_task != task->job)
    return IL_WAIT_UNKNOWN;
  *object = record.object;
  switch (record.kind) {
  case DEPENDS_ON_TASK: return IL_WAIT_TASK;
  case DEPENDS_ON_CONTINUATION: return IL_WAIT_CONTINUATION;
  case DEPENDS_ON_GROUP: return IL_WAIT_GROUP;
  default: return IL_WAIT_UNKNOWN;
  }
}

il_task *il_task_awaited(const il_task *task, void *job) {
  il_session *s = task->session;
  if (!s || !job) return NULL;
  for (size_t i = 0; i < s->task_count; i++) {
    if (s->tasks[i]->alive && s->tasks[i]->job == job) return s->tasks[i];
  }
  return NULL;
}

// MARK: - Where its callers go on

size_t il_task_backtrace(const il_task *task, void **frames, size_t capacity) {
  if (!task->alive || task->simple || !task->job || !capacity) return 0;
  il_job job;
  if (!il_read_memory(task->job, &job, sizeof job)) return 0;
  size_t count = 0;
  frames[count++] = task->saved_resume ? task->saved_resume : job.resume;
  const il_async_context *context = job.resume_context, *before = NULL;
  while (count < capacity && context && context != before) {
    il_async_context words;
    if ((uintptr_t)context % sizeof(void *) || !il_read_memory(context, &words, sizeof words)) break;
    if (!words.resume_parent || words.resume_parent == il_end_of_task()) break;
    // The bottom of each chain is the runtime's own code.
    if (!words.parent && il_is_concurrency_code(words.resume_parent)) break;
    frames[count++] = words.resume_parent;
    before = context;
    context = words.parent;
  }
  return count;
}

IL_UNINSTRUMENTED_END
