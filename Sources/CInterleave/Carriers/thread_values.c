// What code keeps for each thread by a key: each carrier is a thread of its own to that.
//
// A run begins without such values, so that it does not matter which of the carriers a step comes
// to run upon. What its steps have kept is let go of at its end, as a thread does at its own.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "carriers.h"

#include <dlfcn.h>
#include <string.h>

#if defined(IL_HAS_CARRIERS)
IL_UNINSTRUMENTED_BEGIN

// The keys, but for those of the runtime, in the order in which they were made. A place is not
// taken again when its key is gone.
typedef struct {
  // One more than the key; 0 while there is none.
  atomic_uint key;
  void (*destructor)(void *);
} known_key;

static known_key keys[IL_KEYS];
static atomic_uint key_count;

static unsigned count_keys(void) {
  unsigned count = atomic_load_explicit(&key_count, memory_order_acquire);
  return count < IL_KEYS ? count : IL_KEYS;
}

static bool find_key(unsigned place, pthread_key_t *key) {
  unsigned known = atomic_load_explicit(&keys[place].key, memory_order_acquire);
  *key = known - 1;
  return known != 0;
}

#if !__has_feature(address_sanitizer)
// With the address sanitizer, no step is interrupted.
static int place_of(pthread_key_t key) {
  for (unsigned n = 0; n < count_keys(); n++)
    if (atomic_load_explicit(&keys[n].key, memory_order_acquire) == key + 1) return (int)n;
  return -1;
}

#if __has_feature(thread_sanitizer)
// The sanitizer makes its own key before anything of the program may run, or anything be looked up.
int __pthread_key_create(pthread_key_t *key, void (*destructor)(void *));

static bool has_begun;
__attribute__((constructor)) static void begin(void) { has_begun = true; }

static bool is_of_sanitizer(const void *caller) {
  Dl_info info, own;
  if (has_begun) return il_is_sanitizer_code((uintptr_t)caller);
  return dladdr(caller, &info) && dladdr(&has_begun, &own) && info.dli_fbase == own.dli_fbase;
}
#else
static bool is_of_sanitizer(const void *caller) {
  (void)caller;
  return false;
}
#endif

int pthread_key_create(pthread_key_t *key, void (*destructor)(void *)) {
  void *caller = IL_CALLER();
#if __has_feature(thread_sanitizer)
  int result = __pthread_key_create(key, destructor);
#else
  IL_REAL(pthread_key_create, int (*)(pthread_key_t *, void (*)(void *)));
  int result = original(key, destructor);
#endif
  if (result || is_of_sanitizer(caller)) return result;
  il_code code = il_code_at(caller);
  if (code == IL_CODE_OURS || code == IL_CODE_RUNTIME) return result;
  unsigned place = atomic_fetch_add(&key_count, 1);
  if (place >= IL_KEYS) return result;
  keys[place].destructor = destructor;
  atomic_store_explicit(&keys[place].key, *key + 1, memory_order_release);
  return result;
}

int pthread_key_delete(pthread_key_t key) {
  IL_REAL(pthread_key_delete, int (*)(pthread_key_t));
  int place = place_of(key);
  if (place >= 0) atomic_store(&keys[place].key, 0);
  return original(key);
}

int pthread_setspecific(pthread_key_t key, const void *value) {
  void *caller = IL_CALLER();
  IL_REAL(pthread_setspecific, int (*)(pthread_key_t, const void *));
  il_session *inside = il_inside();
  if (UNLIKELY(inside != NULL)) {
    inside->carriers->has_values = true;
    if (il_code_at(caller) == IL_CODE_PROGRAM && place_of(key) < 0)
      il_leave_points(inside, "pthread_setspecific", caller);
  }
  return original(key, value);
}
#endif

// MARK: - Carriers

void il_values_begin(il_carriers *c) {
  c->has_values = false;
  pthread_key_t key;
  for (unsigned n = 0; n < count_keys(); n++) {
    c->home.values[n] = NULL;
    if (!find_key(n, &key)) continue;
    c->home.values[n] = pthread_getspecific(key);
    if (c->home.values[n]) pthread_setspecific(key, NULL);
  }
}

void il_values_switch(il_carrier *from, const il_carrier *to) {
  pthread_key_t key;
  for (unsigned n = 0; n < count_keys(); n++) {
    if (!find_key(n, &key)) continue;
    from->values[n] = pthread_getspecific(key);
    // The thread's own are given back when the run is over.
    pthread_setspecific(key, to == &to->owner->home ? NULL : to->values[n]);
  }
}

// Lets go of what steps have kept upon a carrier.
static void forget(il_carrier *carrier) {
  pthread_key_t key;
  for (unsigned n = 0; n < count_keys(); n++) {
    void *value = carrier->values[n];
    carrier->values[n] = NULL;
    if (value && find_key(n, &key) && keys[n].destructor) keys[n].destructor(value);
  }
}

void il_values_put_aside(il_carriers *c, void **values) {
  memset(values, 0, IL_KEYS * sizeof *values);
  if (!c->has_values) return;
  pthread_key_t key;
  for (unsigned n = 0; n < count_keys(); n++) {
    if (!find_key(n, &key)) continue;
    values[n] = pthread_getspecific(key);
    if (values[n]) pthread_setspecific(key, NULL);
  }
}

void il_values_take_back(il_carriers *c, void **values) {
  // What lets go of a value may keep another one.
  enum { ROUNDS = 4 };
  if (!c->has_values) return;
  pthread_key_t key;
  for (int round = 0; round < ROUNDS; round++) {
    bool is_any = false;
    for (unsigned n = 0; n < count_keys(); n++) {
      void *value = find_key(n, &key) ? pthread_getspecific(key) : NULL;
      if (!value) continue;
      is_any = true;
      pthread_setspecific(key, NULL);
      if (keys[n].destructor) keys[n].destructor(value);
    }
    if (!is_any) break;
  }
  for (unsigned n = 0; n < count_keys(); n++)
    if (find_key(n, &key)) pthread_setspecific(key, values[n]);
}

void il_values_end(il_carriers *c) {
  pthread_key_t key;
  if (c->has_values)
    for (il_carrier *carrier = c->free; carrier; carrier = carrier->next) forget(carrier);
  for (unsigned n = 0; n < count_keys(); n++)
    if (c->home.values[n] && find_key(n, &key)) pthread_setspecific(key, c->home.values[n]);
}

IL_UNINSTRUMENTED_END
#endif
