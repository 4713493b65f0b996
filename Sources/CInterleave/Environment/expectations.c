// Waits of XCTest for expectations, while a step of a run goes on.
//
// XCTest waits on a thread of its own, in real time. Within a run the tasks of the run wait
// instead, in virtual time, which is written in Swift in the target above. Where no run goes on,
// all is as it was.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Ground/ground.h"

#if defined(__linux__) && defined(__x86_64__)
#include <dlfcn.h>
#include <link.h>

IL_UNINSTRUMENTED_BEGIN

#define HIDDEN __attribute__((visibility("hidden")))

// The arguments of all functions that wait: the expectations, the seconds, whether their order
// counts, and the place of the call, whose file is a `StaticString`.
#define WAITED                                                                               \
  void *expectations, double seconds, bool in_order, const void *file, uint64_t file_size,   \
      uint8_t file_flags, long line
#define PASSED expectations, seconds, in_order, file, file_size, file_flags, line

#define WAITING "7timeout12enforceOrder4file4line"
#define ARGUMENTS "SayAA0A11ExpectationCG_SdSbs12StaticStringVSit"
#define WAITER "$s6XCTest9XCTWaiterC"
#define CASE "$s6XCTest0A4CaseC"
#define EXPECTATION "$s6XCTest0A11ExpectationC"
#define FULFILLMENT "11fulfillment2of" WAITING
#define WAIT "4wait3for" WAITING
#define RESULT "AC6ResultO"

// How async functions are referred to: where the code lies, from here, and how large a frame the
// caller makes for it.
struct async_function {
  int32_t offset;
  uint32_t frame;
};

// Larger than the frames of XCTest's functions and of those that take their places, which is
// looked at before these do.
#define FRAME 2048
#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

typedef SWIFT_ASYNC void (*await_function)(void *isolation, void *isolation_type, WAITED,
                                           SELF_CONTEXT void *self,
                                           ASYNC_CONTEXT void *context);

// Async functions that take the places of XCTest's: by their names, whether the other's is found
// by its name or in a class, and the Swift function that waits in a run.
#define AWAITS(_)                                                                            \
  _(waiter_fulfillment, WAITER FULFILLMENT RESULT ARGUMENTS "YaF", "il_waiter_fulfillment")   \
  _(class_fulfillment, WAITER FULFILLMENT RESULT ARGUMENTS "YaFZ", "il_class_fulfillment")    \
  _(case_fulfillment, CASE FULFILLMENT "y" ARGUMENTS "YaF", "il_case_fulfillment")

// XCTest is as it is known, and what waits in a run is there.
static bool waits_in_runs;

static await_function code_of(const struct async_function *function) {
  return (await_function)(uintptr_t)((const char *)&function->offset + function->offset);
}

