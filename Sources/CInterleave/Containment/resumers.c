// Who resumed which continuation, noted in a run that is looked at closely.
//
// Of a checked continuation that is resumed once more, the runtime tells the function
// alone. What both calls have is the continuation's object, which whoever makes the call
// keeps in a register, on the stack or in the frame of an asynchronous function.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "guard.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <string.h>
#if defined(__linux__)
#include <ucontext.h>
#endif

IL_UNINSTRUMENTED_BEGIN

void il_session_note_resumers(il_session *s, bool notes) {
  s->notes_resumers = notes;
  s->resumer_count = 0;
}

// What a checked continuation refers to once it has been resumed.
static bool is_resumed_continuation(const void *candidate, const void *type_of_tasks) {
  struct { void *type; size_t references; void *task; } seen;
  return (uintptr_t)candidate % 16 == 0 && (uintptr_t)candidate > 65535 &&
         il_read_memory(candidate, &seen, sizeof seen) &&
         !seen.task && seen.references && seen.type != type_of_tasks &&
         il_is_concurrency_code(seen.type);
}

static bool has_candidate(const il_resumer *note, uintptr_t word) {
  for (size_t n = 0; n < note->count; n++)
    if (note->candidates[n] == word) return true;
  return false;
}

enum { FRAMES = 4, WORDS_OF_FRAME = 64 };

// The words of the asynchronous function with which the step began, and of its callers, that
// may hold what they keep from step to step.
static size_t words_of_frames(const il_session *s, uintptr_t words[FRAMES * WORDS_OF_FRAME]) {
  const il_task *task = s->step_task;
  if (!task || !task->alive || task->simple || !task->job) return 0;
  const il_async_context *frame = ((const il_job *)task->job)->resume_context;
  size_t count = 0;
  for (int n = 0; n < FRAMES && frame && (uintptr_t)frame % sizeof *words == 0; n++) {
    il_async_context head;
    if (!il_read_memory(frame, words + count, WORDS_OF_FRAME * sizeof *words)) break;
    memcpy(&head, words + count, sizeof head);
    count += WORDS_OF_FRAME;
    if (head.parent == frame) break;
    frame = head.parent;
  }
  return count;
}

// Of a step that resumes several, those that were resumed before are still at hand.
static bool was_noted(const il_session *s, uintptr_t word) {
  size_t count = s->resumer_count < IL_RESUMERS ? s->resumer_count : IL_RESUMERS;
  for (size_t n = 1; n <= count; n++)
    if (has_candidate(&s->resumers[(s->resumer_count - n) % IL_RESUMERS], word)) return true;
  return false;
}

static void add_candidate(const il_session *s, il_resumer *note, uintptr_t word,
                          const void *type_of_tasks) {
  if (note->count < IL_CANDIDATES && !has_candidate(note, word) &&
      is_resumed_continuation((void *)word, type_of_tasks) && !was_noted(s, word))
    note->candidates[note->count++] = word;
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

void il_note_resumer(il_session *s, il_task *task, bool is_known) {
  enum { WORDS = 768 };
  __builtin_unwind_init();
  il_resumer note = {.task = task->index};
  const uintptr_t *from = __builtin_frame_address(0);
  const uintptr_t *end = s->step_frame;
  const void *type = ((const il_job *)task->job)->object[0];
  for (int n = 0; n < WORDS && from + n < end; n++) add_candidate(s, &note, from[n], type);
  uintptr_t kept[FRAMES * WORDS_OF_FRAME];
  size_t kept_count = words_of_frames(s, kept);
  for (size_t n = 0; n < kept_count; n++) add_candidate(s, &note, kept[n], type);
  if (!is_known && !note.count) return;
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

// The task of the last note whose continuation one of some words refers to; -1 for none.
static int find_resumed_by(const il_session *s, const uintptr_t *words, size_t word_count) {
  size_t count = s->resumer_count < IL_RESUMERS ? s->resumer_count : IL_RESUMERS;
  for (size_t n = 1; n <= count; n++) {
    const il_resumer *note = &s->resumers[(s->resumer_count - n) % IL_RESUMERS];
    for (size_t word = 0; word < word_count; word++)
      if (has_candidate(note, words[word])) return (int)note->task;
  }
  return -1;
}

int il_find_resumed(const il_session *s, void *context, uintptr_t stack_pointer) {
  enum { WORDS = 768 };
  int found = -1;
#if defined(__linux__) && defined(__x86_64__)
  const greg_t *registers = ((const ucontext_t *)context)->uc_mcontext.gregs;
  found = find_resumed_by(s, (const uintptr_t *)registers, REG_RIP);
#else
  (void)context;
#endif
  const uintptr_t *from = (const uintptr_t *)(stack_pointer & ~(sizeof *from - 1));
  const uintptr_t *end = s->step_frame;
  if (found < 0 && from < end)
    found = find_resumed_by(s, from, end - from < WORDS ? (size_t)(end - from) : WORDS);
  if (found >= 0) return found;
  uintptr_t kept[FRAMES * WORDS_OF_FRAME];
  return find_resumed_by(s, kept, words_of_frames(s, kept));
}

IL_UNINSTRUMENTED_END
