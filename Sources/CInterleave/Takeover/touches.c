// What a step touches besides jobs: tasks that it awaits or cancels, and queues.
//
// Compiled code calls some functions of the library directly, in a calling
// convention that C cannot spell. Ours stand in front of them: they note the
// call, with every register as it was, and go on to the library's own.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Carriers/carriers.h"
#include "../Containment/containment.h"

IL_UNINSTRUMENTED_BEGIN

#if defined(__linux__)
// Notes that the running step touches something, before which it can be interrupted.
static void reach(il_touch kind, void *object, const void *site) {
#if defined(IL_HAS_CARRIERS)
  il_session *inside = il_inside();
  if (UNLIKELY(inside != NULL)) il_reach_touch(inside, kind, object, site);
#endif
  il_session *s = il_current;
  if (!s) return;
  s->touch_site = site;
  il_note_touch(kind, object);
  s->touch_site = NULL;
}
#endif

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
// The third that is told is where the function goes on that calls, the fourth what a method is
// called of.
#define FORWARD(before)                                                           \
  __asm__ volatile(                                                               \
      "pushq %rdi\n pushq %rsi\n pushq %rdx\n pushq %rcx\n pushq %r8\n"           \
      "pushq %r9\n pushq %rax\n movq 56(%rsp), %rdx\n movq %r13, %rcx\n"        \
      "callq " before "\n movq %rax, %r11\n"                                      \
      "popq %rax\n popq %r9\n popq %r8\n popq %rcx\n popq %rdx\n popq %rsi\n"     \
      "popq %rdi\n jmpq *%r11\n");
#elif defined(__linux__) && defined(__aarch64__)
#define FORWARD(before)                                                           \
  __asm__ volatile(                                                               \
      "stp x0, x1, [sp, #-96]!\n stp x2, x3, [sp, #16]\n stp x4, x5, [sp, #32]\n" \
      "stp x6, x7, [sp, #48]\n stp x8, x30, [sp, #64]\n"                          \
      "mov x2, x30\n mov x3, x20\n bl " before "\n mov x16, x0\n"                \
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

static void reach_checked(void *const *self, const void *site) {
  il_reach_resuming(NULL, site);
  il_session *s = il_current;
  if (s && UNLIKELY(s->notes_resumers)) il_note_checked(s, *self);
}

// CheckedContinuation.resume(returning:), and (throwing:): what they call of the library's own
// is seen nowhere.
#define RESUMING(name, symbol)                                                    \
  __attribute__((used, visibility("hidden"))) void *il_before_##name(              \
      void *first, void *second, const void *site, void *const *self) {           \
    static void *original;                                                        \
    (void)first, (void)second;                                                    \
    reach_checked(self, site);                                                    \
    if (UNLIKELY(!original)) original = il_next_symbol(symbol);                   \
    return original;                                                              \
  }                                                                               \
  __attribute__((naked)) void il_stand_in_##name(void) __asm__(symbol);           \
  void il_stand_in_##name(void) { FORWARD("il_before_" #name) }

RESUMING(resume_returning, "$sScC6resume9returningyxn_tF")
RESUMING(resume_throwing, "$sScC6resume8throwingyq_n_tF")
#else
bool il_sees_awaits(void) { return false; }
#endif

IL_UNINSTRUMENTED_END
