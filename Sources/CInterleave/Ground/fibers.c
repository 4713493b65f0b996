// The fibers of the thread sanitizer: each is a thread to it, and they take turns on one.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "fibers.h"

#include <dlfcn.h>
#include <sched.h>
#include <string.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

IL_UNINSTRUMENTED_BEGIN

struct il_tsan il_tsan;
bool il_has_fibers;

__attribute__((constructor)) static void find_functions(void) {
  static const struct {
    const char *name;
    void **place;
  } functions[] = {
      {"__tsan_get_current_fiber", (void **)&il_tsan.current},
      {"__tsan_create_fiber", (void **)&il_tsan.create},
      {"AnnotateIgnoreSyncBegin", (void **)&il_tsan.ignore_sync},
      {"AnnotateIgnoreSyncEnd", (void **)&il_tsan.heed_sync},
      {"__tsan_func_entry", (void **)&il_tsan.enter},
      {"__tsan_func_exit", (void **)&il_tsan.leave},
      // The last one tells that there are all.
      {"__tsan_switch_to_fiber", (void **)&il_tsan.switch_to},
  };
  for (size_t n = 0; n < sizeof functions / sizeof *functions; n++)
    if (!(*functions[n].place = dlsym(RTLD_DEFAULT, functions[n].name))) return;
  il_has_fibers = true;
}

// MARK: - What is left out

#if __has_feature(thread_sanitizer)
void __tsan_ignore_thread_begin(void);
void __tsan_ignore_thread_end(void);
#pragma weak __tsan_ignore_thread_begin
#pragma weak __tsan_ignore_thread_end

void il_races_ignore(void) {
  if (&__tsan_ignore_thread_begin) __tsan_ignore_thread_begin();
}

void il_races_heed(void) {
  if (&__tsan_ignore_thread_end) __tsan_ignore_thread_end();
}
#else
void il_races_ignore(void) {}
void il_races_heed(void) {}
#endif

// MARK: - Stacks in turn

#if __has_feature(thread_sanitizer)
// The sanitizer forgets who was at that memory.
void il_forget_memory(void *fiber, uintptr_t code, uintptr_t begin, uintptr_t size) __asm__(
    "_ZN6__tsan16MemoryResetRangeEPNS_11ThreadStateEmmm");
#pragma weak il_forget_memory
#endif

// Fibers take turns on a stack. What one left behind below the frames that are in use is nothing
// that the next one could race for; to see it, and find that out, takes as long as a hundred runs.
static void forget_stack_below(const void *frame, void *fiber) {
#if __has_feature(thread_sanitizer)
  enum { DEPTH = 32 << 10, ALIGNMENT = 8 };
  uintptr_t end = (uintptr_t)frame & ~(uintptr_t)(ALIGNMENT - 1);
  if (&il_forget_memory) il_forget_memory(fiber, 0, end - DEPTH, DEPTH);
#else
  (void)frame, (void)fiber;
#endif
}

// What belongs to the other one lies below the frame.
void il_fiber_go_to(void *fiber, const void *frame) {
  il_tsan.switch_to(fiber, IL_NO_SYNC);
  forget_stack_below(frame, fiber);
}

void il_fiber_follow_to(void *fiber, const void *frame) {
  il_tsan.switch_to(fiber, IL_SYNC);
  forget_stack_below(frame, fiber);
}

// MARK: - Making them

// None is ever destroyed: the sanitizer loses count of its own memory where thousands are (LLVM 21).
// They wait here until they are needed again.
enum { MOST = 4096 };
typedef struct {
  void *fiber;
  // How deep it was in calls when it was made.
  uintptr_t depth;
} known_fiber;
static struct {
  atomic_flag is_taken;
  // They belong to a process that was forked.
  bool is_forked;
  size_t spare_count, known_count;
  void *spare[MOST];
  known_fiber known[MOST];
} pool = {.is_taken = ATOMIC_FLAG_INIT};

// How many are in use.
static atomic_int in_use;

static void let_others_run(void) {
#if defined(__linux__)
  syscall(SYS_sched_yield);
#else
  sched_yield();
#endif
}

// Who held it when the process was forked never gives it back.
static bool take_pool(void) {
  enum { PATIENCE = 1000 };
  for (int n = 1; atomic_flag_test_and_set_explicit(&pool.is_taken, memory_order_acquire); n++) {
    if (n % PATIENCE) continue;
    if (il_is_forked) return false;
    let_others_run();
  }
  if (pool.is_forked != il_is_forked) pool.spare_count = pool.known_count = 0;
  pool.is_forked = il_is_forked;
  return true;
}

static void give_pool(void) {
  atomic_flag_clear_explicit(&pool.is_taken, memory_order_release);
}

