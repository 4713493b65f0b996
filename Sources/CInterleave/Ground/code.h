// How the code of this target is compiled.

#ifndef CINTERLEAVE_CODE_H
#define CINTERLEAVE_CODE_H

#include <stdbool.h>

// All code of this target is in a section of its own, so that it can be told from the
// program's.
#define IL_CODE_SECTION "il_text"
#if defined(__linux__)
#pragma clang section text = "il_text"
#endif

// Code that the sanitizers leave alone: what stands in for other functions, runs in signal
// handlers, or keeps what it has looked up once, whichever thread comes first.
#define IL_UNINSTRUMENTED                                                              \
  __attribute__((no_sanitize("address", "thread", "coverage"), disable_sanitizer_instrumentation))
#define IL_UNINSTRUMENTED_BEGIN                                                        \
  _Pragma("clang attribute push(IL_UNINSTRUMENTED, apply_to = function)")
#define IL_UNINSTRUMENTED_END _Pragma("clang attribute pop")

#define SWIFT_CC __attribute__((swiftcall))
#define SWIFT_ASYNC __attribute__((swiftasynccall))
#define ASYNC_CONTEXT __attribute__((swift_async_context))
#define SELF_CONTEXT __attribute__((swift_context))
#define MUSTTAIL __attribute__((musttail))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
// Where the function goes on that called the one which begins with this. Asked for in
// a branch, it may be answered from a function that the optimizer made of the branch.
#define IL_CALLER() il_pinned(__builtin_return_address(0))
static inline __attribute__((always_inline)) void *il_pinned(void *address) {
  __asm__ volatile("" : "+r"(address));
  return address;
}

#if defined(__linux__)
extern const char __start_il_text[] __attribute__((weak, visibility("hidden")));
extern const char __stop_il_text[] __attribute__((weak, visibility("hidden")));

// An address in the code of this target, whose doing is no business of a run's.
static inline bool il_is_code_of_ours(const void *address) {
  return (const char *)address >= __start_il_text && (const char *)address < __stop_il_text;
}
#endif

#endif
