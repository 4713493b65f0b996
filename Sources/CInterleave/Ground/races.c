// Data races within a run, as the thread sanitizer sees them.
//
// All steps of a run share one thread, so that to the sanitizer one comes before the other.
// Under it, each task of a run is therefore a *fiber* of its own, and what the machine does
// another: switching between them orders nothing. What the runtime tells the sanitizer does,
// and locks do, and that steps on one actor exclude each other.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "fibers.h"

#include <dlfcn.h>
#include <string.h>

IL_UNINSTRUMENTED_BEGIN

// MARK: - Fibers of tasks

// The sanitizer sees nothing in a process that was forked while there were threads.
static bool has_fibers(void) { return il_tsan.switch_to && !il_is_forked; }

void il_fibers_begin(il_session *s) {
  s->fibers_used = 0;
  s->race_count = 0;
  s->fiber = NULL;
  if (LIKELY(!has_fibers())) return;
  il_fiber_wait_for_few();
  // What was before the run comes before all that its tasks do.
  il_releases(&s->fibers_used);
  void *home = il_tsan.current();
  if (!s->cradle) s->cradle = il_fiber_make();
  il_tsan.switch_to(s->cradle, IL_NO_SYNC);
  il_acquired(&s->fibers_used);
  il_tsan.switch_to(home, IL_NO_SYNC);
}

void il_fibers_end(il_session *s) {
  if (LIKELY(!has_fibers())) return;
  for (size_t n = 0; n < s->fiber_count; n++) il_fiber_put_away(s->fibers[n]);
  s->fiber_count = 0;
  il_fiber_put_away(s->cradle);
  s->cradle = NULL;
}

// A fiber knows of what comes before its making. So they are made where nothing of the run
// is known.
static void *take_fiber(il_session *s) {
  size_t index = s->fibers_used++ % IL_FIBERS;
  if (index == s->fiber_count) s->fibers[s->fiber_count++] = NULL;
  if (!s->fibers[index]) {
    void *home = il_tsan.current();
    il_tsan.switch_to(s->cradle, IL_NO_SYNC);
    s->fibers[index] = il_fiber_make();
    il_tsan.switch_to(home, IL_NO_SYNC);
  }
  return s->fibers[index];
}

// What runs upon it never comes to an end: the session takes another one in its place.
static bool forget_fiber(il_session *s, const void *fiber) {
  for (size_t n = 0; n < s->fiber_count; n++) {
    if (s->fibers[n] != fiber) continue;
    s->fibers[n] = NULL;
    return true;
  }
  return false;
}

void il_fiber_enter(il_session *s, const il_ready *ready) {
  if (!has_fibers()) return;
  il_task *task = ready->task;
  if (!task->fiber) task->fiber = take_fiber(s);
  s->home = il_tsan.current();
  s->fiber = task->fiber;
  s->fiber_executor = ready->place == IL_PLACE_SERIAL ? ready->executor
                      : ready->place == IL_PLACE_MAIN ? il_main : NULL;
  il_fiber_go_to(s->fiber, s->step_frame);
  il_acquired(&s->fibers_used);
  if (s->fiber_executor) il_acquired(s->fiber_executor);
  // Whoever made a block or a thread, or has it run, has let go of what it does with it.
  if (UNLIKELY(task->block_number != 0)) il_acquired(ready->job);
}

static void tell_races(il_session *s) {
  for (size_t n = 0; n < s->race_count; n++) s->callbacks.raced(s->context, &s->races[n]);
  s->race_count = 0;
}

void il_fiber_leave(il_session *s) {
  if (s->fiber_executor) il_releases(s->fiber_executor);
  s->fiber = NULL;
  // The machine looks at what the step has done.
  il_tsan.switch_to(s->home, IL_SYNC);
  tell_races(s);
}

void il_fiber_abandon(il_session *s) {
  if (LIKELY(!s->fiber)) return;
  if (forget_fiber(s, s->fiber)) il_fiber_lose();
  s->fiber = NULL;
  s->race_count = 0;
  il_tsan.switch_to(s->home, IL_SYNC);
}

void *il_fiber_go_home(il_session *s, const void *frame) {
  void *fiber = s->fiber;
  s->fiber = NULL;
  il_fiber_go_to(s->home, frame);
  return fiber;
}

void il_fiber_go_back(il_session *s, void *fiber, const void *frame) {
  il_fiber_go_to(fiber, frame);
  s->fiber = fiber;
}

// MARK: - Steps that are interrupted

void il_fiber_pause(il_session *s, il_paused_fiber *paused, const void *frame) {
  *paused = (il_paused_fiber){.fiber = s->fiber, .executor = s->fiber_executor};
  if (LIKELY(!s->fiber)) return;
  s->fiber = s->fiber_executor = NULL;
  // What the machine has noted for the step, it reads now.
  il_fiber_follow_to(s->home, frame);
  // The step has noted them, and goes on.
  if (LIKELY(!s->race_count)) return;
  il_races_ignore();
  tell_races(s);
  il_races_heed();
}

void il_fiber_go_on(il_session *s, const il_paused_fiber *paused, const void *frame) {
  if (LIKELY(!paused->fiber)) return;
  s->home = il_tsan.current();
  s->fiber_executor = paused->executor;
  il_fiber_go_back(s, paused->fiber, frame);
}

void il_fiber_give_up(il_session *s, void *fiber) {
  if (LIKELY(!fiber) || !forget_fiber(s, fiber)) return;
  il_fiber_return(il_fiber_visit(fiber));
  il_fiber_clear(fiber);
}

// MARK: - Reports

