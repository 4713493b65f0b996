// What is told of the running step: what it touches, and what of it leaves the run's control.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "ground.h"

#include <string.h>
#if defined(__linux__)
#include <link.h>
#endif

IL_UNINSTRUMENTED_BEGIN

void il_note_escape_to(il_session *s, il_escape kind, void *site, bool is_native) {
  s->has_escaped = s->has_ever_escaped = true;
  IL_TELL(s, escaped, kind, site, is_native);
}

void il_note_escape(il_session *s, il_escape kind, void *site) {
  il_note_escape_to(s, kind, site, il_is_native(s, IL_NATIVE_CODE, site));
}

bool il_ask_native(il_session *s, il_native kind, const void *object) {
  // Whoever looks that up is no step.
  il_session *current = il_current;
  il_current = NULL;
  bool is = s->callbacks.native(s->context, kind, (void *)object);
  il_current = current;
  return is;
}

void il_note_touch(il_touch kind, void *object) {
  il_session *s = il_current;
  if (s && s->step_task) IL_TELL(s, touched, kind, object);
}

void il_note_random(il_session *s) {
  if (s->step_task && !s->initializing)
    IL_TELL(s, touched, IL_TOUCH_RANDOM, NULL);
}

// MARK: - Locks

#if defined(__linux__)
// Locks inside these libraries guard caches that no program can observe, or what
// tasks and groups do to each other, which is noted as such.
typedef struct {
  uintptr_t begin, end;
} code_range;
enum { CONCURRENCY = 1, IGNORED = 3 };
static code_range ignored[IGNORED];
static pthread_once_t ignored_once = PTHREAD_ONCE_INIT;

static int find_ignored(struct dl_phdr_info *info, size_t size, void *unused) {
  static const char *const names[] = {
      "libswiftCore.so", "libswift_Concurrency.so", "libdispatch.so"};
  (void)size, (void)unused;
  const char *slash = strrchr(info->dlpi_name, '/');
  const char *name = slash ? slash + 1 : info->dlpi_name;
  for (int n = 0; n < IGNORED; n++) {
    if (strcmp(name, names[n])) continue;
    for (int i = 0; i < info->dlpi_phnum; i++) {
      if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
      uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
      uintptr_t end = begin + info->dlpi_phdr[i].p_memsz;
      if (!ignored[n].begin || begin < ignored[n].begin) ignored[n].begin = begin;
      if (end > ignored[n].end) ignored[n].end = end;
    }
  }
  return 0;
}

static void look_for_ignored(void) { dl_iterate_phdr(find_ignored, NULL); }

// Steps take locks all the time, and what is done once is looked at by whoever stands in for that.
static void know_ignored(void) {
  static atomic_bool is_known;
  if (LIKELY(atomic_load_explicit(&is_known, memory_order_acquire))) return;
  pthread_once(&ignored_once, look_for_ignored);
  atomic_store_explicit(&is_known, true, memory_order_release);
}

// The lock of an `AsyncStream` guards what its users do to each other. The library takes
// it in one place, which is learnt by watching it use one.
static uintptr_t stream_lock_site;
static __thread bool is_learning;

bool il_learn_streams(void (*use_one)(void)) {
  know_ignored();
  is_learning = true;
  use_one();
  is_learning = false;
  return stream_lock_site > 1;
}

bool il_is_stream_lock(const void *caller) { return (uintptr_t)caller == stream_lock_site; }

static bool is_ignored(uintptr_t caller) {
  if (caller == stream_lock_site) return false;
  for (int n = 0; n < IGNORED; n++)
    if (caller - ignored[n].begin < ignored[n].end - ignored[n].begin) return true;
  return false;
}

static void learn(uintptr_t caller) {
  const code_range *library = &ignored[CONCURRENCY];
  if (caller == stream_lock_site || caller - library->begin >= library->end - library->begin) return;
  // More than one place would mean that none is known.
  stream_lock_site = stream_lock_site ? 1 : caller;
}

void il_note_lock(void *lock, const void *caller) {
  if (UNLIKELY(is_learning)) learn((uintptr_t)caller);
  if (LIKELY(!il_current) || il_is_code_of_ours(caller)) return;
  know_ignored();
  if (is_ignored((uintptr_t)caller)) return;
  il_note_touch(IL_TOUCH_LOCK, lock);
}

bool il_is_library_lock(const void *caller) {
  know_ignored();
  return is_ignored((uintptr_t)caller);
}
#else
void il_note_lock(void *lock, const void *caller) { (void)lock, (void)caller; }

bool il_learn_streams(void (*use_one)(void)) {
  use_one();
  return false;
}
#endif

IL_UNINSTRUMENTED_END
