// The functions of the program that may share memory between steps unseen.

#ifndef CINTERLEAVE_WATCHLIST_H
#define CINTERLEAVE_WATCHLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// MARK: - Names

static inline bool begins_with(const char *text, const char *start) {
  return !strncmp(text, start, strlen(start));
}

static inline bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), count = strlen(end);
  return length >= count && !strcmp(text + length - count, end);
}

// MARK: - Functions

typedef struct {
  uintptr_t start;
  size_t size;
  const char *name;
  /// The function as it is in its file.
  const uint8_t *code;
  /// It belongs to this package, whose own atomics are no program's.
  bool is_own;
  /// It contains an atomic instruction, or may read or write what is atomic; or it frees
  /// an object, and does more than that.
  bool is_watched;
  /// It is compiled together with what uses atomics, and nothing more is known of it.
  bool is_beside;
  /// It frees an object.
  bool is_deinit;
} il_function;

/// The functions of one image, by address.
typedef struct il_image {
  il_function *functions;
  size_t count;
  /// Where its code is.
  uintptr_t begin, end;
  /// The first and the last page in which a function is watched; 0 for none.
  uintptr_t first_page, last_page;
  struct il_image *next;
} il_image;

/// Finds the functions of all images that do not come with the system or the
/// toolchain, and if asked for marks those that use atomics. Returns false where they cannot be told
/// apart.
bool il_find_functions(il_image **images, bool marks_atomics);

/// The function that an address lies in, or NULL.
il_function *il_function_at(const il_image *images, uintptr_t address);

/// Some instruction of the function may be atomic: most functions have none of the bytes.
bool il_may_have_atomics(const il_function *function);

/// Marks what frees an object and does more than to let go of what that refers to. The
/// places through which the images call others must have been found.
void il_watch_deinits(il_image *images);

// MARK: - Files

typedef struct {
  const char *begin;
  size_t size;
} il_bytes;

/// The parts of an image's file that tell what atomics it uses.
typedef struct {
  uintptr_t base;
  il_bytes file, symbols, names, debug_info, debug_abbreviations, debug_strings, string_offsets;
} il_image_file;

/// Marks the functions that may load or store an atomic plainly, which no
/// instruction tells. Returns false where that cannot be known.
bool il_watch_plain_atomics(il_image *image, const il_image_file *file);

// MARK: - Names of types

enum { IL_MOST_TYPES = 256, IL_LONGEST_NAME = 128 };

/// Parts of mangled names: of the types that are atomic, and of those that hold one.
typedef struct {
  char names[IL_MOST_TYPES][IL_LONGEST_NAME];
  size_t count;
} il_type_names;

/// Where a name mentions one of the types; NULL for nowhere.
const char *il_find_type(const il_type_names *types, const char *name);
/// What follows the identifier at the start of a mangled name; NULL if there is none.
const char *il_after_identifier(const char *name);

/// Marks all functions of the compilation units whose debug information mentions one of
/// the types. Returns false where that is not known.
bool il_watch_units(il_image *image, const il_image_file *file, const il_type_names *types);

#endif