#if __has_feature(thread_sanitizer)
// What a report says. These are linked with the program, and nobody else sees them.
int __tsan_get_report_data(void *report, const char **description, int *count, int *stacks,
                           int *accesses, int *places, int *mutexes, int *threads,
                           int *identifiers, void **sleep, uintptr_t capacity);
int __tsan_get_report_mop(void *report, uintptr_t index, int *thread, void **address, int *size,
                          int *is_write, int *is_atomic, void **trace, uintptr_t capacity);
int __tsan_get_report_loc(void *report, uintptr_t index, const char **type, void **address,
                          uintptr_t *start, uintptr_t *size, int *thread, int *file,
                          int *is_suppressable, void **trace, uintptr_t capacity);
#pragma weak __tsan_get_report_data
#pragma weak __tsan_get_report_mop
#pragma weak __tsan_get_report_loc

// The memory is a buffer of the standard library's collections. Who changes one has seen that
// nobody else holds it, by a count of references that the sanitizer does not know of.
static bool is_counted(uintptr_t object) {
  enum { DESCRIPTION = 5 };
  const void *type, *words[DESCRIPTION + 1];
  Dl_info info, own;
  static const void *library;
  if (!library) {
    const void *known = dlsym(RTLD_DEFAULT, "swift_retain");
    if (!known || !dladdr(known, &own)) return false;
    library = own.dli_fbase;
  }
  return il_read_memory((void *)object, &type, sizeof type) &&
         il_read_memory(type, words, sizeof words) && dladdr(words[DESCRIPTION], &info) &&
         info.dli_fbase == library;
}

// What functions of ours do by way of the C library's, which the sanitizer knows.
static bool is_ours(void *const *trace) {
#if defined(__linux__)
  for (int n = 0; n < 2 && trace[n]; n++)
    if (il_is_code_of_ours((const char *)trace[n] - 1)) return true;
#endif
  return false;
}

static bool note_race(il_session *s, void *report, int places) {
  il_race race = {0};
  for (int n = 0; n < 2; n++) {
    int thread, size, is_write, is_atomic;
    void *address, *trace[IL_RACE_FRAMES] = {0};
    __tsan_get_report_mop(report, (uintptr_t)n, &thread, &address, &size, &is_write, &is_atomic,
                          trace, IL_RACE_FRAMES);
    if (is_ours(trace)) return true;
    // All steps use the stack of their thread, one after the other.
    uintptr_t begin = (uintptr_t)__builtin_frame_address(0), at = (uintptr_t)address;
    if (at - begin < (uintptr_t)s->step_frame - begin) return true;
    il_access *seen = n ? &race.earlier : &race.later;
    seen->size = (uint32_t)size;
    seen->is_write = is_write;
    for (int i = 0; i < IL_RACE_FRAMES && trace[i]; i++) seen->frames[i] = (uintptr_t)trace[i] - 1;
  }
  for (int n = 0; n < places; n++) {
    const char *type = NULL;
    void *address, *trace[1];
    uintptr_t start, size;
    int thread, file, is_suppressable;
    __tsan_get_report_loc(report, (uintptr_t)n, &type, &address, &start, &size, &thread, &file,
                          &is_suppressable, trace, 1);
    if (type && !strcmp(type, "heap") && is_counted(start)) return true;
  }
  if (s->race_count < IL_RACES) s->races[s->race_count++] = race;
  return true;
}

// The sanitizer tells each race as often as it happens, so that a run shows the same when it
// is made again. Others are told once, as is its way.
static bool was_told(void *report, int accesses) {
  enum { REMEMBERED = 4096 };
  static uint64_t told[REMEMBERED];
  uint64_t hash = 14695981039346656037u;
  for (int n = 0; n < accesses; n++) {
    int thread, size, is_write, is_atomic;
    void *address, *trace[32] = {0};
    __tsan_get_report_mop(report, (uintptr_t)n, &thread, &address, &size, &is_write, &is_atomic,
                          trace, 32);
    if (is_ours(trace)) return true;
    uint64_t stack = (uint64_t)is_write;
    for (int i = 0; i < 32 && trace[i]; i++)
      stack = (stack ^ (uintptr_t)trace[i]) * 1099511628211u;
    // Whichever of the two came first.
    hash += stack;
  }
  for (size_t n = 0; n < REMEMBERED; n++) {
    uint64_t *place = &told[(hash + n) % REMEMBERED];
    if (*place == hash) return true;
    if (*place) continue;
    *place = hash;
    return false;
  }
  return false;
}

// Asked, one report at a time, before it is printed; true where it is not to be.
bool il_on_report(void *report, bool is_suppressed) __asm__(
    "_ZN6__tsan8OnReportEPKNS_10ReportDescEb");
bool il_on_report(void *report, bool is_suppressed) {
  const char *description = NULL;
  int count, stacks, accesses = 0, places = 0, mutexes, threads, identifiers;
  void *sleep[1];
  if (is_suppressed || !&__tsan_get_report_data) return is_suppressed;
  __tsan_get_report_data(report, &description, &count, &stacks, &accesses, &places, &mutexes,
                         &threads, &identifiers, sleep, 1);
  if (accesses < 2) return false;
  il_session *s = il_current;
  if (!s) return was_told(report, accesses);
  // What is called here is not the step's doing.
  il_current = NULL;
  bool is_ours = note_race(s, report, places);
  il_current = s;
  return is_ours;
}

const char *__tsan_default_options(void) {
  // Runs that may crash are made in forked processes, on threads of their own.
  return "die_after_fork=0:suppress_equal_stacks=0:suppress_equal_addresses=0";
}
#endif

IL_UNINSTRUMENTED_END
