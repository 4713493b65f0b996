// Whose code an address belongs to.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "ground.h"

#include <dlfcn.h>
#if defined(__linux__)
#include <link.h>
#include <string.h>
#endif

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

#if defined(__linux__)
typedef struct {
  const char *library;
  il_local_block block;
} block_search;

static int find_block(struct dl_phdr_info *info, size_t size, void *context) {
  (void)size;
  block_search *search = context;
  const char *slash = strrchr(info->dlpi_name, '/');
  if (strcmp(slash ? slash + 1 : info->dlpi_name, search->library)) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_TLS || !info->dlpi_tls_data) continue;
    search->block = (il_local_block){info->dlpi_tls_data, info->dlpi_phdr[i].p_memsz};
  }
  return 1;
}

il_local_block il_block_of_thread(const char *library) {
  block_search search = {.library = library};
  dl_iterate_phdr(find_block, &search);
  return search.block;
}
#endif

IL_UNINSTRUMENTED_END
