// What debug information tells of atomics: the compilation units that mention them. In
// such a unit one may be used without a trace in the code.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Ground/ground.h"
#include "watchlist.h"

#if defined(__linux__) && defined(__x86_64__)
#include <stdlib.h>
#include <string.h>

// MARK: - Functions

static int by_name(const void *a, const void *b) {
  return strcmp((*(il_function *const *)a)->name, (*(il_function *const *)b)->name);
}

static const char *const foundation_modules[] = {"10Foundation", "20FoundationEssentials",
                                                 "29FoundationInternationalization"};

// Whether a mangled name, or a part of one, begins with a module of Foundation.
static bool begins_with_foundation(const char *name) {
  const char *end = il_after_identifier(name);
  for (size_t i = 0; end && i < sizeof foundation_modules / sizeof *foundation_modules; i++)
    if (strlen(foundation_modules[i]) == (size_t)(end - name) &&
        !strncmp(name, foundation_modules[i], (size_t)(end - name))) return true;
  return false;
}

// An extension made by a module that is none of Foundation: its name is followed by an E. In an
// identifier with words of the name so far, which begins and ends with a 0, that is a word.
static bool is_extension(const char *name) {
  const char *last = NULL;
  for (const char *at = name; *at; at++) {
    const char *end = il_after_identifier(at);
    if (end && *end == 'E' && !begins_with_foundation(at)) {
      bool is_word = at > name && at[-1] == '0' && at != last && end[1] == '0';
      if (!is_word) return true;
    }
    if (end) {
      last = end;
      at = end - 1;
    }
  }
  return false;
}

// Two identifiers in a row: a module and its type, or labels.
static bool names_module(const char *name) {
  for (const char *at = name; *at; at++) {
    const char *end = il_after_identifier(at);
    if (end && *end >= '0' && *end <= '9') return true;
    if (end) at = end - 1;
  }
  return false;
}

// An identifier that ends with a word of the name so far: with a capital and a 0. What
// follows it cannot be told from what follows a number.
static bool is_shortened(const char *name) {
  for (const char *at = name; *at; at++)
    if (*at >= 'A' && *at <= 'Z' && at[1] == '0') return true;
  return false;
}

static bool is_specialised(const char *name) {
  static const char *const marks[] = {"Tg", "TG", "Tt", "Tf", "TB", "TS", "Ts", "Tp"};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    if (strstr(name, marks[i])) return true;
  return false;
}

// A function that Foundation has every unit compile that calls it. The linker keeps the
// copy of any of them, and that does the same whatever else its unit holds: Foundation's
// source names no atomic, and reaches what a program passes to it by a witness or a
// closure, which is watched where it is. Only a copy that is made for certain types may
// have code of theirs in it; so it counts as Foundation's if none of them is the program's.
// What a program adds to a type of Foundation, and how it makes it conform, is its own.
static bool is_foundations(const char *name) {
  if (strncmp(name, "$s", 2) || !begins_with_foundation(name + 2)) return false;
  const char *member = il_after_identifier(name + 2);
  if (is_extension(member) || strstr(member, "0E") || ends_with(name, "TW")) return false;
  return !is_specialised(member) ||
         !(names_module(member) || is_shortened(member) || strstr(member, "So"));
}

// Code that every unit has that needs it, so that a run may enter that of another unit:
// of the standard library and of Foundation; thunks; copies of values. Atomics come into
// it by the types' names or by a closure, which its own name then tells.
static bool is_shared_code(const char *name) {
  if (strncmp(name, "$s", 2) && strncmp(name, "_Z", 2)) return true;
  if (strstr(name + 2, "$s")) return false;
  const char *function_type = strstr(name, "Ie");
  if (function_type && strstr(function_type, "TR")) return true;
  size_t length = strlen(name);
  if (ends_with(name, "Wl") || !strncmp(name + length - 3, "WO", 2)) return true;
  if (is_foundations(name)) return true;
  // How a type of the library conforms to a protocol of the program is the program's code.
  if (ends_with(name, "TW") && names_module(name + 2)) return false;
  return (!strncmp(name, "$ss", 3) || !strncmp(name, "$sS", 3)) && !is_extension(name);
}

static int names_function(const void *name, const void *function) {
  return strcmp(name, (*(il_function *const *)function)->name);
}

// MARK: - Entries