// Where a fiber keeps the place of its innermost call, which it knows calls by: learnt from one.
static size_t learn_depth(void) {
#if __has_feature(thread_sanitizer)
  enum { WORDS = 32 };
  static char call;
  uintptr_t before[WORDS], after[WORDS], noted;
  size_t found = 0, count = 0;
  const void *fiber = il_tsan.current();
  memcpy(before, fiber, sizeof before);
  il_tsan.enter(&call);
  memcpy(after, fiber, sizeof after);
  il_tsan.leave();
  for (size_t n = 0; n < WORDS; n++) {
    if (after[n] - before[n] != sizeof(void *) ||
        !il_read_memory((const void *)before[n], &noted, sizeof noted) || noted != (uintptr_t)&call)
      continue;
    found = n * sizeof(void *);
    count++;
  }
  return count == 1 ? found : 0;
#else
  return 0;
#endif
}

static size_t depth_place(void) {
  static atomic_size_t known;
  size_t place = atomic_load(&known);
  if (place) return place;
  place = learn_depth();
  atomic_store(&known, place);
  return place;
}

static uintptr_t depth_of(const void *fiber) {
  size_t place = depth_place();
  return place ? *(const uintptr_t *)((const char *)fiber + place) : 0;
}

// The sanitizer tells 255 contexts apart, threads among them. Where there are more, they take each
// other's places in turn, and what one did in a place comes before what the next one does there: no
// race is seen. So runs give back what they have taken, and begin where little is.
void il_fiber_wait_for_few(void) {
  enum { FEW = 64, PATIENCE = 1 << 20 };
  for (int n = 0; n < PATIENCE && atomic_load(&in_use) >= FEW; n++) let_others_run();
}

void *il_fiber_make(void) {
  atomic_fetch_add(&in_use, 1);
  void *fiber = NULL;
  if (take_pool()) {
    if (pool.spare_count) fiber = pool.spare[--pool.spare_count];
    give_pool();
  }
  if (fiber) return fiber;
  fiber = il_tsan.create(IL_SYNC);
  uintptr_t depth = depth_of(fiber);
  if (take_pool()) {
    if (pool.known_count < MOST)
      pool.known[pool.known_count++] = (known_fiber){.fiber = fiber, .depth = depth};
    give_pool();
  }
  return fiber;
}

void il_fiber_lose(void) { atomic_fetch_sub(&in_use, 1); }

void il_fiber_put_away(void *fiber) {
  if (LIKELY(!fiber)) return;
  il_fiber_lose();
  if (!take_pool()) return;
  if (pool.spare_count < MOST) pool.spare[pool.spare_count++] = fiber;
  give_pool();
}

// What was called on it never returns: it is as if it did.
static bool leave_calls(void *fiber, uintptr_t depth) {
  void *here = il_tsan.current();
  il_tsan.switch_to(fiber, IL_NO_SYNC);
  while (depth && depth_of(fiber) > depth) il_tsan.leave();
  il_tsan.switch_to(here, IL_NO_SYNC);
  return depth && depth_of(fiber) == depth;
}

void il_fiber_clear(void *fiber) {
  if (LIKELY(!fiber) || !take_pool()) return;
  uintptr_t depth = 0;
  for (size_t n = 0; n < pool.known_count && !depth; n++)
    if (pool.known[n].fiber == fiber) depth = pool.known[n].depth;
  give_pool();
  if (leave_calls(fiber, depth)) il_fiber_put_away(fiber); else il_fiber_lose();
}

// MARK: - Steps in progress

void *il_fiber_visit(void *fiber) {
  if (LIKELY(!fiber)) return NULL;
  void *here = il_tsan.current();
  il_tsan.switch_to(fiber, IL_NO_SYNC);
  return here;
}

void il_fiber_return(void *here) {
  if (UNLIKELY(here != NULL)) il_tsan.switch_to(here, IL_SYNC);
}

// MARK: - Locks of ours

bool il_fiber_ignores_lock(const void *caller) {
#if defined(__linux__)
  if (LIKELY(!il_current) || LIKELY(!il_current->fiber) || !il_is_code_of_ours(caller))
    return false;
  il_tsan.ignore_sync(NULL, 0);
  return true;
#else
  (void)caller;
  return false;
#endif
}

void il_fiber_heeds(void) { il_tsan.heed_sync(NULL, 0); }

// MARK: - Stacks

void *il_fiber_of_thread(void) { return il_tsan.switch_to ? il_tsan.current() : NULL; }
void *il_fiber_of_stack(void) { return il_tsan.switch_to ? il_fiber_make() : NULL; }
void il_fiber_free(void *fiber) { il_fiber_put_away(fiber); }
void il_fiber_leave_stack(void *fiber) { il_fiber_clear(fiber); }

void il_fiber_enter_stack(void *fiber) {
  if (UNLIKELY(fiber != NULL)) il_tsan.switch_to(fiber, IL_SYNC);
}

IL_UNINSTRUMENTED_END
