// Who resumed which continuation, noted in a run that is looked at closely.
//
// Of a checked continuation that is resumed once more, the runtime tells the function
// alone. What both calls have is the continuation's object, which they are given.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "guard.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <string.h>

IL_UNINSTRUMENTED_BEGIN

void il_session_note_resumers(il_session *s, bool notes) {
  s->notes_resumers = notes;
  s->resumer_count = s->checked_count = s->resumed_before = 0;
  s->resuming = NULL;
}

#if defined(__linux__)
static bool is_ours(const void *address) { return il_is_code_of_ours(address); }
#else
static bool is_ours(const void *address) {
  Dl_info info;
  return dladdr(address, &info) && info.dli_sname && !strncmp(info.dli_sname, "il_", 3);
}
#endif

size_t il_calls_of_runtime(uintptr_t *calls, size_t capacity) {
  enum { DEPTH = 32 };
  void *all[DEPTH];
  int count = backtrace(all, DEPTH), first = 0;
  // Functions of ours call the runtime's, and stand in for them.
  while (first < count && (is_ours(all[first]) || !il_is_concurrency_code(all[first])) &&
         !(first && !is_ours(all[first]) && is_ours(all[first - 1]))) first++;
  while (first < count && (is_ours(all[first]) || il_is_concurrency_code(all[first]))) first++;
  size_t kept = 0;
  for (; first < count && kept < capacity; first++) calls[kept++] = (uintptr_t)all[first] - 1;
  return kept;
}

size_t il_session_touch_calls(const il_session *s, uintptr_t *calls, size_t capacity) {
  enum { DEPTH = 48 };
  // The functions that stand in front of the library's cannot be unwound.
  if (s->touch_site && capacity) {
    calls[0] = (uintptr_t)s->touch_site - 1;
    return 1;
  }
  void *all[DEPTH];
  int count = backtrace(all, DEPTH), first = 0;
  // This one was called by the machine, and the machine by who noted the touch.
  while (first < count && is_ours(all[first])) first++;
  while (first < count && !is_ours(all[first])) first++;
  while (first < count && is_ours(all[first])) first++;
  size_t kept = 0;
  for (; first < count && kept < capacity; first++) calls[kept++] = (uintptr_t)all[first] - 1;
  return kept;
}

bool il_ends_stream(const uintptr_t *calls, size_t count) {
  static const char *const ends[] = {"$sScS12ContinuationV6finish", "$sScs12ContinuationV6finish",
                                     "$sScS8_StorageC6finish", "$sScs8_StorageC6finish"};
  for (size_t n = 0; n < count; n++) {
    Dl_info info;
    if (!dladdr((void *)calls[n], &info) || !info.dli_sname) continue;
    for (size_t end = 0; end < sizeof ends / sizeof *ends; end++)
      if (!strncmp(info.dli_sname, ends[end], strlen(ends[end]))) return true;
  }
  return false;
}

void il_note_resumer(il_session *s, il_task *task) {
  il_resumer note = {.task = task->index};
  note.call_count = il_calls_of_runtime(note.calls, IL_RESUMER_CALLS);
  s->resumers[s->resumer_count++ % IL_RESUMERS] = note;
}

size_t il_session_resumers(const il_session *s) { return s->resumer_count; }

size_t il_session_resumer_calls(const il_session *s, uint32_t task, uintptr_t *calls,
                                size_t capacity) {
  size_t count = s->resumer_count < IL_RESUMERS ? s->resumer_count : IL_RESUMERS;
  for (size_t n = 1; n <= count; n++) {
    const il_resumer *note = &s->resumers[(s->resumer_count - n) % IL_RESUMERS];
    if (note->task != task) continue;
    size_t kept = note->call_count < capacity ? note->call_count : capacity;
    memcpy(calls, note->calls, kept * sizeof *calls);
    return kept;
  }
  return 0;
}

// MARK: - Checked continuations

// One more than the task that the last of its resumptions let go on; 0 where none was noted.
static uint32_t find_checked(const il_session *s, const void *continuation) {
  size_t count = s->checked_count < IL_RESUMERS ? s->checked_count : IL_RESUMERS;
  for (size_t n = 1; n <= count; n++) {
    const il_checked *note = &s->checked[(s->checked_count - n) % IL_RESUMERS];
    if (note->continuation == continuation) return 1 + note->task;
  }
  return 0;
}

void il_note_checked(il_session *s, const void *continuation) {
  il_checked_continuation seen;
  s->resuming = NULL;
  s->resumed_before = 0;
  if (!il_read_memory(continuation, &seen, sizeof seen)) return;
  if (!seen.task) {
    s->resumed_before = find_checked(s, continuation);
    return;
  }
  il_task *task = il_record(seen.task);
  if (!task || task->session != s) return;
  s->checked[s->checked_count++ % IL_RESUMERS] =
      (il_checked){.continuation = continuation, .task = task->index};
  // Who resumes its own goes on at once.
  if (task != s->step_task) s->resuming = task;
}

IL_UNINSTRUMENTED_END