static uint32_t word_at(const char *bytes) {
  uint32_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

static uint64_t number_at(const char **at, const char *end) {
  uint64_t number = 0;
  for (unsigned shift = 0; *at < end; shift += 7) {
    uint8_t byte = (uint8_t)*(*at)++;
    if (shift < 64) number |= (uint64_t)(byte & 0x7F) << shift;
    if (!(byte & 0x80)) break;
  }
  return number;
}

// How many bytes a value takes; -1 for one of a form that is not known, or that is not all there.
static int64_t size_of(uint64_t form, const char *at, const char *end, uint16_t version) {
  const char *start = at;
  size_t prefix = form == 0x0A ? 1 : form == 0x03 ? 2 : form == 0x04 ? 4 : 0;
  if ((size_t)(end - at) < prefix) return -1;
  switch (form) {
  case 0x19: case 0x21: return 0;
  case 0x0B: case 0x0C: case 0x11: case 0x25: case 0x29: return 1;
  case 0x05: case 0x12: case 0x26: case 0x2A: return 2;
  case 0x27: case 0x2B: return 3;
  case 0x06: case 0x0E: case 0x13: case 0x17: case 0x1C: case 0x1D: case 0x1F: case 0x28:
  case 0x2C: return 4;
  case 0x10: return version == 2 ? 8 : 4;
  case 0x01: case 0x07: case 0x14: case 0x20: case 0x24: return 8;
  case 0x1E: return 16;
  case 0x08: return (int64_t)strnlen(at, (size_t)(end - at)) + 1;
  case 0x0D: case 0x0F: case 0x15: case 0x1A: case 0x1B: case 0x22: case 0x23:
    number_at(&at, end);
    return at - start;
  case 0x0A: return 1 + (uint8_t)*at;
  case 0x03: return 2 + (int64_t)((uint8_t)at[0] | (uint8_t)at[1] << 8);
  case 0x04: return 4 + (int64_t)word_at(at);
  case 0x09: case 0x18: {
    uint64_t size = number_at(&at, end);
    return at - start + (int64_t)size;
  }
  default: return -1;
  }
}

typedef struct {
  const char *begin, *end;
  uint16_t version;
  // Where the entries begin, and what their forms are.
  const char *entries, *abbreviations, *abbreviations_end;
} unit;

typedef bool (*string_visitor)(uint32_t place, void *context);

// Calls the visitor with each reference to a string, until it returns true. Returns
// false if the unit cannot be read to its end.
static bool visit_strings(const unit *u, string_visitor visit, void *context) {
  enum { STRING = 0x0E, IMPLICIT = 0x21 };
  const char **forms = NULL;
  size_t capacity = 0;
  const char *at = u->abbreviations, *end = u->abbreviations_end;
  while (at < end) {
    uint64_t code = number_at(&at, end);
    if (!code || code > 1 << 20) break;
    if (code >= capacity) {
      size_t more = code * 2 + 64;
      forms = realloc(forms, more * sizeof *forms);
      memset(forms + capacity, 0, (more - capacity) * sizeof *forms);
      capacity = more;
    }
    number_at(&at, end);
    at++;
    forms[code] = at;
    for (uint64_t form = 1, name = 1; (name || form) && at < end;) {
      name = number_at(&at, end);
      form = number_at(&at, end);
      if (form == IMPLICIT) number_at(&at, end);
    }
  }
  bool is_read = true, is_over = false;
  at = u->entries;
  while (at < u->end && is_read && !is_over) {
    uint64_t code = number_at(&at, u->end);
    if (!code) continue;
    is_read = code < capacity && forms[code];
    const char *form_at = is_read ? forms[code] : NULL;
    while (is_read && !is_over) {
      uint64_t name = number_at(&form_at, end), form = number_at(&form_at, end);
      if (form == IMPLICIT) number_at(&form_at, end);
      if (!name && !form) break;
      int64_t size = size_of(form, at, u->end, u->version);
      is_read = size >= 0 && size <= u->end - at;
      if (!is_read) break;
      if (form == STRING) is_over = visit(word_at(at), context);
      at += size;
    }
  }
  free(forms);
  return is_read;
}

// MARK: - Mentions

typedef struct {
  uint32_t *places;
  size_t count, capacity;
} string_places;

static void add_place(string_places *list, size_t place) {
  if (list->count == list->capacity) {
    list->capacity = list->capacity * 2 + 64;
    list->places = realloc(list->places, list->capacity * sizeof *list->places);
  }
  list->places[list->count++] = (uint32_t)place;
}

static bool is_mention(uint32_t place, void *context) {
  const string_places *mentions = context;
  for (size_t i = 0; i < mentions->count; i++) if (mentions->places[i] == place) return true;
  return false;
}

// The strings that mention one of the types, by their places in the table.
static string_places find_mentions(const il_bytes *strings, const il_type_names *types) {
  string_places mentions = {0};
  const char *end = strings->begin + strings->size;
  for (size_t i = 0; i < types->count; i++) {
    size_t length = strlen(types->names[i]);
    for (const char *at = strings->begin;
         (at = memmem(at, (size_t)(end - at), types->names[i], length)); at += length) {
      const char *start = at;
      while (start > strings->begin && start[-1]) start--;
      size_t place = (size_t)(start - strings->begin);
      if (!is_mention((uint32_t)place, &mentions)) add_place(&mentions, place);
      // Strings that are the end of another one may be kept as that.
      for (const char *inner = start + 1; inner + 1 < at; inner++)
        if (inner[0] == '$' && inner[1] == 's') add_place(&mentions, (size_t)(inner - strings->begin));
    }
  }
  return mentions;
}

// A quick look, before a unit is read.
static bool may_mention(const unit *u, const string_places *mentions) {
  for (size_t i = 0; i < mentions->count; i++)
    if (memmem(u->entries, (size_t)(u->end - u->entries), &mentions->places[i], 4)) return true;
  return false;
}

typedef struct {
  const string_places *mentions;
  bool found;
} mention_search;

static bool look_for_mention(uint32_t place, void *context) {
  mention_search *search = context;
  search->found = is_mention(place, (void *)search->mentions);
  return search->found;
}

typedef struct {
  const il_bytes *strings;
  il_function **index;
  size_t count;
} function_index;

static bool watch_function(uint32_t place, void *context) {
  const function_index *index = context;
  if (place >= index->strings->size) return false;
  const char *name = index->strings->begin + place;
  if (is_shared_code(name)) return false;
  il_function **found =
      bsearch(name, index->index, index->count, sizeof *index->index, names_function);
  if (found && !(*found)->is_own && !(*found)->is_watched)
    (*found)->is_watched = (*found)->is_beside = true;
  return false;
}

static bool read_unit(const il_image_file *file, size_t at, unit *u) {
  const il_bytes *info = &file->debug_info, *forms = &file->debug_abbreviations;
  *u = (unit){.begin = info->begin + at};
  size_t size = word_at(u->begin) + 4ul;
  if (size < 12 || size > info->size - at) return false;
  memcpy(&u->version, u->begin + 4, sizeof u->version);
  u->end = u->begin + size;
  u->entries = u->begin + (u->version == 5 ? 12 : 11);
  size_t place = word_at(u->begin + (u->version == 5 ? 8 : 6));
  if (u->version < 2 || u->version > 5 || place >= forms->size) return false;
  u->abbreviations = forms->begin + place;
  u->abbreviations_end = forms->begin + forms->size;
  return true;
}

bool il_watch_units(il_image *image, const il_image_file *file, const il_type_names *types) {
  const il_bytes *info = &file->debug_info, *offsets = &file->string_offsets;
  if (!info->size || !file->debug_strings.size) return false;
  string_places mentions = find_mentions(&file->debug_strings, types);
  function_index index = {&file->debug_strings, calloc(image->count + 1, sizeof(il_function *)),
                          image->count};
  for (size_t i = 0; i < image->count; i++) index.index[i] = &image->functions[i];
  qsort(index.index, index.count, sizeof *index.index, by_name);
  bool is_known = true;
  // Units of the fifth version refer to strings by a table that tells no units apart.
  for (size_t at = 0; at + 4 <= offsets->size && is_known; at += 4)
    is_known = !is_mention(word_at(offsets->begin + at), &mentions);
  for (size_t at = 0; at + 12 < info->size && is_known;) {
    unit u;
    is_known = read_unit(file, at, &u);
    if (!is_known) break;
    mention_search search = {&mentions, false};
    if (may_mention(&u, &mentions)) is_known = visit_strings(&u, look_for_mention, &search);
    if (search.found) is_known = visit_strings(&u, watch_function, &index);
    at += (size_t)(u.end - u.begin);
  }
  // Functions of one name, and a function that stands for several equal ones.
  for (size_t i = 1; i < index.count; i++) {
    const il_function *one = index.index[i - 1];
    il_function *other = index.index[i];
    size_t length = strlen(one->name);
    if (!length || !one->is_watched || strncmp(other->name, one->name, length)) continue;
    if (other->is_watched || (other->name[length] && strcmp(other->name + length, "Tm"))) continue;
    other->is_watched = true;
    other->is_beside = one->is_beside;
  }
  free(index.index);
  free(mentions.places);
  return is_known;
}
#endif
