// What is known of the functions that a program calls in other libraries.

#ifndef CINTERLEAVE_KNOWN_H
#define CINTERLEAVE_KNOWN_H

typedef enum {
  /// Steps share nothing by it, or what they share is noted.
  IL_CALL_KNOWN,
  /// It uses atomics, by which steps share memory unseen.
  IL_CALL_ATOMIC,
  /// It tells whether an object has been freed.
  IL_CALL_LIFETIME,
  /// It tells whether an object is referred to once: whether others have let go of it.
  IL_CALL_UNIQUENESS,
  /// It may do anything.
  IL_CALL_UNKNOWN,
} il_call_kind;

/// Judges a function by its symbol and by the path of the library that defines it.
il_call_kind il_judge_call(const char *library, const char *symbol);

#endif
