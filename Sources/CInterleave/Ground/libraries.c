// Whose code an address belongs to.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "ground.h"

#include <dlfcn.h>

IL_UNINSTRUMENTED_BEGIN

extern char _dispatch_main_q __attribute__((weak));

// Whether an address lies in the image whose base is known, or is to be found by what it has.
static bool is_in_image(const void *address, atomic_uintptr_t *base, const void *of_image) {
  Dl_info info;
  uintptr_t known = atomic_load_explicit(base, memory_order_relaxed);
  if (!known) {
    if (!of_image || !dladdr(of_image, &info)) return false;
    known = (uintptr_t)info.dli_fbase;
    atomic_store_explicit(base, known, memory_order_relaxed);
  }
  return dladdr(address, &info) && (uintptr_t)info.dli_fbase == known;
}

bool il_is_concurrency_code(const void *address) {
  static atomic_uintptr_t base;
  bool is_known = atomic_load_explicit(&base, memory_order_relaxed);
  const void *symbol = is_known ? NULL : dlsym(RTLD_DEFAULT, "swift_task_getCurrent");
  return is_in_image(address, &base, symbol);
}

bool il_is_dispatch_code(const void *address) {
  static atomic_uintptr_t base;
  return is_in_image(address, &base, &_dispatch_main_q);
}

IL_UNINSTRUMENTED_END
