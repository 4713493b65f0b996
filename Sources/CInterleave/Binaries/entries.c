// The entries of debug information: where calls were inlined.

#include "binary.h"

#include <stdlib.h>

enum { TAG_INLINED = 0x1D, TAG_FUNCTION = 0x2E };

/// What the entries of one kind have.
typedef struct {
  uint64_t tag;
  bool is_known, has_children;
  /// How many bytes they take, if that is always as many; else `IL_SIZE_VARIES`.
  int size;
  size_t first, count;
} entry_kind;

typedef struct {
  uint64_t name, form;
  int64_t value;
} attribute;

/// A unit that is read, and what its abbreviations say.
typedef struct {
  il_binary *binary;
  const uint8_t *bytes, *section, *section_end, *start;
  uint64_t version, abbreviations, low;
  uint64_t string_base, address_base;
  bool has_string_base, has_address_base;
  uint32_t lines;
  entry_kind *kinds;
  attribute *attributes;
  size_t kind_count, kind_capacity, attribute_count, attribute_capacity;
} unit_reader;

// MARK: - Abbreviations

static bool read_attributes(unit_reader *u, il_reader *r, entry_kind *kind) {
  kind->first = u->attribute_count;
  for (;;) {
    attribute a = {.name = il_number(r), .form = il_number(r)};
    if (r->failed) return false;
    if (!a.name && !a.form) return true;
    enum { IMPLICIT = 0x21 };
    if (a.form == IMPLICIT) a.value = il_signed_number(r);
    int size = il_form_size(a.form);
    if (size == IL_SIZE_UNKNOWN) return false;
    if (kind->size >= 0) kind->size = size >= 0 ? kind->size + size : IL_SIZE_VARIES;
    u->attributes = il_grown(u->attributes, u->attribute_count, &u->attribute_capacity,
                             sizeof *u->attributes);
    u->attributes[u->attribute_count++] = a;
    kind->count++;
  }
}

static bool read_abbreviations(unit_reader *u, uint64_t offset) {
  enum { MOST_KINDS = 1 << 16 };
  u->abbreviations = offset;
  u->attribute_count = 0;
  u->kind_count = 0;
  il_reader r = il_read_part(u->binary, u->bytes, IL_PART_ABBREVIATIONS, offset);
  for (;;) {
    uint64_t code = il_number(&r);
    if (r.failed || code > MOST_KINDS) return false;
    if (!code) return true;
    while (u->kind_count <= code) {
      u->kinds = il_grown(u->kinds, u->kind_count, &u->kind_capacity, sizeof *u->kinds);
      u->kinds[u->kind_count++] = (entry_kind){0};
    }
    entry_kind kind = {.tag = il_number(&r), .is_known = true};
    kind.has_children = il_word(&r, 1);
    if (!read_attributes(u, &r, &kind)) return false;
    u->kinds[code] = kind;
  }
}

// MARK: - Entries

typedef struct {
  il_value name, linkage_name, folder, lines, string_base, address_base;
  il_value low, high, ranges, origin, specification, file, line, column;
} entry;

static il_value *value_named(entry *e, uint64_t name) {
  switch (name) {
  case 0x03: return &e->name;
  case 0x10: return &e->lines;
  case 0x11: return &e->low;
  case 0x12: return &e->high;
  case 0x1B: return &e->folder;
  case 0x31: return &e->origin;
  case 0x47: return &e->specification;
  case 0x55: return &e->ranges;
  case 0x57: return &e->column;
  case 0x58: return &e->file;
  case 0x59: return &e->line;
  case 0x6E: return &e->linkage_name;
  case 0x72: return &e->string_base;
  case 0x73: return &e->address_base;
  default: return NULL;
  }
}

static bool read_entry(const unit_reader *u, il_reader *r, const entry_kind *kind, entry *e) {
  *e = (entry){0};
  for (size_t i = 0; i < kind->count; i++) {
    const attribute *a = &u->attributes[kind->first + i];
    il_value value = il_read_value(r, a->form, IL_PART_INFO, u->section);
    il_value *wanted = value_named(e, a->name);
    if (wanted) *wanted = value;
  }
  return !r->failed;
}

static void skip_entry(const unit_reader *u, il_reader *r, const entry_kind *kind) {
  if (kind->size >= 0) {
    il_skip(r, (uint64_t)kind->size);
    return;
  }
  for (size_t i = 0; i < kind->count; i++) {
    uint64_t form = u->attributes[kind->first + i].form;
    int size = il_form_size(form);
    if (size >= 0) il_skip(r, (uint64_t)size);
    else il_read_value(r, form, IL_PART_INFO, u->section);
  }
}

