// The programs that a table of lines consists of.
//
// A program is run once, and cut into stretches; a question runs those again that have
// rows about the address.

#include "binary.h"

#include <stdlib.h>

enum { ROWS_OF_A_STRETCH = 64 };

typedef enum { STEP_ROW, STEP_END_OF_SEQUENCE, STEP_END_OF_PROGRAM, STEP_DAMAGED } line_step;

static const il_row first_row = {.file = 1, .line = 1};

// Runs a program up to where it adds a row.
static line_step next_row(il_reader *r, const il_line_unit *unit, const uint8_t *lengths,
                          il_row *row) {
  enum { EXTENDED, COPY, ADVANCE, LINE, FILE_NUMBER, COLUMN, STATEMENT, BLOCK, ADD, ADD_FIXED };
  enum { END_OF_SEQUENCE = 1, SET_ADDRESS = 2, DEFINE_FILE = 3 };
  while (r->at < r->end) {
    uint8_t opcode = *r->at++;
    if (opcode >= unit->opcode_base) {
      unsigned change = opcode - unit->opcode_base;
      row->address += (uint64_t)(change / unit->line_range) * unit->instruction_length;
      row->line += unit->line_base + (int)(change % unit->line_range);
      return STEP_ROW;
    }
    switch (opcode) {
    case EXTENDED: {
      uint64_t length = il_number(r);
      if (r->failed || !length || length > il_left(r)) return STEP_DAMAGED;
      const uint8_t *next = r->at + length;
      uint8_t extended = *r->at++;
      if (extended == DEFINE_FILE || (extended == SET_ADDRESS && length != 9))
        return STEP_DAMAGED;
      if (extended == SET_ADDRESS) row->address = il_word(r, 8);
      r->at = next;
      if (extended == END_OF_SEQUENCE) return STEP_END_OF_SEQUENCE;
      break;
    }
    case COPY: return STEP_ROW;
    case ADVANCE: row->address += il_number(r) * unit->instruction_length; break;
    case LINE: row->line = (int64_t)((uint64_t)row->line + (uint64_t)il_signed_number(r)); break;
    case FILE_NUMBER: row->file = il_number(r); break;
    case COLUMN: il_number(r); break;
    case STATEMENT: case BLOCK: break;
    case ADD:
      row->address += (uint64_t)((255u - unit->opcode_base) / unit->line_range) *
                      unit->instruction_length;
      break;
    case ADD_FIXED: row->address += il_word(r, 2); break;
    default:
      for (uint8_t i = lengths[opcode - 1]; i; i--) il_number(r);
      break;
    }
    if (r->failed) return STEP_DAMAGED;
  }
  return STEP_END_OF_PROGRAM;
}

// MARK: - Stretches

static void begin_stretch(il_binary *binary, il_stretch *stretch, uint32_t unit, uint64_t offset,
                          il_row start, bool is_row) {
  *stretch = (il_stretch){.low = UINT64_MAX, .offset = offset, .start = start, .unit = unit,
                          .order = (uint32_t)binary->stretch_count, .is_row = is_row};
}

static void end_stretch(il_binary *binary, const il_stretch *stretch) {
  if (stretch->low >= stretch->high) return;
  binary->stretches = il_grown(binary->stretches, binary->stretch_count,
                               &binary->stretch_capacity, sizeof *binary->stretches);
  binary->stretches[binary->stretch_count++] = *stretch;
}

