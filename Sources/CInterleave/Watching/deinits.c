// Which classes of the program do something when an object of theirs is freed.
//
// When that is depends on who lets go of it last. The compiler's own part of it lets go of
// what the object refers to, and gives its memory back; whatever else is there is the
// program's own `deinit`.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Ground/ground.h"
#include "imports.h"
#include "instructions.h"
#include "watchlist.h"

#if defined(__linux__) && defined(__x86_64__)
#include <dlfcn.h>
#include <string.h>

void swift_defaultActor_destroy(void *actor);

enum { DEEPEST = 6 };

// What an object's end takes anyway.
static bool is_upkeep(const char *symbol) {
  static const char *const others[] = {
      "swift_task", "swift_asyncLet", "swift_continuation", "swift_beginAccess", "swift_once",
      "swift_weakLoad", "swift_weakTake", "swift_unknownObjectWeakLoad",
      "swift_unknownObjectWeakTake", "swift_allocObject", "swift_job",
  };
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (begins_with(symbol, others[i])) return false;
  return begins_with(symbol, "swift_") || ends_with(symbol, "Ma") || ends_with(symbol, "Wl");
}

// The import that a stub of the linker's leads to, or NULL.
static const char *import_behind(uintptr_t stub) {
  const uint8_t *code = (const uint8_t *)stub;
  if (!memcmp(code, "\xF3\x0F\x1E\xFA", 4)) code += 4;
  if (*code == 0xF2) code++;
  if (code[0] != 0xFF || code[1] != 0x25) return NULL;
  int32_t distance;
  memcpy(&distance, code + 2, sizeof distance);
  return il_import_at((uintptr_t)code + 6 + (uintptr_t)(intptr_t)distance);
}

static bool does_more(const il_image *images, const il_function *function, int depth);

static bool calls_more(const il_image *images, uintptr_t target, int depth) {
  if (target == (uintptr_t)swift_defaultActor_destroy) return false;
  const il_function *function = il_function_at(images, target);
  if (function && function->start == target && function->size)
    return depth == DEEPEST || does_more(images, function, depth + 1);
  const char *import = import_behind(target);
  return !import || !is_upkeep(import);
}

// It changes memory that is not on the stack.
static bool writes(const uint8_t *code, uint8_t length) {
  bool is_extended = false;
  if ((*code & 0xF0) == 0x40 && length > 2) is_extended = *code++ & 1;
  uint8_t mod = code[1] >> 6, base = code[1] & 7, operation = code[1] >> 3 & 7;
  bool is_memory = mod != 3 && (is_extended || !(base == 4 || (base == 5 && mod)));
  switch (*code) {
  case 0x01: case 0x29: case 0x88: case 0x89: case 0xC6: case 0xC7: return is_memory;
  case 0x80: case 0x81: case 0x83: return is_memory && operation != 7;
  case 0xFE: case 0xFF: return is_memory && operation < 2;
  default: return false;
  }
}

static bool does_more(const il_image *images, const il_function *function, int depth) {
  il_instruction instruction;
  for (size_t at = 0; at < function->size; at += instruction.length) {
    const uint8_t *code = function->code + at;
    if (!il_decode(code, function->size - at, &instruction)) return true;
    if (writes(code, instruction.length)) return true;
    bool is_direct = *code == 0xE8 || *code == 0xE9;
    bool is_indirect = *code == 0xFF || (*code == 0x41 && code[1] == 0xFF);
    uint8_t modrm = *code == 0x41 ? code[2] : code[1], operation = modrm >> 3 & 7;
    is_indirect = is_indirect && (operation == 2 || operation == 4);
    if (!is_direct && !is_indirect) continue;
    if (is_indirect && !instruction.relative_at) return true;
    int32_t distance;
    memcpy(&distance, code + instruction.relative_at, sizeof distance);
    uintptr_t target =
        function->start + at + instruction.length + (uintptr_t)(intptr_t)distance;
    if (is_indirect) {
      const char *import = il_import_at(target);
      if (!import || !is_upkeep(import)) return true;
    } else if (target - function->start >= function->size && calls_more(images, target, depth)) {
      return true;
    }
  }
  return false;
}

void il_watch_deinits(il_image *images) {
  for (il_image *image = images; image; image = image->next) {
    for (size_t i = 0; i < image->count; i++) {
      il_function *f = &image->functions[i];
      if (f->is_own || f->is_watched || !begins_with(f->name, "$s") ||
          !ends_with(f->name, "CfD") || !does_more(images, f, 0)) continue;
      f->is_watched = true;
      f->is_deinit = true;
    }
  }
}
#else
void il_watch_deinits(il_image *images) { (void)images; }
#endif
