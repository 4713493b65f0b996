// The compilation units in a table of lines: how their programs are to be read, and
// which files they know.

#include "binary.h"

enum { CONTENT_PATH = 1, CONTENT_FOLDER = 2 };

bool il_read_line_unit(const il_binary *binary, const uint8_t *bytes, il_reader *reader,
                       il_line_unit *unit) {
  const uint8_t *start = bytes + binary->parts[IL_PART_LINES].offset;
  *unit = (il_line_unit){.offset = (uint64_t)(reader->at - start)};
  uint64_t length = il_word(reader, 4);
  if (reader->failed || length >= 0xFFFFFFF0 || length > il_left(reader)) return false;
  il_reader r = {reader->at, reader->at + length, false};
  reader->at = r.end;
  unit->end = (uint64_t)(r.end - start);
  unit->program = unit->end;
  uint64_t version = il_word(&r, 2);
  // Nothing is known of others; nothing is looked for in them.
  if (version < 2 || version > 5) return !r.failed;
  unit->version = (uint8_t)version;
  bool has_sizes = version == 5;
  if (has_sizes && il_word(&r, 1) != 8) return false;
  if (has_sizes) il_skip(&r, 1);
  uint64_t header = il_word(&r, 4);
  if (r.failed || header > il_left(&r)) return false;
  unit->program = (uint64_t)(r.at - start) + header;
  unit->instruction_length = (uint8_t)il_word(&r, 1);
  if (version >= 4 && il_word(&r, 1) != 1) return false;
  il_skip(&r, 1);
  unit->line_base = (int8_t)il_word(&r, 1);
  unit->line_range = (uint8_t)il_word(&r, 1);
  unit->opcode_base = (uint8_t)il_word(&r, 1);
  if (!unit->line_range || !unit->opcode_base) return false;
  unit->opcode_lengths = (uint64_t)(r.at - start);
  il_skip(&r, unit->opcode_base - 1u);
  unit->tables = (uint64_t)(r.at - start);
  return !r.failed && unit->tables <= unit->program;
}

uint32_t il_unit_at(const il_binary *binary, uint64_t offset) {
  size_t low = 0, high = binary->unit_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (binary->units[middle].offset < offset) low = middle + 1; else high = middle;
  }
  bool is_found = low < binary->unit_count && binary->units[low].offset == offset;
  return is_found ? (uint32_t)low : IL_NO_UNIT;
}

// MARK: - Files

// Up to DWARF 4: folders and files are lists of their own forms, counted from 1.
static il_source_path old_path(il_reader *r, uint64_t file, il_source_path units) {
  if (!file) return units;
  il_reader folders = *r;
  while (il_terminated(r).length) {}
  il_source_path path = {0};
  uint64_t folder = 0;
  for (uint64_t i = 1; i <= file; i++) {
    path.name = il_terminated(r);
    if (!path.name.length) return (il_source_path){0};
    folder = il_number(r);
    il_number(r);
    il_number(r);
    if (r->failed) return (il_source_path){0};
  }
  if (!folder) path.folder = units.folder;
  for (uint64_t i = 1; i <= folder; i++) {
    path.folder = il_terminated(&folders);
    if (!path.folder.length) {
      path.folder.start = NULL;
      break;
    }
  }
  return path;
}

typedef struct {
  uint8_t count;
  struct {
    uint64_t content, form;
  } columns[8];
} row_format;

static bool read_format(il_reader *r, row_format *format) {
  format->count = (uint8_t)il_word(r, 1);
  if (format->count > sizeof format->columns / sizeof *format->columns) return false;
  for (uint8_t i = 0; i < format->count; i++) {
    format->columns[i].content = il_number(r);
    format->columns[i].form = il_number(r);
  }
  return !r->failed;
}

static void read_row(il_reader *r, const row_format *format, const uint8_t *start, il_value *name,
                     il_value *folder) {
  *name = *folder = (il_value){.kind = IL_VALUE_NONE};
  for (uint8_t i = 0; i < format->count; i++) {
    il_value value = il_read_value(r, format->columns[i].form, IL_PART_LINES, start);
    if (format->columns[i].content == CONTENT_PATH) *name = value;
    if (format->columns[i].content == CONTENT_FOLDER) *folder = value;
  }
}

static il_text text_of(const il_binary *binary, const uint8_t *bytes, il_value value) {
  return il_text_at(binary, bytes,
                    (il_text_place){value.kind == IL_VALUE_TEXT, value.part, value.number});
}

// Reads a table up to a row. Returns false if it has no such row.
static bool find_row(il_reader *r, const row_format *format, const uint8_t *start, uint64_t row,
                     uint64_t rows, il_value *name, il_value *folder) {
  if (row >= rows || rows > il_left(r) || !format->count) return false;
  for (uint64_t i = 0; i <= row && !r->failed; i++) read_row(r, format, start, name, folder);
  return !r->failed;
}

// DWARF 5: tables that say how they are written, counted from 0.
static il_source_path new_path(const il_binary *binary, const uint8_t *bytes, il_reader *r,
                               uint64_t file) {
  const uint8_t *start = bytes + binary->parts[IL_PART_LINES].offset;
  row_format folder_format, file_format;
  il_value name, folder, ignored;
  il_source_path path = {0};
  if (!read_format(r, &folder_format)) return path;
  uint64_t folders = il_number(r);
  // A row takes at least a byte.
  if (folders > il_left(r)) return path;
  il_reader folder_rows = *r;
  for (uint64_t i = 0; i < folders && folder_format.count && !r->failed; i++)
    read_row(r, &folder_format, start, &name, &folder);
  if (!read_format(r, &file_format)) return path;
  uint64_t files = il_number(r);
  if (!find_row(r, &file_format, start, file, files, &name, &folder)) return path;
  path.name = text_of(binary, bytes, name);
  if (folder.kind == IL_VALUE_NUMBER &&
      find_row(&folder_rows, &folder_format, start, folder.number, folders, &name, &ignored))
    path.folder = text_of(binary, bytes, name);
  return path;
}

il_source_path il_binary_path(const il_binary *binary, const uint8_t *bytes, il_line line) {
  if (line.unit >= binary->unit_count) return (il_source_path){0};
  const il_line_unit *unit = &binary->units[line.unit];
  il_reader r = il_read_part(binary, bytes, IL_PART_LINES, unit->tables);
  r.end = bytes + binary->parts[IL_PART_LINES].offset + unit->program;
  if (unit->version >= 5) return new_path(binary, bytes, &r, line.file);
  il_source_path units = {{(const uint8_t *)".", 1}, {NULL, 0}};
  if (unit->name.is_known) units.name = il_text_at(binary, bytes, unit->name);
  if (unit->folder.is_known) units.folder = il_text_at(binary, bytes, unit->folder);
  return old_path(&r, line.file, units);
}
