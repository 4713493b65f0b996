// Atomic operations under the thread sanitizer: in the place of each instruction is a call of one of
// its functions. So it is there that somebody comes by.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sites.h"

#if defined(__linux__) && defined(__x86_64__)
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

IL_UNINSTRUMENTED_BEGIN

// What changes memory: plain loads and stores are no places to be interrupted at without the sanitizer
// either.
static const struct {
  const char *name;
  il_compared compared;
} operations[] = {
    {"exchange", IL_COMPARED_WITH_NOTHING},
    {"fetch_add", IL_COMPARED_WITH_NOTHING},
    {"fetch_sub", IL_COMPARED_WITH_NOTHING},
    {"fetch_and", IL_COMPARED_WITH_NOTHING},
    {"fetch_or", IL_COMPARED_WITH_NOTHING},
    {"fetch_xor", IL_COMPARED_WITH_NOTHING},
    {"fetch_nand", IL_COMPARED_WITH_NOTHING},
    {"compare_exchange_val", IL_COMPARED_WITH_VALUE},
    {"compare_exchange_strong", IL_COMPARED_WITH_MEMORY},
    {"compare_exchange_weak", IL_COMPARED_WITH_MEMORY},
};
enum { OPERATIONS = sizeof operations / sizeof *operations, WIDTHS = 5 };

// The functions as they were, and the only one by which they are known.
enum { KEPT = 24 };
static uint8_t kept[OPERATIONS * WIDTHS][KEPT];
static il_function functions[OPERATIONS * WIDTHS];

static void *find(const char *operation, int width) {
  char name[64];
  snprintf(name, sizeof name, "__tsan_atomic%d_%s", 8 * width, operation);
  return dlsym(RTLD_DEFAULT, name);
}

// The image that they are in: the sanitizer is a part of the program.
static il_image *image_of(uintptr_t address) {
  for (il_image *image = il_images; image; image = image->next)
    if (address - image->begin < image->end - image->begin) return image;
  return NULL;
}

const char *il_add_sanitized_sites(void) {
  static const char unknown[] = "the thread sanitizer's functions for atomics are not known";
  il_sites = calloc(OPERATIONS * WIDTHS, sizeof *il_sites);
  if (!il_sites) return "there is no memory";
  for (int n = 0; n < OPERATIONS; n++) {
    for (int log = 0; log < WIDTHS; log++) {
      uintptr_t start = (uintptr_t)find(operations[n].name, 1 << log);
      il_image *image = start ? image_of(start) : NULL;
      if (!image) return unknown;
      size_t index = il_site_count++;
      memcpy(kept[index], (const void *)start, KEPT);
      functions[index] = (il_function){.start = start, .size = KEPT, .name = "", .code = kept[index]};
      il_site *site = &il_sites[index];
      *site = (il_site){.at = start, .function = &functions[index], .code = kept[index],
                        .is_atomic = true, .is_call = true, .compared = operations[n].compared};
      if (!il_decode(kept[index], KEPT, &site->instruction)) return unknown;
      site->instruction.width = (uint8_t)(1 << log);
      if (!image->first_page || start < image->first_page) image->first_page = start & ~4095ul;
      if (((start + KEPT) & ~4095ul) > image->last_page) image->last_page = (start + KEPT) & ~4095ul;
    }
  }
  return NULL;
}

// MARK: - Who comes by

enum { RDX = 2, RSI = 6, RDI = 7 };

bool il_sanitized_atomic(const il_site *site, const il_registers *registers, il_atomic *atomic) {
  const void *const *stack = (const void *const *)registers->numbered[IL_RSP];
  const void *memory = (const void *)registers->numbered[RSI];
  *atomic = (il_atomic){.word = (void *)registers->numbered[RDI], .place = stack[0],
                        .width = site->instruction.width,
                        .compares = site->compared != IL_COMPARED_WITH_NOTHING,
                        .expected = registers->numbered[RSI], .desired = registers->numbered[RDX]};
  if (site->compared == IL_COMPARED_WITH_MEMORY) {
    atomic->expected = 0;
    memcpy(&atomic->expected, memory, atomic->width < 8 ? atomic->width : 8);
  }
  const il_function *from = il_function_at(il_images, (uintptr_t)stack[0] - 1);
  if (!from || from->is_own) return false;
  if (il_is_of_library(from->name)) atomic->place = il_caller_of_library(site, registers);
  return atomic->place != NULL;
}

// MARK: - Trying it out

static struct {
  const il_session *session;
  unsigned count;
} told;

bool il_sanitized_probed(const il_session *session) {
  if (session != told.session) return false;
  told.count++;
  return true;
}

const char *il_probe_sanitized(void) {
  uint64_t (*add)(volatile uint64_t *, uint64_t, int) = (void *)find("fetch_add", 8);
  uint32_t (*compare)(volatile uint32_t *, uint32_t, uint32_t, int, int) =
      (void *)find("compare_exchange_val", 4);
  il_session session = {.heeds_atomics = true}, *current = il_current;
  uint64_t word = 40;
  uint32_t other = 1;
  told.session = &session;
  told.count = 0;
  il_current = &session;
  bool is_right = add(&word, 2, 5) == 40 && word == 42;
  is_right = is_right && compare(&other, 1, 7, 5, 5) == 1 && other == 7;
  il_current = current;
  told.session = NULL;
  return is_right && told.count == 2
             ? NULL : "a step that comes to a function of the thread sanitizer's is not told of";
}

IL_UNINSTRUMENTED_END
#endif
