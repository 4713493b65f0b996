// What a step touches besides jobs: tasks that it awaits or cancels, and locks.
//
// Compiled code calls some functions of the library directly, in a calling
// convention that C cannot spell. Ours stand in front of them: they note the
// call, with every register as it was, and go on to the library's own.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "Carriers/carriers.h"

#include <string.h>
#if defined(__linux__)
#include <link.h>
#endif

IL_UNINSTRUMENTED_BEGIN

#if defined(__linux__)
static void note(il_touch kind, void *object) {
  il_session *s = il_current;
  if (s && s->step_task) IL_TELL(s, touched, kind, object);
}

// The same where the step can be interrupted before.
static void reach(il_touch kind, void *object, const void *site) {
#if defined(IL_HAS_CARRIERS)
  il_session *inside = il_inside();
  if (UNLIKELY(inside != NULL)) il_reach_touch(inside, kind, object, site);
#else
  (void)site;
#endif
  note(kind, object);
}
#endif

void il_note_random(il_session *s) {
  if (s->step_task && !s->initializing)
    IL_TELL(s, touched, IL_TOUCH_RANDOM, NULL);
}

// MARK: - Functions of the library

// Each finds the function that it hides, and returns it.
#define NOTE(name, symbol, kind, object)                                          \
  __attribute__((used, visibility("hidden"))) void *il_before_##name(              \
      void *first, void *second, const void *site) {                              \
    static void *original;                                                        \
    (void)first, (void)second;                                                    \
    reach(kind, object, site);                                                    \
    if (UNLIKELY(!original)) original = il_next_symbol(symbol);                   \
    return original;                                                              \
  }                                                                               \
  __attribute__((naked)) void il_stand_in_##name(void) __asm__(symbol);           \
  void il_stand_in_##name(void) { FORWARD("il_before_" #name) }

#if defined(__linux__) && defined(__x86_64__)
// Integer arguments and the result's address; the other registers that Swift
// gives a meaning to belong to the caller of a C function, which keeps them.
// The third that is told is where the function goes on that calls.
#define FORWARD(before)                                                           \
  __asm__ volatile(                                                               \
      "pushq %rdi\n pushq %rsi\n pushq %rdx\n pushq %rcx\n pushq %r8\n"           \
      "pushq %r9\n pushq %rax\n movq 56(%rsp), %rdx\n"                           \
      "callq " before "\n movq %rax, %r11\n"                                      \
      "popq %rax\n popq %r9\n popq %r8\n popq %rcx\n popq %rdx\n popq %rsi\n"     \
      "popq %rdi\n jmpq *%r11\n");
#elif defined(__linux__) && defined(__aarch64__)
#define FORWARD(before)                                                           \
  __asm__ volatile(                                                               \
      "stp x0, x1, [sp, #-96]!\n stp x2, x3, [sp, #16]\n stp x4, x5, [sp, #32]\n" \
      "stp x6, x7, [sp, #48]\n stp x8, x30, [sp, #64]\n"                          \
      "mov x2, x30\n bl " before "\n mov x16, x0\n"                                        \
      "ldp x8, x30, [sp, #64]\n ldp x6, x7, [sp, #48]\n ldp x4, x5, [sp, #32]\n"  \
      "ldp x2, x3, [sp, #16]\n ldp x0, x1, [sp], #96\n br x16\n");
#endif

#ifdef FORWARD
bool il_sees_awaits(void) { return il_is_interposed(); }

