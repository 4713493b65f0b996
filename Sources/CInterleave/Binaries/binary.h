// The index of an ELF file, and how its parts are read.

#ifndef CINTERLEAVE_BINARY_H
#define CINTERLEAVE_BINARY_H

#include "Binaries.h"

#include <string.h>

// MARK: - Numbers

/// Reads numbers, never beyond the end.
typedef struct {
  const uint8_t *at, *end;
  /// Something was missing: all that was read since is 0.
  bool failed;
} il_reader;

static inline size_t il_left(const il_reader *r) { return (size_t)(r->end - r->at); }

static inline void il_skip(il_reader *r, uint64_t size) {
  if (size > il_left(r)) {
    r->failed = true;
    r->at = r->end;
  } else {
    r->at += size;
  }
}

/// A number of up to eight bytes.
static inline uint64_t il_word(il_reader *r, size_t size) {
  uint64_t word = 0;
  const uint8_t *at = r->at;
  il_skip(r, size);
  if (!r->failed) memcpy(&word, at, size);
  return word;
}

/// A number in the LEB128 code, without a sign.
static inline uint64_t il_number(il_reader *r) {
  uint64_t number = 0;
  for (unsigned shift = 0; r->at < r->end; shift += 7) {
    uint8_t byte = *r->at++;
    if (shift < 64) number |= (uint64_t)(byte & 0x7F) << shift;
    if (!(byte & 0x80)) return number;
  }
  r->failed = true;
  return 0;
}

/// A number in the LEB128 code, with a sign.
static inline int64_t il_signed_number(il_reader *r) {
  uint64_t number = 0;
  unsigned shift = 0;
  while (r->at < r->end) {
    uint8_t byte = *r->at++;
    if (shift < 64) number |= (uint64_t)(byte & 0x7F) << shift;
    shift += 7;
    if (byte & 0x80) continue;
    if (shift < 64 && byte & 0x40) number |= UINT64_MAX << shift;
    return (int64_t)number;
  }
  r->failed = true;
  return 0;
}

/// Text that a zero ends.
static inline il_text il_terminated(il_reader *r) {
  const uint8_t *start = r->at, *end = memchr(start, 0, il_left(r));
  if (!end) {
    il_skip(r, il_left(r) + 1);
    return (il_text){NULL, 0};
  }
  r->at = end + 1;
  return (il_text){start, (size_t)(end - start)};
}

// MARK: - The index

typedef enum {
  IL_PART_SYMBOLS,
  IL_PART_NAMES,
  IL_PART_INFO,
  IL_PART_ABBREVIATIONS,
  IL_PART_LINES,
  IL_PART_LINE_STRINGS,
  IL_PART_STRINGS,
  IL_PART_STRING_OFFSETS,
  IL_PART_ADDRESSES,
  IL_PART_RANGES,
  IL_PART_BUILD_ID,
  IL_PARTS,
} il_part;

typedef struct {
  uint64_t value, size;
  /// Where the name is in its section, and how many symbols are before this one.
  uint32_t name, order;
} il_symbol;

/// Text somewhere in the file: its part, and its offset there.
typedef struct {
  bool is_known;
  il_part part;
  uint64_t offset;
} il_text_place;

/// The lines of one compilation unit; offsets are those in the section.
typedef struct {
  uint64_t offset, opcode_lengths, tables, program, end;
  uint8_t version, instruction_length, line_range, opcode_base;
  int8_t line_base;
  /// Up to DWARF 4, the unit itself tells its file and folder.
  il_text_place name, folder;
  bool has_entry;
} il_line_unit;

/// The registers of a line program.
typedef struct {
  uint64_t address, file;
  int64_t line;
} il_row;

/// A piece of a line program that can be run by itself.
typedef struct {
  /// The addresses that its rows are of, and the highest end of it and all before it.
  uint64_t low, high, highest;
  uint64_t offset;
  il_row start;
  uint32_t unit, order;
  /// The registers at the start are a row, whose code goes on until the next one.
  bool is_row;
} il_stretch;

/// An inlined call, and a range of its code.
typedef struct {
  uint64_t low, high;
  il_line line;
  il_text_place name;
  uint32_t depth, order;
} il_call;

struct il_binary {
  uint8_t header[64];
  size_t size;
  struct {
    uint64_t offset, size;
  } parts[IL_PARTS];
  il_symbol *symbols;
  il_line_unit *units;
  il_stretch *stretches;
  il_call *calls;
  size_t symbol_count, unit_count, unit_capacity, stretch_count, stretch_capacity, call_count,
      call_capacity;
};

/// Reads a part of the file from an offset on.
il_reader il_read_part(const il_binary *binary, const uint8_t *bytes, il_part part,
                       uint64_t offset);
/// The text at a place; NULL if it is not known.
il_text il_text_at(const il_binary *binary, const uint8_t *bytes, il_text_place place);
/// Room for one more element.
void *il_grown(void *elements, size_t count, size_t *capacity, size_t size);

/// Each reads a part of the file. They return false where that is not understood.
bool il_index_symbols(il_binary *binary, const uint8_t *bytes);
bool il_index_lines(il_binary *binary, const uint8_t *bytes);
bool il_index_entries(il_binary *binary, const uint8_t *bytes);

/// Reads the header of a unit's lines; leaves the reader at the next unit.
bool il_read_line_unit(const il_binary *binary, const uint8_t *bytes, il_reader *reader,
                       il_line_unit *unit);
/// The unit whose lines are at an offset; `IL_NO_UNIT` if there is none.
uint32_t il_unit_at(const il_binary *binary, uint64_t offset);

// MARK: - Values

/// What a value in debug information is.
typedef enum {
  IL_VALUE_NONE,
  IL_VALUE_OTHER,
  IL_VALUE_NUMBER,
  IL_VALUE_ADDRESS,
  IL_VALUE_ADDRESS_INDEX,
  IL_VALUE_TEXT,
  IL_VALUE_TEXT_INDEX,
  /// An entry, by its offset in its unit.
  IL_VALUE_REFERENCE,
  /// An entry, by its offset in the section.
  IL_VALUE_DISTANT_REFERENCE,
  /// An offset in another section.
  IL_VALUE_OFFSET,
} il_value_kind;

typedef struct {
  il_value_kind kind;
  uint64_t number;
  /// For text: the part in which it is.
  il_part part;
} il_value;

/// How many bytes each value of a form takes.
enum { IL_SIZE_VARIES = -1, IL_SIZE_UNKNOWN = -2 };
int il_form_size(uint64_t form);
/// Reads a value of a form; `part` is where the reader reads, and `start` where that begins.
il_value il_read_value(il_reader *reader, uint64_t form, il_part part, const uint8_t *start);

#endif
