// What an ELF file tells of addresses in its code: functions, lines, inlined calls.
//
// An index is made once of a file's bytes. It keeps places in the file and no bytes, so
// each question needs the bytes again. All of them are read with their bounds in mind:
// a damaged file has no index, or no answer.

#ifndef CINTERLEAVE_BINARIES_H
#define CINTERLEAVE_BINARIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

_Pragma("clang assume_nonnull begin")

/// Where the parts of a file are that explain addresses.
struct il_binary;
typedef struct il_binary il_binary;

/// Text in a file, not terminated; NULL where there is none.
typedef struct {
  const uint8_t *_Nullable start;
  size_t length;
} il_text;

/// A file and a line, as the file's table of lines numbers them.
typedef struct {
  /// The compilation unit whose files are meant; `IL_NO_UNIT` for none.
  uint32_t unit;
  uint64_t file;
  int64_t line;
} il_line;

#define IL_NO_UNIT UINT32_MAX

/// A call whose code was put in the place of the call.
typedef struct {
  /// The mangled name of the called function.
  il_text name;
  /// Where it is called.
  il_line line;
} il_inlined_call;

/// The path of a source file.
typedef struct {
  /// The folder, if the name is relative; `start` is NULL where it is not known.
  il_text folder;
  /// The name, which may be an absolute path; `start` is NULL where it is not known.
  il_text name;
} il_source_path;

/// Makes the index of a file: 64-bit ELF, DWARF 2 to 5 (in its 32-bit format).
///
/// Returns NULL where the file is damaged, or of a kind that is not read here:
/// compressed sections, debug information in another file, line programs that define
/// files or address more than one operation at a time.
il_binary *_Nullable il_binary_create(const uint8_t *bytes, size_t size);
void il_binary_destroy(il_binary *binary);
/// They look like the bytes that the index was made of.
bool il_binary_matches(const il_binary *binary, const uint8_t *bytes, size_t size);
/// The number that names the build; debug information may be found elsewhere by it.
il_text il_binary_build_id(const il_binary *binary, const uint8_t *bytes);

/// The mangled name of the function that begins at or last before an address.
///
/// All addresses are those of the file, to which it is not yet loaded.
/// Returns false if there is none; a name that cannot be read is NULL.
bool il_binary_symbol(const il_binary *binary, const uint8_t *bytes, uint64_t address,
                      il_text *name);
/// The line to which the code at an address belongs. Returns false if there is none.
bool il_binary_line(const il_binary *binary, const uint8_t *bytes, uint64_t address,
                    il_line *line);
/// The calls that were inlined at an address.
///
/// Returns how many there are; as many are written as there is room for.
size_t il_binary_inlined_calls(const il_binary *binary, const uint8_t *bytes,
                               uint64_t address, il_inlined_call *calls, size_t capacity);
/// The path of a line's file.
il_source_path il_binary_path(const il_binary *binary, const uint8_t *bytes, il_line line);

/// An image in memory: from its first segment to the end of its last code.
typedef struct {
  uintptr_t low, high;
  /// What is added to the addresses in its file.
  uintptr_t base;
} il_loaded_image;

/// The image that an address lies in, and the path of its file. Returns false if it lies
/// in none, or the path has no room.
bool il_image_at(uintptr_t address, il_loaded_image *image, char *path, size_t capacity);

_Pragma("clang assume_nonnull end")

#endif
