// The main queue, on which steps of the main actor are, on whatever thread they run.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "takeover.h"
#include "../Carriers/carriers.h"

IL_UNINSTRUMENTED_BEGIN

extern char _dispatch_main_q __attribute__((weak));

static bool is_on_main(void) {
  return il_current && il_current->step_task && il_current->executor == il_main;
}

void dispatch_assert_queue(void *queue) {
  static void (*original)(void *);
  if (UNLIKELY(!original)) *(void **)&original = il_next_symbol("dispatch_assert_queue");
  if (UNLIKELY(queue == (void *)&_dispatch_main_q) && is_on_main()) return;
#if defined(IL_HAS_CARRIERS)
  // What leads to the main queue, libdispatch knows nothing of.
  if (UNLIKELY(il_current != NULL) && is_on_main() && il_is_on_queue(il_current, queue)) return;
#endif
  original(queue);
}

void *dispatch_get_specific(const void *key) {
  static void *(*original)(const void *), *(*of_queue)(void *, const void *);
  if (UNLIKELY(!original)) *(void **)&original = il_next_symbol("dispatch_get_specific");
  il_reach_state(NULL, IL_CALLER(), __builtin_frame_address(0));
  bool is_main = UNLIKELY(is_on_main());
#if defined(IL_HAS_CARRIERS)
  is_main = is_main && !il_is_off_main(il_current);
#endif
  if (LIKELY(!is_main)) return original(key);
  if (UNLIKELY(!of_queue)) *(void **)&of_queue = il_next_symbol("dispatch_queue_get_specific");
  return of_queue(&_dispatch_main_q, key);
}

#if defined(__linux__)
typedef SWIFT_CC bool (*is_main_function)(SELF_CONTEXT void *thread);

#define IS_MAIN_THREAD(name, symbol)                                              \
  SWIFT_CC bool name(SELF_CONTEXT void *thread) __asm__(symbol);                  \
  SWIFT_CC bool name(SELF_CONTEXT void *thread) {                                 \
    static is_main_function original;                                             \
    if (UNLIKELY(!original)) original = (is_main_function)il_next_symbol(symbol); \
    return is_on_main() || original(thread);                                      \
  }

// Foundation's `Thread.isMainThread`, of the class and of the current thread.
IS_MAIN_THREAD(il_is_main_thread, "$s10Foundation6ThreadC06isMainB0SbvgZ")
IS_MAIN_THREAD(il_current_is_main_thread, "$s10Foundation6ThreadC06isMainB0Sbvg")
#endif

IL_UNINSTRUMENTED_END