/// The kind of the entry that begins here; NULL for the end of a list, or with a failure.
static const entry_kind *read_kind(const unit_reader *u, il_reader *r) {
  uint64_t code = il_number(r);
  if (!code || r->failed) return NULL;
  if (code < u->kind_count && u->kinds[code].is_known) return &u->kinds[code];
  r->failed = true;
  return NULL;
}

static il_text_place text_place(const unit_reader *u, il_value value) {
  if (value.kind == IL_VALUE_TEXT) return (il_text_place){true, value.part, value.number};
  if (value.kind != IL_VALUE_TEXT_INDEX || !u->has_string_base ||
      value.number > UINT32_MAX) return (il_text_place){0};
  il_reader r = il_read_part(u->binary, u->bytes, IL_PART_STRING_OFFSETS, u->string_base);
  il_skip(&r, value.number * 4);
  uint64_t offset = il_word(&r, 4);
  return (il_text_place){!r.failed, IL_PART_STRINGS, offset};
}

static bool address_of(const unit_reader *u, il_value value, uint64_t *address) {
  *address = value.number;
  if (value.kind == IL_VALUE_ADDRESS) return true;
  if (value.kind != IL_VALUE_ADDRESS_INDEX || !u->has_address_base ||
      value.number > UINT32_MAX) return false;
  il_reader r = il_read_part(u->binary, u->bytes, IL_PART_ADDRESSES, u->address_base);
  il_skip(&r, value.number * 8);
  *address = il_word(&r, 8);
  return !r.failed;
}

// MARK: - Inlined calls

/// Reads the function that a value refers to, which may be in another unit of the same
/// abbreviations. Returns false where it cannot be read.
static bool read_function(const unit_reader *u, il_value reference, entry *e, bool *is_function) {
  const uint8_t *from = reference.kind == IL_VALUE_REFERENCE ? u->start : u->section;
  il_reader r = {from, u->section_end, false};
  il_skip(&r, reference.number);
  const entry_kind *kind = read_kind(u, &r);
  *is_function = kind && kind->tag == TAG_FUNCTION;
  return !r.failed && (!*is_function || read_entry(u, &r, kind, e));
}

static bool is_reference(il_value value) {
  return value.kind == IL_VALUE_REFERENCE || value.kind == IL_VALUE_DISTANT_REFERENCE;
}

static bool add_range(const unit_reader *u, il_call call, uint64_t low, uint64_t high) {
  il_binary *binary = u->binary;
  // Each takes some bytes of the file; only a damaged one tells of more.
  if (binary->call_count > binary->size / 8) return false;
  binary->calls =
      il_grown(binary->calls, binary->call_count, &binary->call_capacity, sizeof *binary->calls);
  call.low = low;
  call.high = high;
  call.order = (uint32_t)binary->call_count;
  binary->calls[binary->call_count++] = call;
  return true;
}

static bool add_ranges(const unit_reader *u, il_call call, uint64_t offset) {
  il_reader r = il_read_part(u->binary, u->bytes, IL_PART_RANGES, offset);
  uint64_t base = u->low;
  for (;;) {
    uint64_t low = il_word(&r, 8), high = il_word(&r, 8);
    if (r.failed) return false;
    if (!low && !high) return true;
    if (low == UINT64_MAX) base = high;
    else if (!add_range(u, call, base + low, base + high)) return false;
  }
}

static bool add_call(const unit_reader *u, const entry *e, uint32_t depth) {
  if (!is_reference(e->origin) || e->file.kind != IL_VALUE_NUMBER ||
      e->line.kind != IL_VALUE_NUMBER || e->column.kind != IL_VALUE_NUMBER) return true;
  entry function;
  bool is_function = false;
  if (!read_function(u, e->origin, &function, &is_function)) return false;
  if (is_function && is_reference(function.specification) &&
      !read_function(u, function.specification, &function, &is_function)) return false;
  if (!is_function) return true;
  il_call call = {.line = {u->lines, e->file.number, (int64_t)e->line.number}, .depth = depth};
  call.name = text_place(u, function.linkage_name);
  if (!call.name.is_known) call.name = text_place(u, function.name);
  if (e->low.kind != IL_VALUE_NONE && e->high.kind != IL_VALUE_NONE) {
    uint64_t low, high = e->high.number;
    if (!address_of(u, e->low, &low)) return false;
    if (e->high.kind == IL_VALUE_NUMBER) high += low;
    else if (!address_of(u, e->high, &high)) return false;
    return add_range(u, call, low, high);
  }
  if (e->ranges.kind == IL_VALUE_OFFSET && u->version < 5 &&
      u->binary->parts[IL_PART_RANGES].size)
    return add_ranges(u, call, e->ranges.number);
  return true;
}

