// Whose code it is that takes a lock.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "carriers.h"

#include <stdlib.h>
#include <string.h>
#if defined(IL_HAS_CARRIERS)
#include <dlfcn.h>
#include <link.h>

IL_UNINSTRUMENTED_BEGIN

// What is loaded, and whose it is. The libraries of the toolchain and of the system take some
// locks only once in a process, which is no business of a run's.
typedef struct {
  uintptr_t begin, end;
  il_code code;
} loaded_image;

enum { MOST_LOADED = 256 };

// All that was loaded when this was looked at; the program's first, and then the runtime's. What
// is published is never changed, nor freed: somebody may be reading it.
typedef struct {
  size_t count;
  loaded_image images[MOST_LOADED];
} loaded_images;

static _Atomic(const loaded_images *) known_images;

// The folder of the runtime, with its slash: what lies there comes with the toolchain.
static char toolchain[1024];
static size_t toolchain_length;

static void find_toolchain(void) {
  Dl_info info;
  const void *function = dlsym(RTLD_DEFAULT, "swift_retain");
  if (!function || !dladdr(function, &info) || !info.dli_fname) return;
  const char *slash = strrchr(info.dli_fname, '/');
  size_t length = slash ? (size_t)(slash - info.dli_fname) + 1 : 0;
  if (!length || length >= sizeof toolchain) return;
  memcpy(toolchain, info.dli_fname, length);
  toolchain_length = length;
}

static il_code code_of(const char *path) {
  static const char *const runtime[] = {
      "libswiftCore.so", "libswift_Concurrency.so", "libdispatch.so"};
  static const char *const folders[] = {"/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/", "linux-vdso"};
  const char *slash = strrchr(path, '/');
  for (size_t n = 0; n < sizeof runtime / sizeof *runtime; n++)
    if (!strcmp(slash ? slash + 1 : path, runtime[n])) return IL_CODE_RUNTIME;
  for (size_t n = 0; n < sizeof folders / sizeof *folders; n++)
    if (!strncmp(path, folders[n], strlen(folders[n]))) return IL_CODE_LIBRARY;
  bool is_beside = toolchain_length && !strncmp(path, toolchain, toolchain_length);
  return is_beside ? IL_CODE_LIBRARY : IL_CODE_PROGRAM;
}

// Asks the loader nothing: it is amid telling.
static int note_loaded(struct dl_phdr_info *info, size_t size, void *context) {
  loaded_images *all = context;
  (void)size;
  loaded_image image = {.code = code_of(info->dlpi_name)};
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
    uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
    uintptr_t end = begin + info->dlpi_phdr[i].p_memsz;
    if (!image.begin || begin < image.begin) image.begin = begin;
    if (end > image.end) image.end = end;
  }
  if (all->count < MOST_LOADED) all->images[all->count++] = image;
  return 0;
}

// How often something has been loaded so far.
static atomic_ullong known_loads;

static int note_loads(struct dl_phdr_info *info, size_t size, void *loads) {
  (void)size;
  *(unsigned long long *)loads = info->dlpi_adds;
  return 1;
}

static const loaded_images *look_at_images(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, find_toolchain);
  loaded_images found = {0}, *sorted = calloc(1, sizeof *sorted);
  if (!sorted) abort();
  dl_iterate_phdr(note_loaded, &found);
  for (il_code code = IL_CODE_PROGRAM; code <= IL_CODE_LIBRARY; code++)
    for (size_t n = 0; n < found.count; n++)
      if (found.images[n].code == code) sorted->images[sorted->count++] = found.images[n];
  atomic_store(&known_images, sorted);
  return sorted;
}

static const loaded_image *find_image(const loaded_images *all, uintptr_t address) {
  for (size_t n = 0; all && n < all->count; n++)
    if (address - all->images[n].begin < all->images[n].end - all->images[n].begin)
      return &all->images[n];
  return NULL;
}

