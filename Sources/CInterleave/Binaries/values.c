// The values of attributes in debug information, by the forms in which they are written.

#include "binary.h"

enum {
  FORM_BLOCK2 = 0x03, FORM_BLOCK4 = 0x04, FORM_STRING = 0x08, FORM_BLOCK = 0x09,
  FORM_BLOCK1 = 0x0A, FORM_SDATA = 0x0D, FORM_UDATA = 0x0F, FORM_EXPRESSION = 0x18,
};

// By form; how many bytes, V for as many as the value says, and X for a form that is
// not read here.
enum { V = IL_SIZE_VARIES, X = IL_SIZE_UNKNOWN };
static const int8_t sizes[] = {
    //   0  1  2  3  4  5  6  7   8  9  A  B  C  D  E  F
    /*0*/ X, 8, X, V, V, 2, 4, 8, V, V, V, 1, 1, V, 4, V,
    /*1*/ 4, 1, 2, 4, 8, V, X, 4, V, 0, V, V, 4, 4, 16, 4,
    /*2*/ 8, 0, V, V, 8, 1, 2, 3, 4, 1, 2, 3, 4,
};

int il_form_size(uint64_t form) {
  return form < sizeof sizes ? sizes[form] : IL_SIZE_UNKNOWN;
}

static il_value_kind kind_of(uint64_t form) {
  switch (form) {
  case 0x01: return IL_VALUE_ADDRESS;
  case 0x1B: case 0x29: case 0x2A: case 0x2B: case 0x2C: return IL_VALUE_ADDRESS_INDEX;
  case 0x05: case 0x06: case 0x07: case 0x0B: case FORM_UDATA: return IL_VALUE_NUMBER;
  case FORM_STRING: case 0x0E: case 0x1F: return IL_VALUE_TEXT;
  case 0x1A: case 0x25: case 0x26: case 0x27: case 0x28: return IL_VALUE_TEXT_INDEX;
  case 0x11: case 0x12: case 0x13: case 0x14: case 0x15: return IL_VALUE_REFERENCE;
  case 0x10: return IL_VALUE_DISTANT_REFERENCE;
  case 0x17: return IL_VALUE_OFFSET;
  default: return IL_VALUE_OTHER;
  }
}

il_value il_read_value(il_reader *reader, uint64_t form, il_part part, const uint8_t *start) {
  il_value value = {.kind = kind_of(form)};
  int size = il_form_size(form);
  if (size >= 0) {
    if (size <= 8) value.number = il_word(reader, (size_t)size);
    else il_skip(reader, (uint64_t)size);
    value.part = form == 0x0E ? IL_PART_STRINGS : IL_PART_LINE_STRINGS;
    return value;
  }
  switch (form) {
  case FORM_STRING:
    value.part = part;
    value.number = (uint64_t)(reader->at - start);
    il_terminated(reader);
    break;
  case FORM_BLOCK1: il_skip(reader, il_word(reader, 1)); break;
  case FORM_BLOCK2: il_skip(reader, il_word(reader, 2)); break;
  case FORM_BLOCK4: il_skip(reader, il_word(reader, 4)); break;
  case FORM_BLOCK: case FORM_EXPRESSION: il_skip(reader, il_number(reader)); break;
  case FORM_SDATA: il_signed_number(reader); break;
  default:
    // All other forms of varying size are numbers.
    if (size == IL_SIZE_VARIES) value.number = il_number(reader);
    else il_skip(reader, il_left(reader) + 1ull);
    break;
  }
  return value;
}