static bool add_calls(const unit_reader *u, il_reader r) {
  uint32_t depth = 0;
  while (r.at < r.end) {
    const entry_kind *kind = read_kind(u, &r);
    if (r.failed) return false;
    if (!kind) {
      if (--depth == 0) break;
      continue;
    }
    if (kind->tag == TAG_INLINED) {
      entry e;
      if (!read_entry(u, &r, kind, &e) || !add_call(u, &e, depth)) return false;
    } else {
      skip_entry(u, &r, kind);
    }
    if (kind->has_children) depth++;
  }
  return !r.failed;
}

// MARK: - Units

static bool take_base(il_value value, uint64_t *base) {
  *base = value.number;
  return value.kind == IL_VALUE_OFFSET;
}

static bool read_unit(unit_reader *u, il_reader *section) {
  enum { TYPE = 2, SKELETON = 4, SPLIT = 5, SPLIT_TYPE = 6 };
  u->start = section->at;
  uint64_t length = il_word(section, 4);
  if (section->failed || length >= 0xFFFFFFF0 || length > il_left(section)) return false;
  il_reader r = {section->at, section->at + length, false};
  section->at = r.end;
  u->version = il_word(&r, 2);
  if (u->version < 2 || u->version > 5) return false;
  uint64_t type = u->version == 5 ? il_word(&r, 1) : 0;
  uint64_t address_size = u->version == 5 ? il_word(&r, 1) : 8;
  uint64_t abbreviations = il_word(&r, 4);
  if (u->version < 5) address_size = il_word(&r, 1);
  if (type == SKELETON || type == SPLIT) il_skip(&r, 8);
  if (type == TYPE || type == SPLIT_TYPE) il_skip(&r, 12);
  if (r.failed || address_size != 8) return false;
  if (u->abbreviations != abbreviations && !read_abbreviations(u, abbreviations)) return false;
  il_reader entries = r;
  const entry_kind *kind = read_kind(u, &r);
  entry e;
  if (!kind || !read_entry(u, &r, kind, &e)) return false;
  u->has_string_base = take_base(e.string_base, &u->string_base);
  u->has_address_base = take_base(e.address_base, &u->address_base);
  u->low = e.low.kind == IL_VALUE_ADDRESS ? e.low.number : 0;
  u->lines = e.lines.kind == IL_VALUE_OFFSET ? il_unit_at(u->binary, e.lines.number) : IL_NO_UNIT;
  if (u->lines != IL_NO_UNIT && !u->binary->units[u->lines].has_entry) {
    il_line_unit *lines = &u->binary->units[u->lines];
    lines->name = text_place(u, e.name);
    lines->folder = text_place(u, e.folder);
    lines->has_entry = true;
  }
  return add_calls(u, entries);
}

static int by_range(const void *a, const void *b) {
  const il_call *one = a, *other = b;
  if (one->low != other->low) return one->low < other->low ? -1 : 1;
  if (one->depth != other->depth) return one->depth > other->depth ? -1 : 1;
  return one->order < other->order ? -1 : one->order > other->order;
}

bool il_index_entries(il_binary *binary, const uint8_t *bytes) {
  unit_reader u = {.binary = binary, .bytes = bytes, .abbreviations = UINT64_MAX,
                   .section = bytes + binary->parts[IL_PART_INFO].offset};
  il_reader section = il_read_part(binary, bytes, IL_PART_INFO, 0);
  u.section_end = section.end;
  bool is_known = true;
  while (section.at < section.end && is_known) is_known = read_unit(&u, &section);
  free(u.kinds);
  free(u.attributes);
  if (binary->call_count)
    qsort(binary->calls, binary->call_count, sizeof *binary->calls, by_range);
  return is_known;
}

// MARK: - Questions

static bool has_in_it(const il_call *call, uint64_t address) {
  return call->low <= address && address < call->high;
}

// Ranges contain each other, and are sorted as if they did not: what is found by halving
// and lies around it is what the toolchain's own look-up finds.
size_t il_binary_inlined_calls(const il_binary *binary, const uint8_t *bytes, uint64_t address,
                               il_inlined_call *found, size_t capacity) {
  const il_call *calls = binary->calls;
  size_t low = 0, high = binary->call_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2, first = middle, last = middle;
    if (!has_in_it(&calls[middle], address)) {
      if (calls[middle].high <= address) low = middle + 1; else high = middle;
      continue;
    }
    while (first && has_in_it(&calls[first - 1], address)) first--;
    while (last + 1 < binary->call_count && has_in_it(&calls[last + 1], address)) last++;
    for (size_t i = first; i <= last && i - first < capacity; i++)
      found[i - first] = (il_inlined_call){il_text_at(binary, bytes, calls[i].name), calls[i].line};
    return last - first + 1;
  }
  return 0;
}