// Task.value, throwing and not, and Task.result: the result's address comes first.
NOTE(throwing_value, "$sScT5valuexvg", IL_TOUCH_AWAITED, second)
NOTE(value, "$sScTss5NeverORs_rlE5valuexvg", IL_TOUCH_AWAITED, second)
NOTE(result, "$sScT6results6ResultOyxq_Gvg", IL_TOUCH_AWAITED, second)
// Task.cancel(), and UnsafeCurrentTask.cancel()
NOTE(cancel, "$sScT6cancelyyF", IL_TOUCH_CANCELLED, first)
NOTE(cancel_current, "$sSct6cancelyyF", IL_TOUCH_CANCELLED, first)
// What tells whether a task is cancelled: of any task, and of the running one.
NOTE(looks, "$sScT11isCancelledSbvg", IL_TOUCH_LOOKED, first)
NOTE(looks_at_current, "$sSct11isCancelledSbvg", IL_TOUCH_LOOKED, first)
NOTE(is_cancelled, "swift_task_isCancelled", IL_TOUCH_LOOKED, first)
NOTE(own, "$sScTss5NeverORszABRs_rlE11isCancelledSbvgZ", IL_TOUCH_LOOKED, NULL)
NOTE(check, "$sScTss5NeverORszABRs_rlE17checkCancellationyyKFZ", IL_TOUCH_LOOKED, NULL)
NOTE(group_looks, "$sScG11isCancelledSbvg", IL_TOUCH_LOOKED, NULL)
NOTE(throwing_group_looks, "$sScg11isCancelledSbvg", IL_TOUCH_LOOKED, NULL)
NOTE(discarding_group_looks, "$ss19DiscardingTaskGroupV11isCancelledSbvg", IL_TOUCH_LOOKED, NULL)
NOTE(throwing_discarding_group_looks, "$ss27ThrowingDiscardingTaskGroupV11isCancelledSbvg",
     IL_TOUCH_LOOKED, NULL)
NOTE(handles,
     "$ss27withTaskCancellationHandler9operation8onCancel9isolationxxyYaKXE_yyYbXEScA_pSgYitYaKlF",
     IL_TOUCH_LOOKED, NULL)
NOTE(handles_anywhere, "$ss27withTaskCancellationHandler9operation8onCancelxxyYaKXE_yyYbXEtYaKlF",
     IL_TOUCH_LOOKED, NULL)
NOTE(add_handler, "swift_task_addCancellationHandler", IL_TOUCH_LOOKED, NULL)
// What cancels the children of the running task: `cancelAll()` of the four kinds
// of groups, and the end of an `async let`'s scope.
NOTE(cancel_group, "$sScG9cancelAllyyF", IL_TOUCH_CHILDREN_CANCELLED, NULL)
NOTE(cancel_throwing_group, "$sScg9cancelAllyyF", IL_TOUCH_CHILDREN_CANCELLED, NULL)
NOTE(cancel_discarding_group, "$ss19DiscardingTaskGroupV9cancelAllyyF",
     IL_TOUCH_CHILDREN_CANCELLED, NULL)
NOTE(cancel_throwing_discarding_group, "$ss27ThrowingDiscardingTaskGroupV9cancelAllyyF",
     IL_TOUCH_CHILDREN_CANCELLED, NULL)
NOTE(cancel_any_group, "swift_taskGroup_cancelAll", IL_TOUCH_CHILDREN_CANCELLED, NULL)
NOTE(finish_let, "swift_asyncLet_finish", IL_TOUCH_LET_FINISHED, first)

// CheckedContinuation.resume(returning:), and (throwing:): what they call of the library's own
// is seen nowhere.
#define RESUMING(name, symbol)                                                    \
  __attribute__((used, visibility("hidden"))) void *il_before_##name(              \
      void *first, void *second, const void *site) {                              \
    static void *original;                                                        \
    (void)first, (void)second;                                                    \
    reach_resuming(site);                                                      \
    if (UNLIKELY(!original)) original = il_next_symbol(symbol);                   \
    return original;                                                              \
  }                                                                               \
  __attribute__((naked)) void il_stand_in_##name(void) __asm__(symbol);           \
  void il_stand_in_##name(void) { FORWARD("il_before_" #name) }

static void reach_resuming(const void *site) {
#if defined(IL_HAS_CARRIERS)
  il_session *inside = il_inside();
  if (UNLIKELY(inside != NULL)) il_reach(inside, IL_POINT_RESUME, NULL, site, IL_WANTS_NOTHING);
#else
  (void)site;
#endif
}

