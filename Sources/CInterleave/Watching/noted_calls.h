// Noting what a step calls in other libraries.

#ifndef CINTERLEAVE_NOTED_CALLS_H
#define CINTERLEAVE_NOTED_CALLS_H

#include "known.h"
#include "watchlist.h"

/// A function of another library, of which nothing is known.
typedef struct {
  const char *symbol;
  void *target;
  il_call_kind kind;
  /// It is called by way of a class of the library's, and so by the library, too.
  bool is_method;
  uint8_t *stub;
} il_called;

/// The size of a stub, and where in it is what asynchronous functions are known by.
enum { IL_STUB = 48, IL_STUB_ASYNC = 32 };

/// The code belongs to this package.
bool il_is_own_code(uintptr_t address);
/// Makes the code that notes a call and goes on with it.
void il_write_stub(const il_called *call);
/// What is called from these images is looked at.
void il_note_calls_of(const il_image *images);
/// Whether trials and what is outside of the program are noted, which have no stubs.
void il_note_calls_to_others(bool is_noted);

#endif
