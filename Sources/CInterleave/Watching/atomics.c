// Plain loads and stores of atomics. Their instructions are those of any other
// memory: what tells them are the names of types, in symbols and debug information.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Ground/ground.h"
#include "instructions.h"
#include "watchlist.h"

#if defined(__linux__) && defined(__x86_64__)
#include <elf.h>
#include <stdlib.h>
#include <string.h>

// MARK: - Names of types

static const char *const atomic_types[] = {
    "15Synchronization6Atomic", "15Synchronization19AtomicLazyReference", "7Atomics", "St6atomic",
};

const char *il_find_type(const il_type_names *types, const char *name) {
  for (size_t i = 0; i < types->count; i++) {
    const char *found = strstr(name, types->names[i]);
    if (found) return found;
  }
  return NULL;
}

// What follows the identifier at the start of a mangled name, or NULL if there is none.
const char *il_after_identifier(const char *name) {
  size_t length = 0;
  if (*name < '1' || *name > '9') return NULL;
  for (; *name >= '0' && *name <= '9' && length < 1000; name++)
    length = length * 10 + (size_t)(*name - '0');
  return strnlen(name, length) == length ? name + length : NULL;
}

// From the name of a stored property of such a type, that of the type which has it:
// `4FlagC` from `$s4main4FlagC5isSet15Synchronization6AtomicVySbGvpWvd`. Returns false if
// there is no more room.
static bool add_owner(il_type_names *types, const char *name) {
  bool is_property = ends_with(name, "vpWvd") || ends_with(name, "vpfi") ||
                     ends_with(name, "vp") || ends_with(name, "vg") || ends_with(name, "vr");
  if (!is_property || strncmp(name, "$s", 2)) return true;
  const char *at = il_after_identifier(name + 2), *owner = NULL, *owner_end = NULL;
  while (at) {
    const char *end = il_after_identifier(at);
    // A private type has the name of its file with it.
    const char *file = end ? il_after_identifier(end) : NULL;
    if (file && !strncmp(file, "LL", 2)) end = file + 2;
    if (!end || (*end != 'C' && *end != 'V' && *end != 'O')) break;
    owner = at;
    owner_end = end + 1;
    at = owner_end;
  }
  if (!owner || il_find_type(types, name) < owner_end) return true;
  size_t length = (size_t)(owner_end - owner);
  if (length >= IL_LONGEST_NAME) return true;
  for (size_t i = 0; i < types->count; i++)
    if (!strncmp(types->names[i], owner, length) && !types->names[i][length]) return true;
  if (types->count == IL_MOST_TYPES) return false;
  memcpy(types->names[types->count++], owner, length);
  return true;
}

// MARK: - Symbols

typedef struct {
  uintptr_t begin, end;
} range;

static int by_begin(const void *a, const void *b) {
  uintptr_t x = ((const range *)a)->begin, y = ((const range *)b)->begin;
  return x < y ? -1 : x > y;
}

static bool contains(const range *ranges, size_t count, uintptr_t value) {
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (ranges[middle].begin <= value) low = middle + 1; else high = middle;
  }
  return low && value < ranges[low - 1].end;
}

// Watches what refers to a symbol that is named after such a type.
static void watch_references(il_image *image, const range *named, size_t count) {
  il_instruction instruction;
  for (size_t i = 0; i < image->count; i++) {
    il_function *f = &image->functions[i];
    if (f->is_own || f->is_watched) continue;
    for (size_t at = 0; at < f->size && !f->is_watched; at += instruction.length) {
      if (!il_decode(f->code + at, f->size - at, &instruction)) break;
      if (!instruction.relative_at) continue;
      int32_t distance;
      memcpy(&distance, f->code + at + instruction.relative_at, sizeof distance);
      uintptr_t target = f->start + at + instruction.length + (uintptr_t)(intptr_t)distance;
      f->is_watched = contains(named, count, target);
    }
  }
}

bool il_watch_plain_atomics(il_image *image, const il_image_file *file) {
  const Elf64_Sym *symbols = (const void *)file->symbols.begin;
  size_t count = file->symbols.size / sizeof *symbols, named_count = 0;
  il_type_names *types = calloc(1, sizeof *types);
  bool is_mentioned = false, is_known = true;
  for (size_t i = 0; i < sizeof atomic_types / sizeof *atomic_types; i++) {
    const char *type = atomic_types[i];
    strcpy(types->names[types->count++], type);
    is_mentioned = is_mentioned ||
                   memmem(file->names.begin, file->names.size, type, strlen(type)) ||
                   (file->debug_strings.size && memmem(file->debug_strings.begin,
                                                       file->debug_strings.size, type,
                                                       strlen(type)));
  }
  if (is_mentioned) {
    size_t before;
    do {
      before = types->count;
      for (size_t i = 0; i < count && is_known; i++) {
        if (symbols[i].st_name >= file->names.size) continue;
        const char *name = file->names.begin + symbols[i].st_name;
        if (il_find_type(types, name)) is_known = add_owner(types, name);
      }
    } while (types->count > before && is_known);
    range *named = calloc(count + 1, sizeof *named);
    for (size_t i = 0; i < count; i++) {
      if (symbols[i].st_name >= file->names.size || symbols[i].st_shndx == SHN_UNDEF) continue;
      if (!il_find_type(types, file->names.begin + symbols[i].st_name)) continue;
      uintptr_t begin = file->base + symbols[i].st_value;
      named[named_count++] = (range){begin, begin + (symbols[i].st_size ? symbols[i].st_size : 1)};
    }
    qsort(named, named_count, sizeof *named, by_begin);
    for (size_t i = 0; i < image->count; i++) {
      il_function *f = &image->functions[i];
      if (!f->is_own && il_find_type(types, f->name)) f->is_watched = true;
    }
    watch_references(image, named, named_count);
    free(named);
    // Without debug information, any function may be one.
    bool is_told = il_watch_units(image, file, types);
    for (size_t i = 0; i < image->count && !is_told; i++) {
      il_function *f = &image->functions[i];
      if (!f->is_own && !f->is_watched) f->is_watched = f->is_beside = true;
    }
  }
  free(types);
  return is_known;
}
#endif