RESUMING(resume_returning, "$sScC6resume9returningyxn_tF")
RESUMING(resume_throwing, "$sScC6resume8throwingyq_n_tF")
#else
bool il_sees_awaits(void) { return false; }
#endif

// MARK: - Locks

#if defined(__linux__)
// Locks inside these libraries guard caches that no program can observe, or what
// tasks and groups do to each other, which is noted as such.
typedef struct {
  uintptr_t begin, end;
} code_range;
enum { CONCURRENCY = 1, IGNORED = 3 };
static code_range ignored[IGNORED];
static pthread_once_t ignored_once = PTHREAD_ONCE_INIT;

static int find_ignored(struct dl_phdr_info *info, size_t size, void *unused) {
  static const char *const names[] = {
      "libswiftCore.so", "libswift_Concurrency.so", "libdispatch.so"};
  (void)size, (void)unused;
  const char *slash = strrchr(info->dlpi_name, '/');
  const char *name = slash ? slash + 1 : info->dlpi_name;
  for (int n = 0; n < IGNORED; n++) {
    if (strcmp(name, names[n])) continue;
    for (int i = 0; i < info->dlpi_phnum; i++) {
      if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
      uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
      uintptr_t end = begin + info->dlpi_phdr[i].p_memsz;
      if (!ignored[n].begin || begin < ignored[n].begin) ignored[n].begin = begin;
      if (end > ignored[n].end) ignored[n].end = end;
    }
  }
  return 0;
}

static void look_for_ignored(void) { dl_iterate_phdr(find_ignored, NULL); }

// The lock of an `AsyncStream` guards what its users do to each other. The library takes
// it in one place, which is learnt by watching it use one.
static uintptr_t stream_lock_site;
static __thread bool is_learning;

bool il_learn_streams(void (*use_one)(void)) {
  pthread_once(&ignored_once, look_for_ignored);
  is_learning = true;
  use_one();
  is_learning = false;
  return stream_lock_site > 1;
}

#if defined(IL_HAS_CARRIERS)
bool il_is_stream_lock(const void *caller) { return (uintptr_t)caller == stream_lock_site; }
#endif

static bool is_ignored(uintptr_t caller) {
  if (caller == stream_lock_site) return false;
  for (int n = 0; n < IGNORED; n++)
    if (caller - ignored[n].begin < ignored[n].end - ignored[n].begin) return true;
  return false;
}

static void learn(uintptr_t caller) {
  const code_range *library = &ignored[CONCURRENCY];
  if (caller == stream_lock_site || caller - library->begin >= library->end - library->begin) return;
  // More than one place would mean that none is known.
  stream_lock_site = stream_lock_site ? 1 : caller;
}

void il_note_lock(void *lock, const void *caller) {
  if (UNLIKELY(is_learning)) learn((uintptr_t)caller);
  if (LIKELY(!il_current)) return;
  pthread_once(&ignored_once, look_for_ignored);
  if (is_ignored((uintptr_t)caller)) return;
  note(IL_TOUCH_LOCK, lock);
}

bool il_is_library_lock(const void *caller) {
  pthread_once(&ignored_once, look_for_ignored);
  return is_ignored((uintptr_t)caller);
}

// Queues and semaphores that serve as locks: the work is done then and there.
#define SYNC(name)                                                                \
  void name(void *queue, void *block) {                                           \
    void *caller = IL_CALLER();                                                   \
    static void (*original)(void *, void *);                                      \
    if (UNLIKELY(!original)) *(void **)&original = il_next_symbol(#name);         \
    il_note_lock(queue, caller);                                                  \
    il_leave_points_at(#name, caller);                                            \
    original(queue, block);                                                       \
  }

SYNC(dispatch_sync)
SYNC(dispatch_barrier_sync)
SYNC(dispatch_async_and_wait)
SYNC(dispatch_barrier_async_and_wait)
#else
void il_note_lock(void *lock, const void *caller) { (void)lock, (void)caller; }

bool il_learn_streams(void (*use_one)(void)) {
  use_one();
  return false;
}
#endif

IL_UNINSTRUMENTED_END
