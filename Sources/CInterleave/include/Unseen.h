// By what steps may share something unseen, noted while a proof is attempted.

#ifndef CINTERLEAVE_UNSEEN_H
#define CINTERLEAVE_UNSEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

_Pragma("clang assume_nonnull begin")

struct il_session;
typedef struct il_session il_session;

/// By what steps may share something unseen.
typedef enum {
  IL_UNSEEN_NOTHING = 0,
  /// Atomics, of which a `Mutex` is made, too.
  IL_UNSEEN_ATOMICS = 1,
  /// A function of another library of which nothing is known.
  IL_UNSEEN_CALL = 2,
  /// It was asked whether an object still exists, or is referred to once.
  IL_UNSEEN_LIFETIME = 3,
  /// An object was freed that does something then.
  IL_UNSEEN_DEINIT = 4,
  /// A lock, or the like, was tried, which fails while another step is at it.
  IL_UNSEEN_TRIAL = 5,
  /// Code that is compiled together with what uses atomics, and may do so itself.
  IL_UNSEEN_BESIDE = 6,
} il_unseen_kind;

/// What a step did by which steps may share something unseen.
typedef struct {
  il_unseen_kind kind;
  /// Where it was called; or for what is code of the program's, where that begins.
  uintptr_t place;
  /// The function itself, and its symbol; NULL where that is not known.
  uintptr_t function;
  const char *_Nullable symbol;
} il_unseen;

/// Watches for calls of functions of which nothing is known, and for functions of the program
/// that contain atomic instructions, may load or store an atomic, or do something when an
/// object is freed, until `il_watch_end`; calls nest. False: that cannot be done here, or
/// under a debugger.
bool il_watch_begin(void);
void il_watch_end(void);
/// Names what is wrong with how instructions of the program are watched; NULL if nothing is, or if
/// none can be.
const char *_Nullable il_watch_probe(void);
/// Has what this session's steps do noted while it is watched for.
void il_session_note_unseen(il_session *session, bool notes);
/// The first such thing that a step of the last run did.
il_unseen il_session_unseen(const il_session *session);
/// Steps of the last run asked for the time, and let some pass by sleeping.
bool il_session_slept_by_clocks(const il_session *session);
/// For tests: the functions that would be watched.
size_t il_watched_count(void);
const char *il_watched_name(size_t index);

_Pragma("clang assume_nonnull end")

#ifdef __cplusplus
}
#endif

#endif