static bool index_program(il_binary *binary, const uint8_t *bytes, uint32_t number) {
  const il_line_unit *unit = &binary->units[number];
  const uint8_t *start = bytes + binary->parts[IL_PART_LINES].offset;
  il_reader r = {start + unit->program, start + unit->end, false};
  il_row row = first_row, previous = row;
  bool has_previous = false;
  il_stretch stretch;
  begin_stretch(binary, &stretch, number, unit->program, row, false);
  for (unsigned rows = 0;; rows++) {
    line_step step = next_row(&r, unit, start + unit->opcode_lengths, &row);
    // A program ends with a sequence.
    if (step == STEP_END_OF_PROGRAM) return !has_previous;
    if (step == STEP_DAMAGED) return false;
    if (has_previous && previous.address < row.address) {
      if (previous.address < stretch.low) stretch.low = previous.address;
      if (row.address > stretch.high) stretch.high = row.address;
    }
    previous = row;
    has_previous = step == STEP_ROW;
    if (has_previous && rows < ROWS_OF_A_STRETCH) continue;
    if (!has_previous) previous = row = first_row;
    end_stretch(binary, &stretch);
    begin_stretch(binary, &stretch, number, (uint64_t)(r.at - start), row, has_previous);
    rows = 0;
  }
}

static int by_low(const void *a, const void *b) {
  const il_stretch *one = a, *other = b;
  if (one->low != other->low) return one->low < other->low ? -1 : 1;
  return one->order < other->order ? -1 : one->order > other->order;
}

bool il_index_lines(il_binary *binary, const uint8_t *bytes) {
  il_reader r = il_read_part(binary, bytes, IL_PART_LINES, 0);
  while (r.at < r.end) {
    binary->units = il_grown(binary->units, binary->unit_count, &binary->unit_capacity,
                             sizeof *binary->units);
    il_line_unit *unit = &binary->units[binary->unit_count];
    if (!il_read_line_unit(binary, bytes, &r, unit)) return false;
    if (!index_program(binary, bytes, (uint32_t)binary->unit_count++)) return false;
  }
  if (binary->stretch_count)
    qsort(binary->stretches, binary->stretch_count, sizeof *binary->stretches, by_low);
  uint64_t highest = 0;
  for (size_t i = 0; i < binary->stretch_count; i++) {
    if (binary->stretches[i].high > highest) highest = binary->stretches[i].high;
    binary->stretches[i].highest = highest;
  }
  return true;
}

// MARK: - Questions

// Runs a stretch until a row's code has the address in it.
static bool run(const il_binary *binary, const uint8_t *bytes, const il_stretch *stretch,
                uint64_t address, il_line *line) {
  const il_line_unit *unit = &binary->units[stretch->unit];
  const uint8_t *start = bytes + binary->parts[IL_PART_LINES].offset;
  il_reader r = {start + stretch->offset, start + unit->end, false};
  il_row row = stretch->start, previous = row;
  bool has_previous = stretch->is_row;
  for (unsigned rows = 0; rows <= ROWS_OF_A_STRETCH; rows++) {
    line_step step = next_row(&r, unit, start + unit->opcode_lengths, &row);
    if (step != STEP_ROW && step != STEP_END_OF_SEQUENCE) return false;
    if (has_previous && previous.address <= address && address < row.address) {
      *line = (il_line){stretch->unit, previous.file, previous.line};
      return true;
    }
    if (step == STEP_END_OF_SEQUENCE) return false;
    previous = row;
    has_previous = true;
  }
  return false;
}

// Code that was left out when the program was linked may seem to lie anywhere: of several
// units the last one counts, and in that the first row.
bool il_binary_line(const il_binary *binary, const uint8_t *bytes, uint64_t address,
                    il_line *line) {
  const il_stretch *stretches = binary->stretches;
  size_t low = 0, high = binary->stretch_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (stretches[middle].low <= address) low = middle + 1; else high = middle;
  }
  const il_stretch *best = NULL;
  for (size_t i = low; i && stretches[i - 1].highest > address; i--) {
    const il_stretch *stretch = &stretches[i - 1];
    if (stretch->high <= address) continue;
    bool is_better = !best || stretch->unit > best->unit ||
                     (stretch->unit == best->unit && stretch->order < best->order);
    if (is_better && run(binary, bytes, stretch, address, line)) best = stretch;
  }
  return best != NULL;
}
