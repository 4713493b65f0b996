// Failures that test cases of XCTest are told of: assertions that fail while a step of a run goes
// on, and failures of whole campaigns that end a test.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Ground/ground.h"

#if defined(__linux__)

IL_UNINSTRUMENTED_BEGIN

// A string of Swift, as it is handed on.
#define STRING(name) uint64_t name##_first, void *name##_second

// Takes a failed assertion for the run whose step goes on; false where there is none. It is
// written in Swift, in the target above, which not every program has.
__attribute__((weak)) SWIFT_CC bool il_assertion_failed(STRING(message), STRING(file), long line);

// What is told in the place of an error that a test has thrown. The strings are the test's to keep.
struct told {
  uint64_t message_first;
  void *message_second;
  uint64_t file_first;
  void *file_second;
  long line;
};

// Says what is told of a failure that `fuzz` has thrown, by the words in which XCTest tells of it;
// false where they are another error's.
__attribute__((weak)) SWIFT_CC bool il_failure_thrown(STRING(message), struct told *told);

// Tells whether XCTest misses waits that runs have made in its place.
__attribute__((weak)) SWIFT_CC bool il_was_waited_for(STRING(message));

#define RECORD_FAILURE \
  "$s6XCTest0A4CaseC13recordFailure15withDescription6inFile6atLine8expectedySS_SSSiSbtF"

typedef SWIFT_CC void (*record_function)(STRING(message), STRING(file), long line, bool expected,
                                         SELF_CONTEXT void *test);

// `XCTestCase.recordFailure(withDescription:inFile:atLine:expected:)`: what each assertion that
// fails calls. The classes of test cases that lie in this image have it in their tables by name, so
// that this one takes its place in them. A program without XCTest never calls it.
SWIFT_CC void il_record_failure(STRING(message), STRING(file), long line, bool expected,
                                SELF_CONTEXT void *test) __asm__(RECORD_FAILURE);

SWIFT_CC void il_record_failure(STRING(message), STRING(file), long line, bool expected,
                                SELF_CONTEXT void *test) {
  if (il_current && il_assertion_failed &&
      il_assertion_failed(message_first, message_second, file_first, file_second, line))
    return;
  static record_function original;
  if (UNLIKELY(!original)) *(void **)&original = il_next_symbol(RECORD_FAILURE);
  if (!expected && il_was_waited_for && il_was_waited_for(message_first, message_second)) return;
  struct told told;
  if (!expected && il_failure_thrown && il_failure_thrown(message_first, message_second, &told)) {
    original(told.message_first, told.message_second, told.file_first, told.file_second, told.line,
             expected, test);
    return;
  }
  original(message_first, message_second, file_first, file_second, line, expected, test);
}

IL_UNINSTRUMENTED_END
#endif
