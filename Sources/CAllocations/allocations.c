// Each image calls malloc through a word of its own that the loader has filled in. These words are
// led here, in place of a definition of malloc that would come before the C library's: that one
// would be in force in every program that is linked with this, in the tests and under sanitizers
// too, and not only where somebody counts.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CAllocations.h"

#include <stdatomic.h>
#include <stddef.h>

static _Atomic uint64_t count;

uint64_t al_count(void) { return atomic_load_explicit(&count, memory_order_relaxed); }

#if defined(__linux__) && defined(__LP64__) && (defined(__x86_64__) || defined(__aarch64__))
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { TO_FUNCTION = R_X86_64_JUMP_SLOT, TO_DATA = R_X86_64_GLOB_DAT, TO_ADDRESS = R_X86_64_64 };
#else
enum {
  TO_FUNCTION = R_AARCH64_JUMP_SLOT,
  TO_DATA = R_AARCH64_GLOB_DAT,
  TO_ADDRESS = R_AARCH64_ABS64
};
#endif

typedef struct {
  const char *name;
  void *counting;
  void *original;
} counted_function;

static void *count_malloc(size_t size);
static void *count_calloc(size_t count, size_t size);
static void *count_realloc(void *memory, size_t size);
static void *count_aligned_alloc(size_t alignment, size_t size);
static void *count_memalign(size_t alignment, size_t size);
static int count_posix_memalign(void **memory, size_t alignment, size_t size);

enum { MALLOC, CALLOC, REALLOC, ALIGNED_ALLOC, MEMALIGN, POSIX_MEMALIGN, FUNCTIONS };

static counted_function functions[FUNCTIONS] = {
    [MALLOC] = {"malloc", (void *)count_malloc, NULL},
    [CALLOC] = {"calloc", (void *)count_calloc, NULL},
    [REALLOC] = {"realloc", (void *)count_realloc, NULL},
    [ALIGNED_ALLOC] = {"aligned_alloc", (void *)count_aligned_alloc, NULL},
    [MEMALIGN] = {"memalign", (void *)count_memalign, NULL},
    [POSIX_MEMALIGN] = {"posix_memalign", (void *)count_posix_memalign, NULL},
};

// No atomic instruction: at one of those, the step that asks for memory could be interrupted. So two
// threads at once may count as one, which happens natively alone.
static void note(void) {
  atomic_store_explicit(
      &count, atomic_load_explicit(&count, memory_order_relaxed) + 1, memory_order_relaxed);
}

static void *count_malloc(size_t size) {
  note();
  return ((void *(*)(size_t))functions[MALLOC].original)(size);
}

static void *count_calloc(size_t count, size_t size) {
  note();
  return ((void *(*)(size_t, size_t))functions[CALLOC].original)(count, size);
}

static void *count_realloc(void *memory, size_t size) {
  note();
  return ((void *(*)(void *, size_t))functions[REALLOC].original)(memory, size);
}

static void *count_aligned_alloc(size_t alignment, size_t size) {
  note();
  return ((void *(*)(size_t, size_t))functions[ALIGNED_ALLOC].original)(alignment, size);
}

static void *count_memalign(size_t alignment, size_t size) {
  note();
  return ((void *(*)(size_t, size_t))functions[MEMALIGN].original)(alignment, size);
}

static int count_posix_memalign(void **memory, size_t alignment, size_t size) {
  note();
  return ((int (*)(void **, size_t, size_t))functions[POSIX_MEMALIGN].original)(
      memory, alignment, size);
}

// The words of an image.

static void lead(uintptr_t base, const ElfW(Rela) *words, size_t size, const ElfW(Sym) *symbols,
                 const char *strings, uintptr_t *led) {
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (size_t i = 0; i < size / sizeof *words; i++) {
    const ElfW(Xword) type = ELF64_R_TYPE(words[i].r_info);
    if (type != TO_FUNCTION && type != TO_DATA && type != TO_ADDRESS) continue;
    const char *name = strings + symbols[ELF64_R_SYM(words[i].r_info)].st_name;
    for (int f = 0; f < FUNCTIONS; f++) {
      if (strcmp(name, functions[f].name) != 0 || functions[f].original == NULL) continue;
      void **word = (void **)(base + words[i].r_offset);
      const uintptr_t begin = (uintptr_t)word & ~(page - 1);
      if (mprotect((void *)begin, page, PROT_READ | PROT_WRITE) != 0) continue;
      *word = (char *)functions[f].counting + (type == TO_ADDRESS ? words[i].r_addend : 0);
      *led += 1;
    }
  }
}

static int lead_image(struct dl_phdr_info *image, size_t size, void *led) {
  (void)size;
  const ElfW(Dyn) *entry = NULL;
  for (int i = 0; i < image->dlpi_phnum; i++) {
    if (image->dlpi_phdr[i].p_type == PT_DYNAMIC) {
      entry = (const ElfW(Dyn) *)(image->dlpi_addr + image->dlpi_phdr[i].p_vaddr);
    }
  }
  // The kernel's own image and the loader's have nothing to be led.
  if (entry == NULL || strstr(image->dlpi_name, "vdso") != NULL ||
      strstr(image->dlpi_name, "/ld-") != NULL) {
    return 0;
  }
  const ElfW(Rela) *calls = NULL, *data = NULL;
  const ElfW(Sym) *symbols = NULL;
  const char *strings = NULL;
  size_t calls_size = 0, data_size = 0;
  for (; entry->d_tag != DT_NULL; entry++) {
    switch (entry->d_tag) {
    case DT_JMPREL: calls = (const void *)entry->d_un.d_ptr; break;
    case DT_PLTRELSZ: calls_size = entry->d_un.d_val; break;
    case DT_RELA: data = (const void *)entry->d_un.d_ptr; break;
    case DT_RELASZ: data_size = entry->d_un.d_val; break;
    case DT_SYMTAB: symbols = (const void *)entry->d_un.d_ptr; break;
    case DT_STRTAB: strings = (const void *)entry->d_un.d_ptr; break;
    default: break;
    }
  }
  // Addresses that the loader has not moved are no glibc's.
  if (symbols == NULL || strings == NULL || (uintptr_t)strings < image->dlpi_addr) return 0;
  if (calls != NULL) lead(image->dlpi_addr, calls, calls_size, symbols, strings, led);
  if (data != NULL) lead(image->dlpi_addr, data, data_size, symbols, strings, led);
  return 0;
}

bool al_watch(void) {
  static bool is_watching;
  if (is_watching) return true;
  for (int f = 0; f < FUNCTIONS; f++) {
    functions[f].original = dlsym(RTLD_DEFAULT, functions[f].name);
  }
  for (int f = 0; f < FUNCTIONS; f++) {
    if (functions[f].original == functions[f].counting) return false;
  }
  uintptr_t led = 0;
  dl_iterate_phdr(lead_image, &led);
  is_watching = led > 0;
  return is_watching;
}
#else
bool al_watch(void) { return false; }
#endif