// The image that an address was found in last, and among which.
static __thread struct {
  const loaded_images *all;
  uintptr_t begin, length;
  il_code code;
  // Ours is in it, too.
  bool has_ours;
} last;

static il_code look_up_code(const void *pointer, const loaded_images *all) {
  uintptr_t address = (uintptr_t)pointer;
  if (il_is_code_of_ours(pointer)) return IL_CODE_OURS;
  const loaded_image *image = find_image(all, address);
  if (LIKELY(image != NULL)) {
    last.all = all;
    last.begin = image->begin;
    last.length = image->end - image->begin;
    last.code = image->code;
    last.has_ours = (uintptr_t)__start_il_text - last.begin < last.length;
    return image->code;
  }
  il_session *s = il_current;
  il_current = NULL;
  unsigned long long loads = 0;
  dl_iterate_phdr(note_loads, &loads);
  if (atomic_load(&known_loads) != loads) {
    image = find_image(look_at_images(), address);
    atomic_store(&known_loads, loads);
  }
  il_current = s;
  return image ? image->code : IL_CODE_LIBRARY;
}

il_code il_code_at(const void *address) {
  const loaded_images *all = atomic_load_explicit(&known_images, memory_order_acquire);
  // Mostly it is the same library that comes again.
  if (LIKELY((uintptr_t)address - last.begin < last.length) && LIKELY(all == last.all) &&
      LIKELY(!last.has_ours)) return last.code;
  return look_up_code(address, all);
}

// What stands between the program and a lock, such as the witness of a protocol, is no longer
// than this. In code that is optimized it is not there, and must not matter.
enum { SMALL_FUNCTION = 64, PLACES = 64 };

typedef struct {
  _Atomic(uintptr_t) address;
  atomic_bool is_small;
} known_place;

static bool is_in_small_function(uintptr_t address) {
  static known_place places[PLACES];
  known_place *place = &places[(address >> 2) % PLACES];
  // Where two threads are at it, one of them may look once more.
  if (atomic_load(&place->address) == address) {
    bool is_small = atomic_load(&place->is_small);
    if (atomic_load(&place->address) == address) return is_small;
  }
  il_session *s = il_current;
  il_current = NULL;
  uintptr_t start = il_function_start(address - 1);
  // Some functions have nothing that says how to leave them.
  Dl_info info;
  if (!start && dladdr((void *)(address - 1), &info)) start = (uintptr_t)info.dli_saddr;
  il_current = s;
  bool is_small = start && address - start < SMALL_FUNCTION;
  atomic_store(&place->address, 0);
  atomic_store(&place->is_small, is_small);
  atomic_store(&place->address, address);
  return is_small;
}

il_code il_code_of_call(void **caller, void **frame) {
  il_code code = il_code_at(*caller);
  if (code != IL_CODE_LIBRARY || !is_in_small_function((uintptr_t)*caller)) return code;
  void **outer = (void **)frame[0];
  uintptr_t distance = (uintptr_t)outer - (uintptr_t)frame;
  bool is_frame = distance > 0 && distance < 65536 && distance % sizeof(void *) == 0;
  if (!is_frame || il_code_at(outer[1]) != IL_CODE_PROGRAM) return code;
  *caller = outer[1];
  return IL_CODE_PROGRAM;
}

const void *il_place_of_call(const void *caller, void **frame) {
  void *place = (void *)caller;
  il_code_of_call(&place, frame);
  return place;
}

