// Getting on with the sanitizers of the compiler.
//
// The runtime of a sanitizer is linked into the program, and stands in for functions of the
// C library by weak definitions, which ours hide. It keeps each of them by a second name, for
// those who do so: what ours go on to.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "ground.h"

#include <dlfcn.h>
#include <string.h>

IL_UNINSTRUMENTED_BEGIN

static void *symbol(const char *name) { return dlsym(RTLD_DEFAULT, name); }

bool il_has_thread_sanitizer(void) { return symbol("__tsan_init") != NULL; }
bool il_has_address_sanitizer(void) { return symbol("__asan_init") != NULL; }

static void *sanitized_symbol(const char *name) {
  static const char prefix[] = "___interceptor_";
  char sanitized[128];
  if (strlen(name) + sizeof prefix > sizeof sanitized) return NULL;
  strcpy(sanitized, prefix);
  strcat(sanitized, name);
  return symbol(sanitized);
}

void *il_next_symbol(const char *name) {
  void *found = sanitized_symbol(name);
  if (!found) found = dlsym(RTLD_NEXT, name);
  return found ? found : symbol(name);
}

void *il_plain_symbol(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  return found ? found : il_next_symbol(name);
}

#if defined(__linux__)
void *il_next_version(const char *name, const char *version) {
  void *found = sanitized_symbol(name);
  if (!found) found = dlvsym(RTLD_NEXT, name, version);
  return found ? found : il_next_symbol(name);
}
#endif

// MARK: - The runtime's own code

static uintptr_t runtime_begin, runtime_end;

__attribute__((constructor)) static void find_runtime(void) {
  // Some of its functions from all of its parts, which the linker keeps together.
  static const char *const names[] = {
      "__tsan_init", "__tsan_func_exit", "__tsan_memcpy", "__tsan_atomic64_load", "__asan_init",
      "__asan_memcpy", "__asan_report_load8", "__lsan_enable", "__sanitizer_print_stack_trace",
      "__sanitizer_get_allocated_size", "__ubsan_handle_add_overflow", "___interceptor_malloc",
      "___interceptor_pthread_create", "___interceptor_sprintf", "___interceptor_dispatch_sync"};
  if (!il_has_thread_sanitizer() && !il_has_address_sanitizer()) return;
  for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
    uintptr_t address = (uintptr_t)symbol(names[n]);
    if (!address) continue;
    if (!runtime_begin || address < runtime_begin) runtime_begin = address;
    if (address > runtime_end) runtime_end = address;
  }
}

bool il_is_sanitizer_code(uintptr_t address) {
  return address - runtime_begin < runtime_end - runtime_begin;
}

void *il_allocator_symbol(const char *name) {
  return runtime_begin ? dlsym(RTLD_NEXT, name) : symbol(name);
}

// MARK: - Signals

// The thread sanitizer keeps back a signal until the thread calls something that it knows,
// which one that computes for ever never does.
int il_handle_signal(int number, const struct sigaction *action, struct sigaction *previous) {
  static int (*original)(int, const struct sigaction *, struct sigaction *);
  if (UNLIKELY(!original)) {
    *(void **)&original = dlsym(RTLD_NEXT, "sigaction");
    if (!original) original = sigaction;
  }
  return original(number, action, previous);
}

// MARK: - The thread sanitizer

static struct {
  void (*acquire)(void *), (*release)(void *);
} thread_sanitizer;

__attribute__((constructor)) static void find_thread_sanitizer(void) {
  *(void **)&thread_sanitizer.acquire = symbol("__tsan_acquire");
  *(void **)&thread_sanitizer.release = symbol("__tsan_release");
}

void il_acquired(void *object) {
  if (UNLIKELY(thread_sanitizer.acquire != NULL)) thread_sanitizer.acquire(object);
}

void il_releases(void *object) {
  if (UNLIKELY(thread_sanitizer.release != NULL)) thread_sanitizer.release(object);
}

IL_UNINSTRUMENTED_END