#define AWAIT(name, symbol, swift)                                                           \
  extern const struct async_function il_own_##name __asm__(swift "Tu") __attribute__((weak)); \
  static const struct async_function *other_##name;                                          \
  HIDDEN SWIFT_ASYNC void il_via_##name(void *, void *, WAITED, SELF_CONTEXT void *,             \
                                    ASYNC_CONTEXT void *);                                   \
  SWIFT_ASYNC void il_via_##name(void *isolation, void *isolation_type, WAITED,                  \
                             SELF_CONTEXT void *self, ASYNC_CONTEXT void *context) {         \
    if (UNLIKELY(!other_##name)) other_##name = il_next_symbol(symbol "Tu");                  \
    if (il_current && waits_in_runs)                                                        \
      MUSTTAIL return code_of(&il_own_##name)(isolation, isolation_type, PASSED, self, context); \
    MUSTTAIL return code_of(other_##name)(isolation, isolation_type, PASSED, self, context);  \
  }                                                                                          \
  HIDDEN extern const struct async_function il_here_##name;                                  \
  __asm__(".pushsection .rodata\n.balign 8\n.globl il_here_" #name "\n.hidden il_here_" #name \
          "\nil_here_" #name ":\n.long il_via_" #name " - .\n.long " TEXT(FRAME) "\n.popsection\n");
AWAITS(AWAIT)

// What is called by its name: by test cases, and of a class that is known.
#define NAMED(symbol, here) ".globl \"" symbol "\"\n.set \"" symbol "\", " here "\n"
#define AWAIT_BY_NAME(name, symbol, swift)                                                   \
  __asm__(NAMED(symbol, "il_via_" #name) NAMED(symbol "Tu", "il_here_" #name));
AWAITS(AWAIT_BY_NAME)

// MARK: Waits that block their thread

// Names a wait that blocks its thread, by its line; it is a mistake of the run whose step goes on.
__attribute__((weak)) SWIFT_CC void il_test_blocks(const void *file, uint64_t file_size,
                                                   uint8_t file_flags, long line);

// `XCTWaiter.Result.timedOut`.
enum { TIMED_OUT = 1 };

typedef SWIFT_CC uint8_t (*wait_function)(WAITED, SELF_CONTEXT void *self);

#define WAITS(_)                                                                             \
  _(waiter_wait, WAITER WAIT RESULT ARGUMENTS "F")                                           \
  _(class_wait, WAITER WAIT RESULT ARGUMENTS "FZ")                                           \
  _(case_wait, CASE WAIT "y" ARGUMENTS "F")

#define WAIT_FUNCTION(name, symbol)                                                          \
  static wait_function other_##name;                                                         \
  HIDDEN SWIFT_CC uint8_t il_##name(WAITED, SELF_CONTEXT void *self);                         \
  SWIFT_CC uint8_t il_##name(WAITED, SELF_CONTEXT void *self) {                               \
    if (il_current && il_test_blocks) {                                                      \
      il_test_blocks(file, file_size, file_flags, line);                                     \
      return TIMED_OUT;                                                                      \
    }                                                                                        \
    if (UNLIKELY(!other_##name)) *(void **)&other_##name = il_next_symbol(symbol);            \
    return other_##name(PASSED, self);                                                       \
  }
WAITS(WAIT_FUNCTION)

#define WAIT_FOR_ALL CASE "19waitForExpectations7timeout4file4line7handlerySd_s12StaticStringVSiys5Error_pSgcSgtF"

typedef SWIFT_CC void (*wait_for_all_function)(double seconds, const void *file,
                                               uint64_t file_size, uint8_t file_flags, long line,
                                               void *handler, void *handler_context,
                                               SELF_CONTEXT void *self);

HIDDEN SWIFT_CC void il_wait_for_all(double seconds, const void *file, uint64_t file_size,
                                     uint8_t file_flags, long line, void *handler,
                                     void *handler_context, SELF_CONTEXT void *self);

SWIFT_CC void il_wait_for_all(double seconds, const void *file, uint64_t file_size,
                              uint8_t file_flags, long line, void *handler,
                              void *handler_context, SELF_CONTEXT void *self) {
  if (il_current && il_test_blocks) {
    il_test_blocks(file, file_size, file_flags, line);
    return;
  }
  static wait_for_all_function other;
  if (UNLIKELY(!other)) *(void **)&other = il_next_symbol(WAIT_FOR_ALL);
  other(seconds, file, file_size, file_flags, line, handler, handler_context, self);
}

#define WAIT_BY_NAME(name, symbol) __asm__(NAMED(symbol, "il_" #name));
WAITS(WAIT_BY_NAME)
__asm__(NAMED(WAIT_FOR_ALL, "il_wait_for_all"));

// MARK: What is waited for

// An expectation has been fulfilled once more.
__attribute__((weak)) SWIFT_CC void il_expectation_fulfilled(void *expectation);

#define FULFILL EXPECTATION "7fulfill_4lineys12StaticStringV_SitF"

typedef SWIFT_CC void (*fulfill_function)(const void *file, uint64_t file_size,
                                          uint8_t file_flags, long line, SELF_CONTEXT void *self);

HIDDEN SWIFT_CC void il_fulfill(const void *file, uint64_t file_size, uint8_t file_flags,
                                long line, SELF_CONTEXT void *self);

SWIFT_CC void il_fulfill(const void *file, uint64_t file_size, uint8_t file_flags, long line,
                         SELF_CONTEXT void *self) {
  static fulfill_function other;
  if (UNLIKELY(!other)) *(void **)&other = il_next_symbol(FULFILL);
  other(file, file_size, file_flags, line, self);
  if (il_expectation_fulfilled) il_expectation_fulfilled(self);
}

__asm__(NAMED(FULFILL, "il_fulfill"));

// MARK: Classes

// Puts a function in the place of another in the table of a class of XCTest's.
//
// Returns whether the other was there, in one place.
static bool replace(const char *class, const void *function, const void *here) {
  void *type = il_next_symbol(class);
  Dl_info info;
  const ElfW(Sym) *symbol = NULL;
  if (!type || !function || !dladdr1(type, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol)
    return false;
  const void **words = type, **place = NULL;
  for (size_t i = 0; i < symbol->st_size / sizeof *words; i++) {
    if (words[i] != function) continue;
    if (place) return false;
    place = &words[i];
  }
  if (place) *place = here;
  return place;
}

static bool fits(const struct async_function *other, const struct async_function *own) {
  return other && own && other->frame <= FRAME && own->frame <= FRAME;
}

__attribute__((constructor)) static void take_places(void) {
  const char *waiter = WAITER "N";
  if (!il_next_symbol(waiter)) return;
  bool fit = true;
#define FIND(name, symbol, swift)                                                            \
  other_##name = il_next_symbol(symbol "Tu");                                                \
  fit = fit && fits(other_##name, &il_own_##name);
  AWAITS(FIND)
  void *fulfill = il_next_symbol(FULFILL);
  // Where there is one that is not as it is known, all goes on as it would without.
  if (!fit || !fulfill || !replace(EXPECTATION "N", fulfill, il_fulfill)) return;
  replace("$s6XCTest25XCTNSPredicateExpectationCN", fulfill, il_fulfill);
  replace("$s6XCTest28XCTNSNotificationExpectationCN", fulfill, il_fulfill);
  replace(waiter, other_waiter_fulfillment, &il_here_waiter_fulfillment);
  replace(waiter, other_class_fulfillment, &il_here_class_fulfillment);
  replace(waiter, il_next_symbol(WAITER WAIT RESULT ARGUMENTS "F"), il_waiter_wait);
  replace(waiter, il_next_symbol(WAITER WAIT RESULT ARGUMENTS "FZ"), il_class_wait);
  waits_in_runs = true;
}

IL_UNINSTRUMENTED_END
#endif