// A function returns to the address, in whatever image.
static bool is_after_call(const void *address) {
  const loaded_images *all = atomic_load_explicit(&known_images, memory_order_acquire);
  if (!find_image(all, (uintptr_t)address)) return false;
#if defined(__x86_64__)
  enum { LONGEST_CALL = 7, NEAR_CALL = 0xe8, GROUP = 0xff };
  uint8_t code[LONGEST_CALL];
  if (!il_read_memory((const char *)address - LONGEST_CALL, code, sizeof code)) return false;
  if (code[2] == NEAR_CALL) return true;
  // By way of a register or of memory: the second opcode of its group.
  for (int length = 2; length <= LONGEST_CALL; length++) {
    const uint8_t *at = &code[LONGEST_CALL - length];
    if (at[0] == GROUP && (at[1] >> 3 & 7) == 2) return true;
  }
  return false;
#else
  uint32_t code;
  if (!il_read_memory((const char *)address - sizeof code, &code, sizeof code)) return false;
  return code >> 26 == 0x25 || (code & 0xfffffc1f) == 0xd63f0000;
#endif
}

// libdispatch's overlay for Swift is a library of its own.
bool il_is_overlay(const void *address) {
  static _Atomic(const void *) known;
  const void *symbol = atomic_load_explicit(&known, memory_order_relaxed);
  if (UNLIKELY(!symbol)) {
    symbol = dlsym(RTLD_DEFAULT, "$s8Dispatch0A5QueueCMa");
    if (!symbol) return false;
    atomic_store_explicit(&known, symbol, memory_order_relaxed);
  }
  const loaded_images *all = atomic_load_explicit(&known_images, memory_order_acquire);
  const loaded_image *image = find_image(all, (uintptr_t)symbol);
  return image && (uintptr_t)address - image->begin < image->end - image->begin;
}

// How many words a function of the overlay's, which need not keep its frames, puts on the stack; -1
// where it does keep them. What it found in the register for frames may be the first of them.
static int words_on_stack(const void *address, bool *keeps_base) {
#if defined(__x86_64__)
  enum { PUSH = 0x50, KINDS = 8, PUSH_BP = 0x55, WIDE = 0x41 };
  Dl_info info;
  uintptr_t start = il_function_start((uintptr_t)address - 1);
  if (!start && dladdr(address, &info)) start = (uintptr_t)info.dli_saddr;
  if (!start) return 0;
  const uint8_t *at = (const uint8_t *)start;
  if (at[0] == PUSH_BP && at[1] == 0x48 && at[2] == 0x89 && at[3] == 0xe5) return -1;
  int words = 0;
  *keeps_base = at[0] == PUSH_BP;
  for (;;) {
    if (*at - PUSH < KINDS && *at >= PUSH) at += 1;
    else if (*at == WIDE && at[1] >= PUSH && at[1] - PUSH < KINDS) at += 2;
    else break;
    words++;
  }
  // And what is taken from the stack pointer.
  if (at[0] == 0x48 && at[1] == 0x83 && at[2] == 0xec) return words + at[3] / 8;
  int32_t bytes;
  memcpy(&bytes, at + 3, sizeof bytes);
  return at[0] == 0x48 && at[1] == 0x81 && at[2] == 0xec ? words + bytes / 8 : words;
#else
  (void)address, (void)keeps_base;
  return -1;
#endif
}

il_call il_call_of_overlay(const void *caller, void **frame) {
  enum { DEPTH = 8, LARGEST = 512 };
  il_call call = {.address = caller, .base = frame[0]};
  void **above = frame + 2;
  for (int depth = 0; depth < DEPTH && il_is_overlay(call.address); depth++) {
    bool keeps_base = false;
    int words = words_on_stack(call.address, &keeps_base);
    void **next = words < 0 ? call.base + 1 : above + words;
    if (next < above || next > above + LARGEST || !is_after_call(*next))
      return (il_call){.address = caller, .base = frame[0]};
    if (words < 0) call.base = *(void ***)call.base;
    else if (keeps_base) call.base = next[-1];
    call.address = *next;
    above = next + 1;
  }
  return call;
}

const void *il_program_call(const void *caller, void **frame) {
  const void *call = il_call_of_overlay(caller, frame).address;
  return il_code_at(call) == IL_CODE_PROGRAM ? call : caller;
}

IL_UNINSTRUMENTED_END
#endif
