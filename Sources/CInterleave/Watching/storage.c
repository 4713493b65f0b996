// Objects that hold the elements of a value: of an array, of a string, of `Data`.
//
// Such an object is asked whether it is referred to once before it is changed, and copied if it
// is not. That tells nobody anything, whereas the program's own classes may do with the answer
// what they like.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../Ground/ground.h"
#include "storage.h"

#if defined(__linux__) && defined(__x86_64__)
#include <dlfcn.h>
#include <string.h>

IL_UNINSTRUMENTED_BEGIN

enum { MOST_LIBRARIES = 4 };

static struct {
  uintptr_t begin, end;
} libraries[MOST_LIBRARIES];
static size_t library_count;
static uintptr_t managed_buffer;

// What an object begins with, and what the description of its class comes behind.
typedef struct {
  uintptr_t kind, superclass;
  uint32_t flags, address_point, size;
  uint16_t alignment, reserved;
  uint32_t class_size, class_address_point;
  uintptr_t description;
} class_metadata;

void il_storage_add_library(const char *path, uintptr_t begin, uintptr_t end) {
  static const char *const names[] = {"/libswiftCore.so", "/libFoundationEssentials.so",
                                      "/libFoundationInternationalization.so"};
  // The one class of theirs that a program makes use of as it is.
  if (!managed_buffer) managed_buffer = (uintptr_t)dlsym(RTLD_DEFAULT, "$ss13ManagedBufferCMn");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (!strstr(path, names[i]) || library_count == MOST_LIBRARIES) continue;
    libraries[library_count].begin = begin;
    libraries[library_count++].end = end;
  }
}

bool il_is_storage(const void *object) {
  // Some bits of a reference may tell what it refers to.
  uintptr_t address = (uintptr_t)object & 0x0FFFFFFFFFFFFFF8;
  if (!address) return true;
  const class_metadata *metadata = *(const class_metadata *const *)address;
  if (!metadata || metadata->kind || metadata->description == managed_buffer) return false;
  for (size_t i = 0; i < library_count; i++)
    if (metadata->description >= libraries[i].begin && metadata->description < libraries[i].end)
      return true;
  return false;
}

IL_UNINSTRUMENTED_END
#endif
